// Bootstrap over problems (or over clusters of them): how far a mean would move had other problems been asked. Samples of one problem
// are not independent, so problems are resampled, never samples.
// Source: Efron and Tibshirani (1993), chapter 13 (percentile interval); Hesterberg, arXiv 1411.5279 (expanded percentiles).
// Differs from the plain percentile interval: its ends are taken at wider percentiles, t instead of z and n/(n-1) inside the root, because the
// plain one is too narrow for few problems (90 % coverage at a nominal 95 % with 10 of them).
import { fault } from "../core/errors.ts";
import { integers } from "../core/rng.ts";
import type { Key } from "../core/rng.ts";
import { checkConfidence, normalCdf, studentQuantile } from "./interval.ts";
import type { Interval } from "./interval.ts";

/** Row b holds the n indices of resample b. */
export interface Resamples {
  readonly n: number;
  readonly indices: Int32Array;
}

/** Enough for ends that move by about 2 % of the interval's width from one key to the next. */
const RESAMPLES = 2000;

/** The latest draws: an evaluation asks for the same ones for every model, set and statistic. */
const kept = new Map<string, Resamples>();
const MOST_KEPT = 8;

/** @returns `count` resamples of n things; the same key and n give the same ones, so that comparisons are paired; not to be written to */
export function drawResamples(k: Key, n: number, count = RESAMPLES): Resamples {
  const name = `${k[0]} ${k[1]} ${n} ${count}`;
  const known = kept.get(name);
  if (known) return known;
  const drawn = { n, indices: integers(k, n * count, n) };
  const oldest = kept.keys().next().value;
  if (oldest !== undefined && kept.size >= MOST_KEPT) kept.delete(oldest);
  kept.set(name, drawn);
  return drawn;
}

/**
 * The quantile of sorted values with linear interpolation at (length - 1) * q, as numpy's default.
 * @example percentile([1, 2, 3, 4], 0.5) // 2.5
 */
function percentile(sorted: ArrayLike<number>, q: number): number {
  const at = (sorted.length - 1) * q;
  const below = Math.floor(at);
  const low = sorted[below] as number;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] as number;
  return low + (high - low) * (at - below);
}

/** Ends at the tail on either side. */
export function percentileInterval(statistics: Float64Array, tail: number): readonly [number, number] {
  const sorted = statistics.slice().sort();
  return [percentile(sorted, tail), percentile(sorted, 1 - tail)];
}

/**
 * Sum over sum in every resample: with `sizes` all 1 the mean; with a cluster's totals and sizes the pooled mean; with nats and tokens the loss per token.
 * @param totals [n] numerators
 * @param sizes  [n] denominators
 */
export function resampledRatios(
  totals: ArrayLike<number>,
  sizes: ArrayLike<number>,
  resamples: Resamples,
): Float64Array {
  const { n, indices } = resamples;
  const out = new Float64Array(indices.length / n);
  for (let b = 0; b < out.length; b++) {
    let total = 0;
    let size = 0;
    for (let i = b * n; i < (b + 1) * n; i++) {
      const at = indices[i] as number;
      total += totals[at] as number;
      size += sizes[at] as number;
    }
    out[b] = total / size;
  }
  return out;
}

/** The percentile at which an expanded interval ends. @example expandedTail(0.95, 20) // 0.015880842544530593, wider than 0.025 */
export function expandedTail(confidence: number, n: number): number {
  const tail = (1 - checkConfidence(confidence)) / 2;
  return n < 2 ? 0 : normalCdf(Math.sqrt(n / (n - 1)) * studentQuantile(tail, n - 1));
}

/**
 * Interval of sum(totals) / sum(sizes), resampling the pairs.
 * @throws EMPTY_DATA no values
 * @example ratioInterval([1, 0, 1], [1, 1, 1], drawResamples(key(0), 3), 0.95).value // 0.6666666666666666
 */
export function ratioInterval(
  totals: readonly number[],
  sizes: readonly number[],
  resamples: Resamples,
  confidence: number,
): Interval {
  if (totals.length === 0) throw fault("EMPTY_DATA", "there are no values to average.", "score at least one problem.");
  const sum = (xs: readonly number[]) => xs.reduce((a, b) => a + b, 0);
  const [low, high] = percentileInterval(
    resampledRatios(totals, sizes, resamples),
    expandedTail(confidence, totals.length),
  );
  return { value: sum(totals) / sum(sizes), low, high };
}

/** Interval of a mean; for a comparison pass differences of the same problems (the paired bootstrap). */
export const meanInterval = (values: readonly number[], resamples: Resamples, confidence: number) =>
  ratioInterval(
    values,
    values.map(() => 1),
    resamples,
    confidence,
  );
