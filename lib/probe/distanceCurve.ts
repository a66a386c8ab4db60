// Accuracy against distance to the training distribution: the curve that distribution fitting predicts to fall (P3), and its slope.
// Differs from a chart by test set: distance is a number of each problem, so sets are pooled and the slope has one interval.
// What it does not say: why. Longer problems are farther and harder; an axis along which problems of equal length differ (surprisal) tells
// the two apart.
import { fault } from "../core/errors.ts";
import { fold, key } from "../core/rng.ts";
import type { Interval } from "../core/table.ts";
import type { Example, ExampleSet } from "../data/example.ts";
import { drawResamples, expandedTail, percentileInterval } from "../eval/bootstrap.ts";
import { clustersOf } from "../eval/clustered.ts";
import type { ProblemScore, Scores } from "../eval/scores.ts";
import { intervalsOf, outcomesOf } from "./differences.ts";

export interface DistanceBin {
  /** Mean of the problems in it. */
  readonly distance: number;
  readonly problems: number;
  readonly accuracy: Interval;
}

export interface DistanceCurve {
  readonly model: string;
  readonly problems: number;
  /** Ascending; a bin per distance where there are few, else of equal numbers of problems. */
  readonly bins: readonly DistanceBin[];
  /** Least squares, accuracy (fraction) per unit of distance; interval by bootstrap over problems. */
  readonly slope: Interval;
}

/** Distances of which each gets a bin; more are cut into FIFTHS. */
const MOST_BINS = 12;
const FIFTHS = 5;

interface Point {
  readonly x: number;
  readonly y: number;
  readonly problem: ProblemScore;
}

function binsOf(points: readonly Point[]): Point[][] {
  const sorted = points.toSorted((a, b) => a.x - b.x);
  const distinct = [...new Set(sorted.map(({ x }) => x))];
  if (distinct.length <= MOST_BINS) return distinct.map((x) => sorted.filter((p) => p.x === x));
  const at = (i: number) => Math.round((i * sorted.length) / FIFTHS);
  return Array.from({ length: FIFTHS }, (_, i) => sorted.slice(at(i), at(i + 1)));
}

/** [n, Σx, Σy, Σxx, Σxy] of each cluster: sums of resamples are sums of these. */
const momentsOf = (points: readonly Point[]) =>
  clustersOf(points.map(({ problem }) => problem)).map((members) =>
    members.reduce(
      ([n, x, y, xx, xy], m) => {
        const p = points[m] as Point;
        return [n + 1, x + p.x, y + p.y, xx + p.x * p.x, xy + p.x * p.y] as const;
      },
      [0, 0, 0, 0, 0] as readonly [number, number, number, number, number],
    ),
  );

/** @returns NaN where all x are one */
function slopeOf(moments: ReturnType<typeof momentsOf>, at: Iterable<number>): number {
  let [n, x, y, xx, xy] = [0, 0, 0, 0, 0];
  for (const i of at) {
    const m = moments[i] as (typeof moments)[number];
    n += m[0];
    x += m[1];
    y += m[2];
    xx += m[3];
    xy += m[4];
  }
  const spread = n * xx - x * x;
  return spread > 1e-9 * n * xx ? (n * xy - x * y) / spread : Number.NaN;
}

/**
 * @param sets     as evaluated; all of them are pooled
 * @param distance of an example, e.g. `(e) => task.distanceToTrain(e).structural`; at least two values must occur
 * @throws NO_SPREAD     every problem has the same distance, so there is no slope
 * @throws NOT_FINITE    a distance is no number (an example of another world)
 * @throws NO_SUCH_SCORE the evaluation lacks the model or a set
 * @example distanceCurveOf(score, sets, "blank", (e) => task.distanceToTrain(e).structural).slope
 */
export function distanceCurveOf(
  scores: Scores,
  sets: Readonly<Record<string, ExampleSet>>,
  model: string,
  distance: (example: Example) => number,
): DistanceCurve {
  const points = Object.entries(sets).flatMap(([set, { examples }]): Point[] => {
    const byId = new Map(examples.map((example) => [example.id, example]));
    return outcomesOf(scores, model, set).flatMap((problem): Point[] => {
      const example = byId.get(problem.id);
      if (!example)
        throw fault("NO_SUCH_SCORE", `"${set}" was evaluated on other problems.`, "pass the sets of the evaluation.");
      const x = distance(example);
      if (!Number.isFinite(x))
        throw fault("NOT_FINITE", `the distance of ${problem.id} is ${x}.`, "is it an example of this world?");
      return [{ x, y: problem.solved.filter(Boolean).length / problem.solved.length, problem }];
    });
  });
  const moments = momentsOf(points);
  const slope = slopeOf(moments, moments.keys());
  if (Number.isNaN(slope))
    throw fault(
      "NO_SPREAD",
      "all problems are equally far from the training distribution.",
      "evaluate a shifted set beside the one in distribution.",
    );
  const { n, indices } = drawResamples(fold(key(scores.options.seed), "distance"), moments.length);
  const resampled = Float64Array.from({ length: indices.length / n }, (_, b) =>
    slopeOf(moments, indices.subarray(b * n, (b + 1) * n)),
  ).filter((s) => !Number.isNaN(s));
  const [low, high] = percentileInterval(resampled, expandedTail(scores.options.confidence, n));
  const intervals = intervalsOf(scores, "distance bins");
  return {
    model,
    problems: points.length,
    slope: { value: slope, low, high },
    bins: binsOf(points).map((bin) => ({
      distance: bin.reduce((sum, { x }) => sum + x, 0) / bin.length,
      problems: bin.length,
      accuracy: intervals.rate(
        bin.map(({ problem }) => problem),
        bin.map(({ y }) => y),
      ),
    })),
  };
}
