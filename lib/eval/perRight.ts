// What an answer costs when only right answers count: amount per right answer, the mean amount of an answer over the accuracy.
// Source: Donner and Zou (2012), an interval of a ratio from the intervals of its parts; with Student's symmetric ones it is Fieller's. Here the accuracy has
// Wilson's and the amount its studentized bootstrap's, as beside it in the table, so that an amount that is always the same has the accuracy's own
// interval, turned over. Fieller's has no width where every answer was right, and no upper end where few were.
import { type Clustered, type ClusteredIntervals, clustersOf } from "./clustered.ts";
import type { Interval } from "./interval.ts";

interface Part extends Interval {
  /** Of each cluster: what is left of its sum when the mean is taken off. */
  readonly residuals: readonly number[];
}

/** 0 where one of the two does not vary. */
function correlation(a: readonly number[], b: readonly number[]): number {
  const product = (x: readonly number[], y: readonly number[]) =>
    x.reduce((sum, v, i) => sum + v * (y[i] as number), 0);
  const spread = Math.sqrt(product(a, a) * product(b, b));
  return spread > 0 ? Math.max(-1, Math.min(1, product(a, b) / spread)) : 0;
}

/** Ratios whose distance from the estimate is the error that two ends have together solve a t² - 2 b t + c = 0. */
function endsOf(above: Part, below: Part): readonly [number, number] {
  const r = correlation(above.residuals, below.residuals);
  const both = above.value * below.value;
  const solve = (dAbove: number, dBelow: number) => {
    const [a, b, c] = [below.value ** 2 - dBelow ** 2, both - r * dAbove * dBelow, above.value ** 2 - dAbove ** 2];
    return { a, b, c, root: Math.sqrt(Math.max(0, b * b - a * c)) };
  };
  const low = solve(above.value - above.low, below.high - below.value);
  const high = solve(above.high - above.value, below.value - below.low);
  return [low.c === 0 ? 0 : low.c / (low.b + low.root), high.a > 0 ? (high.b + high.root) / high.a : Infinity];
}

/**
 * @param amounts of each problem, over all its answers; not negative
 * @param right   answers of each problem
 * @param answers of each problem
 * @returns amount per right answer; null when nothing was right, no ends (NaN) of one problem or template
 */
export function perRight(
  { ratio, share }: ClusteredIntervals,
  problems: readonly Clustered[],
  amounts: readonly number[],
  right: readonly number[],
  answers: readonly number[],
): Interval | null {
  const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
  if (sum(right) === 0) return null;
  const clusters = clustersOf(problems);
  const part = (totals: readonly number[], interval: Interval): Part => ({
    ...interval,
    residuals: clusters.map((c) => sum(c.map((i) => (totals[i] as number) - interval.value * (answers[i] as number)))),
  });
  const cost = part(amounts, ratio(problems, amounts, answers));
  const accuracy = part(right, share(problems, right, answers));
  const [low, high] = endsOf(cost, accuracy);
  return { value: sum(amounts) / sum(right), low, high };
}
