// The temperature at which one distribution comes closest to another, with intervals over problems: the arithmetic behind sharpening.ts.
// Intervals are percentiles of 500 resamples of clusters. Simulated with a known truth, nominal 95 % ones held it over 200 problems in 95 %, over 60 in
// 94 to 95 % (notebooks/intervals.md). A jackknife did no better (92 to 95 %).
import { fold } from "../core/rng.ts";
import type { Key } from "../core/rng.ts";
import type { Interval } from "../core/table.ts";
import { drawResamples, everyOne, expandedTail, percentileInterval } from "../eval/bootstrap.ts";

/** 0.2 to 5, in equal steps of the logarithm that contain 1. */
export const TEMPERATURES: readonly number[] = Array.from({ length: 81 }, (_, i) => 5 ** (i / 40 - 1));

/** Of a cluster of problems, summed over its tokens. */
export interface ClusterKl {
  readonly tokens: number;
  /** KL(after || before at τ) at each of TEMPERATURES. */
  readonly kls: Float64Array;
}

export interface EquivalentTemperature {
  /** τ*: where the KL is smallest. */
  readonly temperature: Interval;
  /** KL per token at temperature 1, at τ*, and 1 - klLeft / kl. */
  readonly kl: Interval;
  readonly klLeft: Interval;
  readonly explained: Interval;
  /** KL per token at each of TEMPERATURES. */
  readonly curve: Float64Array;
}

/** The lowest point of a curve over log temperature: of the parabola through the smallest value and its neighbours. */
function lowest(curve: ArrayLike<number>): { readonly temperature: number; readonly kl: number } {
  let i = 0;
  for (let t = 1; t < curve.length; t++) if ((curve[t] as number) < (curve[i] as number)) i = t;
  const at = curve[i] as number;
  const [left, right] = [curve[i - 1], curve[i + 1]];
  if (left === undefined || right === undefined) return { temperature: TEMPERATURES[i] as number, kl: at };
  const bend = left - 2 * at + right;
  const shift = bend > 0 ? (left - right) / (2 * bend) : 0;
  return { temperature: 5 ** ((i + shift) / 40 - 1), kl: at - ((left - right) * shift) / 4 };
}

/** @param clusters at least one @param k of the resamples */
export function equivalentTemperature(
  clusters: readonly ClusterKl[],
  k: Key,
  confidence: number,
): EquivalentTemperature {
  const one = TEMPERATURES.indexOf(1);
  const T = TEMPERATURES.length;
  const kls = new Float64Array(clusters.length * T);
  clusters.forEach((cluster, i) => kls.set(cluster.kls, i * T));
  const tokens = Float64Array.from(clusters, (cluster) => cluster.tokens);
  const pooled = (at: ArrayLike<number>) => {
    const perToken = new Float64Array(T);
    let count = 0;
    for (let j = 0; j < at.length; j++) {
      const i = at[j] as number;
      count += tokens[i] as number;
      for (let t = 0; t < T; t++) perToken[t] = (perToken[t] as number) + (kls[i * T + t] as number);
    }
    for (let t = 0; t < T; t++) perToken[t] = (perToken[t] as number) / count;
    const best = lowest(perToken);
    const kl = perToken[one] as number;
    const left = Math.max(0, best.kl);
    return { perToken, temperature: best.temperature, kl, left, explained: kl > 0 ? 1 - left / kl : 0 };
  };
  const whole = pooled(everyOne(clusters.length));
  const { n, indices } = drawResamples(fold(k, "sharpening"), clusters.length, 500);
  const resampled = Array.from({ length: indices.length / n }, (_, b) => pooled(indices.subarray(b * n, (b + 1) * n)));
  const interval = (read: (r: typeof whole) => number): Interval => {
    const [low, high] = percentileInterval(Float64Array.from(resampled, read), expandedTail(confidence, n));
    return { value: read(whole), low, high };
  };
  return {
    temperature: interval((r) => r.temperature),
    kl: interval((r) => r.kl),
    klLeft: interval((r) => r.left),
    explained: interval((r) => r.explained),
    curve: whole.perToken,
  };
}
