// What repeating a whole experiment under other seeds says: the mean over seeds and how far it would move with other ones. Each seed is
// one observation, whatever number of problems it was measured on.
// Source: Student (1908). Few seeds are no proof of normality: 4 values whose spread is mostly chance give wide intervals, as they should.
import { fault } from "../core/errors.ts";
import { checkConfidence, studentQuantile } from "./interval.ts";
import type { Interval } from "./interval.ts";

/** Below this the t quantile is unreliable and a spread means nothing. */
export const FEWEST_SEEDS = 4;

/**
 * @param values one per seed
 * @returns mean with Student's interval; not cut to [0, 1], so that a floor or ceiling shows as an interval that sticks out
 * @throws TOO_FEW_SEEDS fewer than 4 values
 * @example overSeeds([0.1, 0.2, 0.3, 0.4]).value // 0.25
 */
export function overSeeds(values: readonly number[], confidence = 0.95): Interval {
  const n = values.length;
  if (n < FEWEST_SEEDS)
    throw fault(
      "TOO_FEW_SEEDS",
      `${n} seeds, an interval over seeds needs ${FEWEST_SEEDS}.`,
      "give seeds: [0, 1, 2, 3] or more.",
    );
  const mean = values.reduce((a, b) => a + b, 0) / n;
  const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (n - 1);
  const half = studentQuantile(0.5 + checkConfidence(confidence) / 2, n - 1) * Math.sqrt(variance / n);
  return { value: mean, low: mean - half, high: mean + half };
}
