// A straight line through a few points, each an experiment of its own: its slope with Student's interval.
// Source: least squares with normal errors. Few points are no proof of a line: look at them.
import { checkConfidence, studentQuantile } from "./interval.ts";
import type { Interval } from "./interval.ts";

/** Student's quantile is reckoned for three degrees of freedom or more. */
const FEWEST_POINTS = 5;

/**
 * @returns y per unit of x; null with fewer than five points, or where all x are one
 * @example slopeOverPoints([0, 1, 2, 3, 4], [0, 2, 4, 6, 8])?.value // 2
 */
export function slopeOverPoints(x: readonly number[], y: readonly number[], confidence = 0.95): Interval | null {
  checkConfidence(confidence);
  const n = x.length;
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const [mx, my] = [mean(x), mean(y)];
  const spread = x.reduce((sum, v) => sum + (v - mx) ** 2, 0);
  if (n < FEWEST_POINTS || !(spread > 0)) return null;
  const value = x.reduce((sum, v, i) => sum + (v - mx) * ((y[i] as number) - my), 0) / spread;
  const residual = x.reduce((sum, v, i) => sum + ((y[i] as number) - my - value * (v - mx)) ** 2, 0);
  const half = studentQuantile(0.5 + confidence / 2, n - 2) * Math.sqrt(residual / (n - 2) / spread);
  return { value, low: value - half, high: value + half };
}
