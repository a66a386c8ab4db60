// How much better one model is than another on the same problems: accuracy and pass@k, paired over problems.
import { fault } from "../core/errors.ts";
import { fold, key } from "../core/rng.ts";
import type { Interval } from "../core/table.ts";
import { drawResamples, meanInterval } from "../eval/bootstrap.ts";
import { passAtK } from "../eval/passAtK.ts";
import type { ProblemScore, Scores } from "../eval/scores.ts";

/** @throws NO_SUCH_SCORE the evaluation has no finished problem of this model on this set */
function outcomesOf(scores: Scores, model: string, set: string): readonly ProblemScore[] {
  const found = scores.perProblem.filter((p) => p.model === model && p.set === set);
  if (found.length > 0) return found;
  const there = [...new Set(scores.rows.map((row) => `${row.model} on ${row.set}`))].join(", ");
  throw fault("NO_SUCH_SCORE", `there is no score of "${model}" on "${set}".`, `there are: ${there}.`);
}

/** @throws NO_SUCH_SCORE */
export function accuracyOf(scores: Scores, model: string, set: string): Interval {
  outcomesOf(scores, model, set);
  return (scores.rows.find((row) => row.model === model && row.set === set) as Scores["rows"][number]).accuracy;
}

/**
 * pass@k of `after` minus pass@k of `before`, paired over problems; k = 1 is the difference in accuracy.
 * @throws NO_SUCH_SCORE, TOO_FEW_SAMPLES
 */
export function passDifference(scores: Scores, set: string, before: string, after: string, k: number): Interval {
  const [a, b] = [outcomesOf(scores, before, set), outcomesOf(scores, after, set)];
  // Models see the problems in the same order; after an interrupt one may be a batch ahead.
  const shared = Math.min(a.length, b.length);
  const pass = (p: ProblemScore): number => passAtK(p.solved.length, p.solved.filter(Boolean).length, k);
  const differences = Array.from({ length: shared }, (_, i) => pass(b[i] as ProblemScore) - pass(a[i] as ProblemScore));
  const resamples = drawResamples(fold(key(scores.options.seed), "differences", shared), shared);
  return meanInterval(differences, resamples, scores.options.confidence);
}
