// Charts of an evaluation: accuracy by set, depth, distance and temperature, pass@k, the transfer matrix. Intervals are always drawn.
import { checkOptions, listOf, number, oneOf, share, text, whole, without } from "../core/options.ts";
import type { Interval } from "../core/table.ts";
import type { ExampleSet } from "../data/example.ts";
import { crossoverOf } from "../probe/crossover.ts";
import { Figure } from "./chart/figure.ts";
import { bar, heat } from "./chart/generic.ts";
import { columns, type Reference, type Series } from "./chart/spec.ts";
import { distanceCurve, type DistanceOptions } from "./probes/distance.ts";
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

/** Names are those of the score: another one would be an empty bar, or none. */
const rulesOf = (score: Pick<Score, "models" | "sets"> | undefined) => ({
  title: text,
  models: listOf(oneOf(...(score?.models ?? [])), 0),
  sets: listOf(oneOf(...(score?.sets ?? []))),
  set: oneOf(...(score?.sets ?? [])),
  chance: share,
});

const chanceLine = (chance: number | undefined): { readonly references?: readonly Reference[] } =>
  chance === undefined ? {} : { references: [{ y: chance, label: "chance" }] };
const note = (score: Score): string => `Intervals: ${score.options.confidence * 100} % over problems.`;

/**
 * Accuracy of each model on each set as bars with intervals.
 * @example chart.accuracy(score, { chance: task.chance })
 */
export function accuracy<M extends string, S extends string>(
  score: Score<M, S>,
  options: ScoreChartOptions<M, S> = {},
): Figure {
  const given = checkOptions("chart.accuracy", options, without(rulesOf(score), "set"));
  const { models = score.models, sets = score.sets, chance, title = "Accuracy by test set" } = given;
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
  const rules = { ...without(rulesOf(score), "set"), trained: listOf(number, 2) };
  const given = checkOptions("chart.accuracyByDepth", options, rules);
  const { models = score.models, sets = score.sets, chance, title = "Accuracy by depth", trained } = given;
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

/** Where the second model falls behind the first, when there are two and several samples of each. */
function crossing(score: Score, models: readonly string[], set: string | undefined) {
  const [before, after, ...more] = models;
  if (before === undefined || after === undefined || more.length > 0 || set === undefined) return undefined;
  if (score.options.samples < 2 || !score.perProblem.some((p) => p.model === after && p.set === set)) return undefined;
  const { crossing } = crossoverOf(score, { before, after, set });
  const text = (k: number | null): string => (k === null ? `beyond ${score.options.samples}` : String(k));
  // From the first try on: the second was never ahead, and nothing crosses.
  if (crossing.value === null || crossing.value === 1) return undefined;
  const words = `From k = ${crossing.value} (${text(crossing.low)} to ${text(crossing.high)}) on “${before}” reaches more problems than “${after}”.`;
  return { k: crossing.value, words };
}

/**
 * pass@k over k, on a logarithmic axis: one line per model with its interval. Of two models, in their order, a vertical line marks the k
 * from which the first reaches more problems than the second: the first try was then bought with reach.
 * @param options.set default: the first set
 * @example chart.passAtK(score, { set: "test", models: ["before RL", "after RL"] })
 */
export function passAtK<M extends string, S extends string>(
  score: Score<M, S>,
  options: Omit<ScoreChartOptions<M, S>, "sets" | "chance"> & { readonly set?: NoInfer<S> } = {},
): Figure {
  const given = checkOptions("chart.passAtK", options, without(rulesOf(score), "sets", "chance"));
  const { models = score.models, set = score.sets[0], title } = given;
  const ks = score.options.passAt.toSorted((a, b) => a - b);
  const series = models.flatMap((model): Series[] => {
    const row = set === undefined ? undefined : score.row(model, set);
    return row ? [{ name: model, mark: "line", x: ks, ...columns(ks.map((k) => row.passAt[k] as Interval)) }] : [];
  });
  const crossed = crossing(score, models, set);
  const { samples, temperature } = score.options;
  return new Figure({
    title: title ?? `pass@k, ${set}`,
    x: { label: "k (completions per problem)", scale: "log", ticks: ks },
    y: { label: "problems solved at least once in k", percent: true },
    series,
    ...(crossed ? { references: [{ x: crossed.k, label: "curves cross at k" }] } : {}),
    note: `${note(score)} Unbiased estimate from ${samples} completions at temperature ${temperature}.${crossed ? ` ${crossed.words}` : ""}`,
  });
}

/**
 * Accuracy over the sampling temperature, from one evaluation per temperature: a line per model, and one per further k of pass@k.
 * @param options.passAt which k; default: 1 and the largest
 * @example chart.temperature(await Promise.all([0.4, 0.7, 1].map((temperature) => evaluate(models, sets, { samples: 8, temperature }))))
 */
export function temperature<M extends string, S extends string>(
  scores: readonly Score<M, S>[],
  options: Omit<ScoreChartOptions<M, S>, "sets"> & {
    readonly set?: NoInfer<S>;
    readonly passAt?: readonly number[];
  } = {},
): Figure {
  const sorted = scores.toSorted((a, b) => a.options.temperature - b.options.temperature);
  const [first] = sorted;
  const rules = { ...without(rulesOf(first), "sets"), passAt: listOf(whole(1)) };
  const given = checkOptions("chart.temperature", options, rules);
  const { models = first?.models ?? [], set = first?.sets[0], chance, title } = given;
  const known = first?.options.passAt ?? [];
  const ks = given.passAt ?? [...new Set([Math.min(...known), Math.max(...known)])].filter(Number.isFinite);
  const series = models.flatMap((model, colour) =>
    ks.map((k): Series => {
      const at = sorted.flatMap((score) => {
        const interval = set === undefined ? undefined : score.row(model, set)?.passAt[k];
        return interval ? [{ x: score.options.temperature, interval }] : [];
      });
      const name = ks.length === 1 ? model : `${model}, pass@${k}`;
      const x = at.map((p) => p.x);
      return { name, mark: "line", x, ...columns(at.map((p) => p.interval)), ...(ks.length === 1 ? { colour } : {}) };
    }),
  );
  return new Figure({
    title: title ?? `Accuracy over temperature, ${set}`,
    x: { label: "sampling temperature", ticks: sorted.map((score) => score.options.temperature) },
    y: { label: ks.length === 1 ? `pass@${ks[0]}` : "problems solved at least once in k", percent: true },
    series,
    ...(first ? { note: note(first) } : {}),
    ...chanceLine(chance),
  });
}

/**
 * Every model on every set as a matrix of accuracies: what training on one distribution is worth on another.
 * @example chart.transfer(score, { models: ["trained on 5–10", "trained on 11–14"], sets: ["5–10", "11–14"] })
 */
export function transfer<M extends string, S extends string>(
  score: Score<M, S>,
  options: Omit<ScoreChartOptions<M, S>, "chance"> = {},
): Figure {
  const given = checkOptions("chart.transfer", options, without(rulesOf(score), "set", "chance"));
  const { models = score.models, sets = score.sets, title = "Accuracy of every model on every set" } = given;
  const rows = models.map((m) => sets.map((s) => score.row(m, s)?.accuracy));
  const widest = Math.max(0, ...rows.flat().map((i) => (i ? (i.high - i.low) / 2 : 0)));
  return heat(
    rows.map((row) => row.map((i) => i?.value ?? Number.NaN)),
    {
      title,
      rows: models,
      columns: sets,
      x: "evaluated on",
      y: "model",
      z: "accuracy",
      percent: true,
      range: [0, 1],
      note: `${note(score)} None is wider than ± ${(widest * 100).toFixed(1)} %.`,
    },
  );
}

/**
 * Accuracy by distance to the training distribution: one line per model, an interval at every distance.
 * @param sets as evaluated; they are pooled
 * @throws NO_SPREAD every problem is equally far; NO_SUCH_SCORE, NOT_FINITE
 * @example chart.accuracyByDistance(score, sets, { distance: (e) => task.distanceToTrain(e).structural, label: "steps beyond training" })
 */
export function accuracyByDistance<M extends string, S extends string>(
  score: Score<M, S>,
  sets: Readonly<Partial<Record<NoInfer<S>, ExampleSet>>>,
  options: DistanceOptions<M>,
): Figure {
  return distanceCurve(score, sets, options).chart();
}
