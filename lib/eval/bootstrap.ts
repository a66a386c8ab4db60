// Bootstrap over problems (or over clusters of them): how far a mean would move had other problems been asked. Samples of one problem
// are not independent, so problems are resampled, never samples.
// Sources: Efron and Tibshirani (1993), chapters 12 (studentized, for losses and other skewed numbers) and 13 (percentiles, for differences);
// Hesterberg, arXiv 1411.5279 (expanded percentiles: t instead of z and n/(n-1) inside the root).
// Differs from them: where resamples hardly vary, because values are few or sparse, no interval is narrower than Student's.
// Percentiles alone held the mean of a skewed loss over 60 problems in 92 % at a nominal 95 %, over 10 in 87 %; studentized 94 and 95 %.
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

/** Ends at the tail on either side; NaN at a tail of NaN. */
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

/** The percentile at which an expanded interval ends; of one problem there is none, NaN. @example expandedTail(0.95, 20) // 0.015880829920347783, wider than 0.025 */
export function expandedTail(confidence: number, n: number): number {
  const tail = (1 - checkConfidence(confidence)) / 2;
  return n < 2 ? Number.NaN : normalCdf(Math.sqrt(n / (n - 1)) * studentQuantile(tail, n - 1));
}

/** A ratio of sums, its standard error by linearisation, and of how many pairs it is. */
export interface Ratio {
  readonly value: number;
  readonly error: number;
  readonly n: number;
}

export const everyOne = (n: number) => Int32Array.from({ length: n }, (_, i) => i);

/**
 * Of the pairs at `at`, from their sums of squares.
 * @param at which, as often as a resample has them
 */
export function ratioOf(totals: ArrayLike<number>, sizes: ArrayLike<number>, at: ArrayLike<number>): Ratio {
  const n = at.length;
  let [t, s, tt, ss, ts] = [0, 0, 0, 0, 0];
  for (let j = 0; j < n; j++) {
    const [total, size] = [totals[at[j] as number] as number, sizes[at[j] as number] as number];
    t += total;
    s += size;
    tt += total * total;
    ss += size * size;
    ts += total * size;
  }
  const value = t / s;
  const squares = tt - 2 * value * ts + value * value * ss;
  // What is left of rounding is no spread.
  const spread = squares > 1e-12 * tt ? squares : 0;
  return { value, error: Math.sqrt((spread * n) / (n - 1)) / s, n };
}

/** The widest of what was found and Student's. */
function atLeastStudents(
  { value, error, n }: Ratio,
  confidence: number,
  [low, high]: readonly [number, number],
): Interval {
  const half = studentQuantile(0.5 + confidence / 2, n - 1) * error;
  return { value, low: Math.min(low, value - half), high: Math.max(high, value + half) };
}

/** Of one problem nothing can be said about others. */
const unknown = (value: number): Interval => ({ value, low: Number.NaN, high: Number.NaN });

function check(values: ArrayLike<number>): void {
  if (values.length === 0) throw fault("EMPTY_DATA", "there are no values to average.", "score at least one problem.");
}

/**
 * Interval of sum(totals) / sum(sizes) of amounts, which are not negative, resampling the pairs: the studentized bootstrap. Resamples that do not vary have no t and are left out; where
 * they are more than a tail (few pairs, or few that are not 0), the interval is at least Student's. Of one pair the ends are NaN.
 * @throws EMPTY_DATA no values
 * @example ratioInterval([1, 0, 1], [1, 1, 1], drawResamples(key(0), 3), 0.95).value // 0.6666666666666666
 */
export function ratioInterval(
  totals: readonly number[],
  sizes: readonly number[],
  { n, indices }: Resamples,
  confidence: number,
): Interval {
  check(totals);
  const whole = ratioOf(totals, sizes, everyOne(n));
  const { value, error } = whole;
  if (n === 1) return unknown(value);
  const tail = (1 - checkConfidence(confidence)) / 2;
  const count = indices.length / n;
  const students = Float64Array.from({ length: count }, (_, b) => {
    const one = ratioOf(totals, sizes, indices.subarray(b * n, (b + 1) * n));
    return one.error > 0 ? (one.value - value) / one.error : Number.NaN;
  }).filter((t) => !Number.isNaN(t));
  const [below, above] = students.length === 0 ? [0, 0] : percentileInterval(students, tail);
  const ends = [value - above * error, value - below * error] as const;
  const found =
    students.length < (1 - tail) * count
      ? atLeastStudents(whole, confidence, ends)
      : { value, low: ends[0], high: ends[1] };
  // A mean of what is never negative is not.
  return { ...found, low: Math.max(0, found.low) };
}

/**
 * Interval of a mean of paired differences, sum(totals) / sum(sizes): the paired bootstrap by expanded percentiles. Of one pair the ends are NaN.
 * @throws EMPTY_DATA no values
 * @example pairedInterval([1, 0, 0, 1], [1, 1, 1, 1], drawResamples(key(0), 4), 0.95).value // 0.5
 */
export function pairedInterval(
  totals: readonly number[],
  sizes: readonly number[],
  resamples: Resamples,
  confidence: number,
): Interval {
  check(totals);
  const { n } = resamples;
  const whole = ratioOf(totals, sizes, everyOne(n));
  if (n === 1) return unknown(whole.value);
  const resampled = resampledRatios(totals, sizes, resamples);
  return atLeastStudents(whole, confidence, percentileInterval(resampled, expandedTail(confidence, n)));
}
