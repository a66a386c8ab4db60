// Intervals over problems: resampled by template where examples name one, because problems of a template stand or fall together.
import { fold } from "../core/rng.ts";
import type { Key } from "../core/rng.ts";
import { drawResamples, pairedInterval, ratioInterval } from "./bootstrap.ts";
import type { Resamples } from "./bootstrap.ts";
import type { Interval } from "./interval.ts";
import { clusteredRate, wilson } from "./rate.ts";

/** What of a problem decides its cluster. */
export interface Clustered {
  readonly meta: Readonly<Record<string, number | string>>;
}

export interface ClusteredIntervals {
  /** Sum of totals over sum of sizes: nats per token and the like by studentized bootstrap, differences of them by paired bootstrap. */
  readonly ratio: (problems: readonly Clustered[], totals: readonly number[], sizes: readonly number[]) => Interval;
  readonly mean: (problems: readonly Clustered[], values: readonly number[]) => Interval;
  /** Mean of values in [0, 1]: Wilson's interval, for values between 0 and 1 or clusters of several at as many tries as vary as much. */
  readonly rate: (problems: readonly Clustered[], values: readonly number[]) => Interval;
  /** As `rate`, of a share of each problem's own number of things: totals in [0, size]. */
  readonly share: (problems: readonly Clustered[], totals: readonly number[], sizes: readonly number[]) => Interval;
  /**
   * Mean of paired differences by paired bootstrap; when none differs from the others, what problems not asked could still have said.
   * @param most the largest difference that there can be; default 1
   */
  readonly difference: (problems: readonly Clustered[], values: readonly number[], most?: number) => Interval;
}

const sum = (xs: readonly number[]) => xs.reduce((a, b) => a + b, 0);

/** @returns positions of each cluster's problems; a problem without a template is a cluster of its own */
export function clustersOf(problems: readonly Clustered[]): number[][] {
  const at = new Map<string, number[]>();
  problems.forEach(({ meta }, i) => {
    const name = meta["template"] === undefined ? `#${i}` : `template ${meta["template"]}`;
    at.set(name, [...(at.get(name) ?? []), i]);
  });
  return [...at.values()];
}

/**
 * Resamples depend on the key and the number of clusters alone, so models are compared on the same ones.
 * @param confidence of all intervals, e.g. 0.95
 */
export function clusteredIntervals(k: Key, confidence: number): ClusteredIntervals {
  const drawn = new Map<number, Resamples>();
  const resamplesOf = (n: number) => {
    const known = drawn.get(n) ?? drawResamples(fold(k, "resamples", n), n);
    drawn.set(n, known);
    return known;
  };
  const ones = (values: readonly number[]) => values.map(() => 1);
  const gather = (problems: readonly Clustered[], ...columns: readonly (readonly number[])[]) => {
    const clusters = clustersOf(problems);
    return columns.map((xs) => clusters.map((c) => sum(c.map((i) => xs[i] as number)))) as [number[], number[]];
  };
  const ratio: ClusteredIntervals["ratio"] = (problems, totals, sizes) => {
    const [t, s] = gather(problems, totals, sizes);
    // Amounts are skewed; differences are not, and studentized ones with heavy tails held in 89 %.
    const interval = totals.some((total) => total < 0) ? pairedInterval : ratioInterval;
    return interval(t, s, resamplesOf(t.length), confidence);
  };
  const isConstant = (values: readonly number[]) => values.every((v) => v === values[0]);
  const share: ClusteredIntervals["share"] = (problems, totals, sizes) => {
    const [t, s] = gather(problems, totals, sizes);
    const isBinary = totals.every((v) => v === 0 || v === 1) && sizes.every((size) => size === 1);
    if (isBinary && isConstant(totals)) return wilson(totals[0] === 1 ? t.length : 0, t.length, confidence);
    return isBinary && t.length === totals.length
      ? wilson(sum(totals), totals.length, confidence)
      : clusteredRate(t, s, confidence);
  };
  return {
    ratio,
    mean: (problems, values) => ratio(problems, values, ones(values)),
    share,
    rate: (problems, values) => share(problems, values, ones(values)),
    difference: (problems, values, most = 1) => {
      const [value] = values;
      const [t, s] = gather(problems, values, ones(values));
      if (value === undefined || !isConstant(values)) {
        const found = pairedInterval(t, s, resamplesOf(t.length), confidence);
        return { ...found, low: Math.max(-most, found.low), high: Math.min(most, found.high) };
      }
      // Nothing varies, so a bootstrap would claim certainty: up to this share of other problems may still differ, by as much as can be.
      const unseen = wilson(0, t.length, confidence).high;
      return { value, low: value - unseen * (most + value), high: value + unseen * (most - value) };
    },
  };
}
