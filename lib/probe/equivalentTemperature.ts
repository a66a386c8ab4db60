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

/**
 * The lowest point of a curve over log temperature: of the quartic through the smallest value and its neighbours. (A parabola's lay 0.0008 beside the
 * true one, which is nothing but where a model is compared with itself: no resample had its temperature at 1.)
 */
function lowest(curve: ArrayLike<number>): { readonly temperature: number; readonly kl: number } {
  let i = 0;
  for (let t = 1; t < curve.length; t++) if ((curve[t] as number) < (curve[i] as number)) i = t;
  if (i === 0 || i === curve.length - 1) return { temperature: TEMPERATURES[i] as number, kl: curve[i] as number };
  const centre = Math.min(Math.max(i, 2), curve.length - 3);
  const [f, g, h, k, l] = [-2, -1, 0, 1, 2].map((d) => curve[centre + d] as number) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const first = (f - 8 * g + 8 * k - l) / 12;
  const second = (-f + 16 * g - 30 * h + 16 * k - l) / 12;
  const third = (-f + 2 * g - 2 * k + l) / 2;
  const fourth = f - 4 * g + 6 * h - 4 * k + l;
  let s = i - centre;
  for (let newton = 0; newton < 4; newton++) {
    const bend = second + third * s + (fourth * s * s) / 2;
    if (!(bend > 0)) break;
    const next = s - (first + second * s + (third * s * s) / 2 + (fourth * s ** 3) / 6) / bend;
    s = Math.min(Math.max(next, i - centre - 1), i - centre + 1);
  }
  const kl = h + first * s + (second * s * s) / 2 + (third * s ** 3) / 6 + (fourth * s ** 4) / 24;
  return { temperature: 5 ** ((centre + s) / 40 - 1), kl };
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
