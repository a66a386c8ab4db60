// McNemar's exact test: do two models differ on the same problems, each tried once? Only problems on which they disagree say anything.
// Source: McNemar (1947), exact binomial form; mid-p: Fagerland, Lydersen, Laake (2013). The chi-square approximations are left out: both exact
// forms are cheap.
import { fault } from "../core/errors.ts";
import { logChoose } from "./interval.ts";

export interface McNemar {
  /** Right in a, wrong in b. */
  readonly aOnly: number;
  /** Right in b, wrong in a. */
  readonly bOnly: number;
  /** Two-sided, exact: never rejects more often than its level. */
  readonly p: number;
  /** Less conservative: half the probability of the observed split is left out. */
  readonly midP: number;
}

/** @example mcnemarCounts(3, 9).p // 0.1459960937500003 */
export function mcnemarCounts(aOnly: number, bOnly: number): McNemar {
  const n = aOnly + bOnly;
  const least = Math.min(aOnly, bOnly);
  let tail = 0;
  for (let i = 0; i <= least; i++) tail += Math.exp(logChoose(n, i) - n * Math.LN2);
  const here = Math.exp(logChoose(n, least) - n * Math.LN2);
  return { aOnly, bOnly, p: n === 0 ? 1 : Math.min(1, 2 * tail), midP: n === 0 ? 1 : Math.min(1, 2 * tail - here) };
}

/**
 * @param a, b whether each problem was solved, same order
 * @throws SHAPE_MISMATCH different numbers of problems
 */
export function mcnemar(a: readonly boolean[], b: readonly boolean[]): McNemar {
  if (a.length !== b.length)
    throw fault(
      "SHAPE_MISMATCH",
      `${a.length} and ${b.length} outcomes.`,
      "both models answer the same problems in the same order.",
    );
  return mcnemarCounts(a.filter((right, i) => right && !b[i]).length, a.filter((right, i) => !right && b[i]).length);
}
