// Coverage of a share's interval without chance: every outcome of few clusters with its probability. For rows of notebooks/intervals.md whose
// outcomes are so few that their coverage can only jump.
import { clusteredRate } from "../../../../lib/eval/rate.ts";
import { logChoose } from "../../../../lib/eval/interval.ts";
import { many } from "./simulation.ts";

/** Cells of the sum over difficulties. */
const CELLS = 20_000;
/** Outcomes rarer than this are left out: 200,000 of them add up to 2e-6. */
const RARE = Math.log(1e-11);

/** @returns of each number of right answers among `tries` its probability, where a cluster of difficulty u, uniform, is right with p(u) */
export function chances(tries: number, p: (u: number) => number): readonly number[] {
  const ps = many(CELLS, (i) => p((i + 0.5) / CELLS));
  return many(tries + 1, (k) =>
    ps.reduce(
      (sum, x) => sum + Math.exp(logChoose(tries, k) + k * Math.log(x) + (tries - k) * Math.log1p(-x)) / CELLS,
      0,
    ),
  );
}

/** Ways to put n clusters into kinds, as counts of each kind. */
function* counts(n: number, kinds: number): Generator<readonly number[]> {
  if (kinds === 1) yield [n];
  else for (let here = 0; here <= n; here++) for (const rest of counts(n - here, kinds - 1)) yield [here, ...rest];
}

export interface Exact {
  /** Probability that the interval holds the truth, that it lies above it, and that it lies below it. */
  readonly held: number;
  readonly above: number;
  readonly below: number;
}

/**
 * @param clusters how many, each of `tries` answers
 * @param p        how often answers are right in a cluster of difficulty u
 * @param truth    the mean of p
 */
export function exactCoverage(clusters: number, tries: number, p: (u: number) => number, truth: number): Exact {
  const chance = chances(tries, p);
  const found = { held: 0, above: 0, below: 0 };
  for (const kinds of counts(clusters, tries + 1)) {
    let left = clusters;
    let log = 0;
    for (const [k, count] of kinds.entries()) {
      log += logChoose(left, count) + count * Math.log(chance[k] as number);
      left -= count;
    }
    if (log < RARE) continue;
    const right = kinds.flatMap((count, k) => many(count, () => k));
    const { low, high } = clusteredRate(
      right,
      right.map(() => tries),
    );
    const place = low > truth ? "above" : high < truth ? "below" : "held";
    found[place] += Math.exp(log);
  }
  return found;
}
