// Intervals over problems: resampled by template where examples name one, because problems of a template stand or fall together.
import { fold } from "../core/rng.ts";
import type { Key } from "../core/rng.ts";
import { drawResamples, ratioInterval } from "./bootstrap.ts";
import type { Resamples } from "./bootstrap.ts";
import type { Interval } from "./interval.ts";
import { wilson } from "./rate.ts";

/** What of a problem decides its cluster. */
export interface Clustered {
  readonly meta: Readonly<Record<string, number | string>>;
}

export interface ClusteredIntervals {
  /** Sum of totals over sum of sizes. */
  readonly ratio: (problems: readonly Clustered[], totals: readonly number[], sizes: readonly number[]) => Interval;
  readonly mean: (problems: readonly Clustered[], values: readonly number[]) => Interval;
  /** Mean of values in [0, 1]; Wilson's where all are 0 or 1 and nothing is clustered, or where all are the same end. */
  readonly rate: (problems: readonly Clustered[], values: readonly number[]) => Interval;
  /** Mean of paired differences in [-1, 1]; when none differs from the others, what problems not asked could still have said. */
  readonly difference: (problems: readonly Clustered[], values: readonly number[]) => Interval;
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
  const ratio: ClusteredIntervals["ratio"] = (problems, totals, sizes) => {
    const clusters = clustersOf(problems);
    const gather = (xs: readonly number[]) => clusters.map((c) => sum(c.map((i) => xs[i] as number)));
    return ratioInterval(gather(totals), gather(sizes), resamplesOf(clusters.length), confidence);
  };
  const mean: ClusteredIntervals["mean"] = (problems, values) =>
    ratio(
      problems,
      values,
      values.map(() => 1),
    );
  const isConstant = (values: readonly number[]) => values.every((v) => v === values[0]);
  return {
    ratio,
    mean,
    rate: (problems, values) => {
      const clusters = clustersOf(problems).length;
      const binary = values.every((v) => v === 0 || v === 1);
      if (binary && isConstant(values)) return wilson(values[0] === 1 ? clusters : 0, clusters, confidence);
      return binary && clusters === values.length
        ? wilson(sum(values), values.length, confidence)
        : mean(problems, values);
    },
    difference: (problems, values) => {
      const [value] = values;
      if (value === undefined || !isConstant(values)) return mean(problems, values);
      // Nothing varies, so a bootstrap would claim certainty: up to this share of other problems may still differ, by as much as can be.
      const unseen = wilson(0, clustersOf(problems).length, confidence).high;
      return { value, low: value - unseen * (1 + value), high: value + unseen * (1 - value) };
    },
  };
}
