// Which problems two models solve at least once in n tries: a two-by-two table. "Only after" are problems that RL made reachable, "only
// before" those that it lost.
// Source: the solvable-problem coverage tables of arXiv 2504.13837. Differs from it: the exact McNemar test on the two cells that differ.
// What it does not say: that a problem is out of reach. A success of one in a thousand is mostly missed in 64 tries, and luck alone fills
// both of the cells that differ; only their difference tells the models apart.
import { fold, key } from "../core/rng.ts";
import type { Interval } from "../core/table.ts";
import { pairedTest } from "../eval/pairedTest.ts";
import type { ProblemScore, Scores } from "../eval/scores.ts";
import { intervalsOf, pairedOutcomes } from "./differences.ts";

export interface Cell {
  readonly problems: number;
  /** Of all problems, with Wilson's interval (by template, where problems name one). */
  readonly share: Interval;
}

export interface Coverage {
  readonly set: string;
  readonly before: string;
  readonly after: string;
  readonly problems: number;
  /** Tries of each model on each problem. */
  readonly samples: number;
  readonly both: Cell;
  readonly onlyBefore: Cell;
  readonly onlyAfter: Cell;
  readonly neither: Cell;
  /** Covered after minus covered before, paired over problems. */
  readonly difference: Interval;
  /** Exact McNemar, or the sign-flip test by template: could the cells that differ be luck? */
  readonly p: number;
}

/**
 * @throws NO_SUCH_SCORE a model or set that the evaluation lacks
 * @example coverageOf(pass, { before: "before RL", after: "after RL", set: "test" }).onlyAfter.problems
 */
export function coverageOf(
  scores: Scores,
  { before, after, set }: { readonly before: string; readonly after: string; readonly set: string },
): Coverage {
  const pairs = pairedOutcomes(scores, set, before, after);
  const isCovered = ({ solved }: ProblemScore) => solved.some(Boolean);
  const covered = pairs.map(([p, q]) => [isCovered(p), isCovered(q)] as const);
  const problems = pairs.map(([p]) => p);
  const intervals = intervalsOf(scores, "coverage");
  const differences = covered.map(([p, q]) => Number(q) - Number(p));
  const cell = (one: boolean, two: boolean): Cell => {
    const inside = covered.map(([p, q]) => Number(p === one && q === two));
    return { problems: inside.reduce((sum, v) => sum + v, 0), share: intervals.rate(problems, inside) };
  };
  return {
    set,
    before,
    after,
    problems: pairs.length,
    samples: scores.options.samples,
    both: cell(true, true),
    onlyBefore: cell(true, false),
    onlyAfter: cell(false, true),
    neither: cell(false, false),
    difference: intervals.difference(problems, differences),
    p: pairedTest(problems, differences, fold(key(scores.options.seed), "coverage")),
  };
}
