// How much better one model is than another on the same problems: accuracy and pass@k, paired over problems.
import { fault } from "../core/errors.ts";
import { fold, key } from "../core/rng.ts";
import type { Interval } from "../core/table.ts";
import { type ClusteredIntervals, clusteredIntervals } from "../eval/clustered.ts";
import { passAtK } from "../eval/passAtK.ts";
import type { ProblemScore, Scores } from "../eval/scores.ts";

/** @throws NO_SUCH_SCORE the evaluation has no finished problem of this model on this set */
export function outcomesOf(scores: Scores, model: string, set: string): readonly ProblemScore[] {
  const found = scores.perProblem.filter((p) => p.model === model && p.set === set);
  if (found.length > 0) return found;
  const there = [...new Set(scores.rows.map((row) => `${row.model} on ${row.set}`))].join(", ");
  throw fault("NO_SUCH_SCORE", `there is no score of "${model}" on "${set}".`, `there are: ${there}.`);
}

/**
 * Outcomes of two models on the problems that both have finished, in one order.
 * @throws NO_SUCH_SCORE
 */
export function pairedOutcomes(
  scores: Scores,
  set: string,
  a: string,
  b: string,
): readonly (readonly [ProblemScore, ProblemScore])[] {
  const [one, two] = [outcomesOf(scores, a, set), outcomesOf(scores, b, set)];
  // Models see the problems in the same order; after an interrupt one may be a batch ahead.
  return one.slice(0, Math.min(one.length, two.length)).map((p, i) => [p, two[i] as ProblemScore] as const);
}

/** Intervals as the evaluation's own options ask for them. */
export const intervalsOf = ({ options }: Scores, purpose: string): ClusteredIntervals =>
  clusteredIntervals(fold(key(options.seed), purpose), options.confidence);

const rightOf = ({ solved }: ProblemScore): number => solved.filter(Boolean).length;
/** Unbiased estimate for one problem. @throws TOO_FEW_SAMPLES */
const passOf = (p: ProblemScore, k: number): number => passAtK(p.solved.length, rightOf(p), k);

/**
 * pass@k of one model on one set; k = 1 is its accuracy.
 * @throws NO_SUCH_SCORE, TOO_FEW_SAMPLES
 */
export function passRate(scores: Scores, model: string, set: string, k: number): Interval {
  const problems = outcomesOf(scores, model, set);
  return intervalsOf(scores, "intervals").rate(
    problems,
    problems.map((p) => passOf(p, k)),
  );
}

/**
 * pass@k of `after` minus pass@k of `before`, paired over problems; k = 1 is the difference in accuracy.
 * @throws NO_SUCH_SCORE, TOO_FEW_SAMPLES
 */
export function passDifference(scores: Scores, set: string, before: string, after: string, k: number): Interval {
  const pairs = pairedOutcomes(scores, set, before, after);
  return intervalsOf(scores, "differences").difference(
    pairs.map(([p]) => p),
    pairs.map(([p, q]) => passOf(q, k) - passOf(p, k)),
  );
}
