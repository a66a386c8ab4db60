// Where pass@k curves cross: the smallest k at which the model before RL reaches more problems than the model after it. A crossing says
// that RL bought the first try with reach.
// Source: "Does Reinforcement Learning Really Incentivize Reasoning Capacity in LLMs Beyond the Base Model?", arXiv 2504.13837 (crossing
// pass@k curves). Differs from it: (1) k* has an interval, by bootstrap over problems; (2) "reaches more" is strict: curves that meet at
// 100 % have not crossed.
import { fold, key } from "../core/rng.ts";
import type { Interval } from "../core/table.ts";
import { drawResamples, expandedTail } from "../eval/bootstrap.ts";
import { clustersOf } from "../eval/clustered.ts";
import { passAtK } from "../eval/passAtK.ts";
import type { ProblemScore, Scores } from "../eval/scores.ts";
import { intervalsOf, pairedOutcomes } from "./differences.ts";

/** null: not up to the number of samples drawn. */
export interface CrossingPoint {
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
  /** Share of resamples in which `before` reaches more at some k. */
  readonly crossingShare: number;
}

export interface Crossover {
  readonly set: string;
  readonly before: string;
  readonly after: string;
  readonly problems: number;
  readonly samples: number;
  /** Smallest k at which `before` reaches more. */
  readonly crossing: CrossingPoint;
  /** At every k: pass@k of both, and after minus before, paired over problems. */
  readonly curve: readonly {
    readonly k: number;
    readonly before: Interval;
    readonly after: Interval;
    readonly difference: Interval;
  }[];
}

export interface CrossoverOptions {
  readonly before: string;
  readonly after: string;
  readonly set: string;
}

/** Differences this small are rounding. */
const EQUAL = 1e-12;

/** 1, 2, 4, … and n: enough for a curve on a logarithmic axis. */
const doublings = (n: number): number[] => [
  ...Array.from({ length: Math.floor(Math.log2(n)) + 1 }, (_, i) => 2 ** i).filter((k) => k < n),
  n,
];

/**
 * @param scores several samples per problem of both models, at a temperature above 0
 * @throws NO_SUCH_SCORE a model or set that the evaluation lacks
 * @example crossoverOf(pass, { before: "before RL", after: "after RL", set: "test" }).crossing.value
 */
export function crossoverOf(scores: Scores, { before, after, set }: CrossoverOptions): Crossover {
  const pairs = pairedOutcomes(scores, set, before, after);
  const { samples } = scores.options;
  const table = Array.from({ length: samples + 1 }, (_, c) =>
    Array.from({ length: samples }, (_k, i) => passAtK(samples, c, i + 1)),
  );
  const curveOf = ({ solved }: ProblemScore): readonly number[] =>
    table[solved.filter(Boolean).length] as readonly number[];
  const problems = pairs.map(([p]) => p);
  const curves = pairs.map(([p, q]) => ({ before: curveOf(p), after: curveOf(q) }));
  const differenceAt = (i: number) => curves.map((c) => (c.after[i] as number) - (c.before[i] as number));

  // Per cluster and k: the sum of differences. The first k whose total is below 0 is the crossing of a resample.
  const clusters = clustersOf(problems);
  const byK = Array.from({ length: samples }, (_, i) => {
    const differences = differenceAt(i);
    return clusters.map((members) => members.reduce((sum, m) => sum + (differences[m] as number), 0));
  });
  const firstBelow = (at: ArrayLike<number>): number => {
    for (const [i, sums] of byK.entries()) {
      let total = 0;
      for (let j = 0; j < at.length; j++) total += sums[at[j] as number] as number;
      if (total < -EQUAL) return i + 1;
    }
    return Infinity;
  };
  const { indices } = drawResamples(fold(key(scores.options.seed), "crossover"), clusters.length);
  const resampled = Array.from({ length: indices.length / clusters.length }, (_, b) =>
    firstBelow(indices.subarray(b * clusters.length, (b + 1) * clusters.length)),
  ).sort((a, b) => a - b);
  const tail = expandedTail(scores.options.confidence, clusters.length);
  // k is a whole number or none: ends are values that occurred, never between two.
  const end = (q: number) => resampled[Math.min(resampled.length - 1, Math.floor(q * resampled.length))] as number;
  const finite = (k: number) => (k === Infinity ? null : k);
  // One problem, or one template, says nothing of others: anywhere, or nowhere.
  const [low, high] = clusters.length < 2 ? [1, null] : [finite(end(tail)), finite(end(1 - tail))];

  const intervals = intervalsOf(scores, "crossover");
  return {
    set,
    before,
    after,
    samples,
    problems: pairs.length,
    crossing: {
      value: finite(firstBelow(clusters.map((_, i) => i))),
      low,
      high,
      crossingShare: resampled.filter((k) => k !== Infinity).length / resampled.length,
    },
    curve: doublings(samples).map((k) => ({
      k,
      before: intervals.rate(
        problems,
        curves.map((c) => c.before[k - 1] as number),
      ),
      after: intervals.rate(
        problems,
        curves.map((c) => c.after[k - 1] as number),
      ),
      difference: intervals.difference(problems, differenceAt(k - 1)),
    })),
  };
}
