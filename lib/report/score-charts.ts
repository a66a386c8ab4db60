// Charts of an evaluation: accuracy by set, accuracy by depth, pass@k. Intervals are always drawn.
import type { Interval } from "../core/table.ts";
import { Figure } from "./chart/figure.ts";
import { bar } from "./chart/generic.ts";
import type { Reference, Series } from "./chart/spec.ts";
import type { Score } from "./score.ts";

export interface ScoreChartOptions<M extends string, S extends string> {
  readonly title?: string;
  /** Which models, in this order; default all. */
  readonly models?: readonly NoInfer<M>[];
  /** Which sets, in this order; default all. */
  readonly sets?: readonly NoInfer<S>[];
  /** Accuracy of guessing, e.g. `task.chance`: drawn as a line. */
  readonly chance?: number;
}

const chanceLine = (chance: number | undefined): { readonly references?: readonly Reference[] } =>
  chance === undefined ? {} : { references: [{ y: chance, label: "chance" }] };
const columns = (intervals: readonly Interval[]) => ({
  y: intervals.map((i) => i.value),
  low: intervals.map((i) => i.low),
  high: intervals.map((i) => i.high),
});
const note = (score: Score): string => `Intervals: ${score.options.confidence * 100} % over problems.`;

/**
 * Accuracy of each model on each set as bars with intervals.
 * @example chart.accuracy(score, { chance: task.chance })
 */
export function accuracy<M extends string, S extends string>(
  score: Score<M, S>,
  options: ScoreChartOptions<M, S> = {},
): Figure {
  const { models = score.models, sets = score.sets, chance, title = "Accuracy by test set" } = options;
  const missing: Interval = { value: Number.NaN, low: Number.NaN, high: Number.NaN };
  const series = Object.fromEntries(
    models.map((m) => [m, columns(sets.map((s) => score.row(m, s)?.accuracy ?? missing))]),
  );
  return bar(sets, series, {
    title,
    y: { label: "accuracy", percent: true, range: [0, 1] },
    note: note(score),
    ...chanceLine(chance),
  });
}

/**
 * Accuracy of each model by depth: one line per model, an interval at every depth.
 * @param options.sets where the problems come from; of a depth that several sets have, the first set's problems count
 * @param options.trained depths seen in training; said under the axis
 * @example chart.accuracyByDepth(score, { sets: ["in distribution", "deeper"], chance: task.chance, trained: [5, 10] })
 */
export function accuracyByDepth<M extends string, S extends string>(
  score: Score<M, S>,
  options: ScoreChartOptions<M, S> & { readonly trained?: readonly [number, number] } = {},
): Figure {
  const { models = score.models, sets = score.sets, chance, title = "Accuracy by depth", trained } = options;
  const series = models.map((model): Series => {
    const at = new Map<number, Interval>();
    for (const set of sets)
      for (const { depth, accuracy } of score.row(model, set)?.byDepth ?? [])
        if (!at.has(depth)) at.set(depth, accuracy);
    const depths = [...at.keys()].sort((a, b) => a - b);
    return { name: model, mark: "line", x: depths, ...columns(depths.map((d) => at.get(d) as Interval)) };
  });
  const all = [...new Set(series.flatMap((s) => s.x))].sort((a, b) => a - b);
  return new Figure({
    title,
    x: {
      label: `depth (steps to work out${trained ? `; trained on ${trained[0]}–${trained[1]}` : ""})`,
      ...(all.length <= 24 ? { ticks: all } : {}),
    },
    y: { label: "accuracy", percent: true, range: [0, 1] },
    series,
    note: note(score),
    ...chanceLine(chance),
  });
}

/**
 * pass@k over k, on a logarithmic axis: one line per model with its interval. Lines that cross say that one model is better at the
 * first try and the other reaches more problems.
 * @param options.set default: the first set
 * @example chart.passAtK(score, { set: "test" })
 */
export function passAtK<M extends string, S extends string>(
  score: Score<M, S>,
  options: Omit<ScoreChartOptions<M, S>, "sets" | "chance"> & { readonly set?: NoInfer<S> } = {},
): Figure {
  const { models = score.models, set = score.sets[0], title } = options;
  const ks = score.options.passAt.toSorted((a, b) => a - b);
  const series = models.flatMap((model): Series[] => {
    const row = set === undefined ? undefined : score.row(model, set);
    return row ? [{ name: model, mark: "line", x: ks, ...columns(ks.map((k) => row.passAt[k] as Interval)) }] : [];
  });
  return new Figure({
    title: title ?? `pass@k, ${set}`,
    x: { label: "k (completions per problem)", scale: "log", ticks: ks },
    y: { label: "problems solved at least once in k", percent: true },
    series,
    note: `${note(score)} Unbiased estimate from ${score.options.samples} completions at temperature ${score.options.temperature}.`,
  });
}
