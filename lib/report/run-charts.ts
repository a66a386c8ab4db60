// Charts of training runs: a metric over steps or tokens, for single runs and for seeds of the same run, and the plane of KL and reward.
import { fault } from "../core/errors.ts";
import { checkOptions, oneOf, type Rules, text } from "../core/options.ts";
import type { StepReport } from "../train/run.ts";
import { overSeeds } from "../eval/seeds.ts";
import { Figure } from "./chart/figure.ts";
import { seedSeries, seedsNote } from "./chart/seeds.ts";
import { columns, type Series } from "./chart/spec.ts";
import { centredMean, curvesSpec, windowOf } from "./curves.ts";
import { MAIN_CURVE, type Run } from "./run.ts";

type AnyRun = Run<unknown>;
/** One run, or several by name; a list under a name holds seeds of the same experiment. */
export type Runs = AnyRun | Readonly<Record<string, AnyRun | readonly AnyRun[]>>;

export interface CurveChartOptions {
  readonly title?: string;
  /** What the x axis counts; default "step". */
  readonly x?: "step" | "tokens";
}

const CURVE: Rules<CurveChartOptions> = { title: text, x: oneOf("step", "tokens") };
const RULES: Rules<CurveChartOptions & { readonly label?: string }> = { ...CURVE, label: text };

const isRun = (runs: Runs): runs is AnyRun => "history" in runs && Array.isArray(runs.history);
const named = (runs: Runs): [string, readonly AnyRun[]][] =>
  isRun(runs)
    ? [[runs.kind, [runs]]]
    : Object.entries(runs).map(([name, one]) => [name, Array.isArray(one) ? one : [one as AnyRun]]);

const X_LABELS = { step: "optimizer step", tokens: "tokens read" } as const;

/** Seeds of each name: every seed smoothed over its neighbours, faint, under the mean of them all. */
function seededFigure(
  runs: [string, readonly AnyRun[]][],
  metric: string,
  title: string,
  label: string,
  x: "step" | "tokens",
): Figure {
  let widest = 1;
  const series = runs.flatMap(([name, seeds], colour): Series[] => {
    const there = seeds.map((run) => run.history.filter((r) => metric in r.metrics));
    const shortest = Math.min(...there.map((reports) => reports.length));
    const width = windowOf(shortest);
    widest = Math.max(widest, width);
    const smooth = there.map((reports) =>
      centredMean(
        reports.map((r) => r.metrics[metric] as number),
        width,
      ),
    );
    // Seeds read other texts in other orders: as many tokens as their mean.
    const xs = Array.from(
      { length: shortest },
      (_, i) => there.reduce((sum, reports) => sum + (reports[i] as StepReport)[x], 0) / there.length,
    );
    return seedSeries(name, smooth, xs, colour);
  });
  const note = seedsNote(runs.map(([, seeds]) => seeds.length));
  return new Figure({
    title,
    x: { label: X_LABELS[x], whole: true },
    y: { label },
    series,
    note: widest > 1 ? `${note} Each line: means of ${widest} neighbouring steps.` : note,
  });
}

/**
 * Any metric of training runs over steps or tokens. A single run: its steps faint, their mean bold. A list of runs under one name are
 * seeds: each faint, their mean bold, with its 95 % interval from four seeds on.
 * @param metric a name in the runs' metrics: "loss", "reward", "entropy", "gradientNorm", …
 * @example chart.metric({ blank: [run0, run1, run2, run3] }, "gradientNorm", { x: "tokens" })
 */
export function metric(
  runs: Runs,
  metric: string,
  options: CurveChartOptions & { readonly label?: string } = {},
): Figure {
  const { title = metric, label = metric, x = "step" } = checkOptions("chart.metric", options, RULES);
  const all = named(runs);
  const there = new Set(
    all.flatMap(([, seeds]) => seeds.flatMap((run) => Object.keys(run.history.at(-1)?.metrics ?? {}))),
  );
  if (there.size > 0 && !all.some(([, seeds]) => seeds.some(({ history }) => history.some((r) => metric in r.metrics))))
    throw fault("NO_SUCH_METRIC", `no run has a metric “${metric}”.`, `they have ${[...there].join(", ")}.`);
  if (all.some(([, seeds]) => seeds.length > 1)) return seededFigure(all, metric, title, label, x);
  const histories = Object.fromEntries(all.map(([name, [run]]) => [name, run?.history ?? []]));
  return new Figure(curvesSpec(histories, { title, metric, label, x }));
}

/**
 * Training loss of one run, of several side by side, or of seeds.
 * @example chart.loss({ blank: blankRun, "pre-trained twin": twinRun }, { x: "tokens" })
 */
export function loss(runs: Runs, options: CurveChartOptions = {}): Figure {
  checkOptions("chart.loss", options, CURVE);
  const kinds = new Set(named(runs).flatMap(([, seeds]) => seeds.map((run) => run.kind)));
  const label = kinds.size === 1 && kinds.has("sft") ? MAIN_CURVE.sft.label : MAIN_CURVE.pretrain.label;
  return metric(runs, "loss", { title: "Training loss", label, ...options });
}

/** Mean reward of each RL step's completions. @example chart.reward({ grpo, rloo }) */
export function reward(runs: Runs, options: CurveChartOptions = {}): Figure {
  checkOptions("chart.reward", options, CURVE);
  return metric(runs, "reward", { title: MAIN_CURVE.rl.title, label: MAIN_CURVE.rl.label, ...options });
}

/** Entropy of the policy during RL: falling towards 0 it has stopped to explore. @example chart.entropy({ grpo, rloo }) */
export function entropy(runs: Runs, options: CurveChartOptions = {}): Figure {
  checkOptions("chart.entropy", options, CURVE);
  return metric(runs, "entropy", { title: "Entropy during RL", label: "entropy (nats per token)", ...options });
}

/** Mean length of the completions during RL. @example chart.length({ grpo, "dr-grpo": drGrpo }) */
export function length(runs: Runs, options: CurveChartOptions = {}): Figure {
  checkOptions("chart.length", options, CURVE);
  return metric(runs, "completionLength", {
    title: "Length during RL",
    label: "completion length (tokens)",
    ...options,
  });
}

/** Stretches of a run in the plane: enough to see its way, few enough to tell them apart. */
const STRETCHES = 16;

/**
 * The plane of KL and reward: what each run paid, in distance from where it began, for the reward it got. Every mark is the mean of a
 * stretch of steps with the 95 % interval of its reward; a run goes along its line.
 * @example chart.klReward({ grpo, "grpo, KL in the loss": held })
 */
export function klReward(runs: Runs, options: { readonly title?: string } = {}): Figure {
  checkOptions("chart.klReward", options, { title: text });
  const series = named(runs).flatMap(([name, seeds], colour) =>
    seeds.map((run, i): Series => {
      const there = run.history.filter(({ metrics }) => "kl" in metrics && "reward" in metrics);
      const count = Math.min(STRETCHES, Math.max(1, Math.floor(there.length / 4)));
      const at = Array.from({ length: count }, (_, s) => {
        const part = there.slice(Math.floor((s * there.length) / count), Math.floor(((s + 1) * there.length) / count));
        const rewards = part.map((r) => r.metrics["reward"] as number);
        const none = { value: rewards.reduce((a, b) => a + b, 0) / rewards.length, low: Number.NaN, high: Number.NaN };
        const kl = part.reduce((sum, r) => sum + (r.metrics["kl"] as number), 0) / part.length;
        return { kl, reward: rewards.length < 4 ? none : overSeeds(rewards) };
      });
      return {
        name: seeds.length > 1 ? `${name}, seed ${i + 1}` : name,
        mark: "line",
        whiskers: true,
        colour,
        x: at.map((p) => p.kl),
        ...columns(at.map((p) => p.reward)),
      };
    }),
  );
  return new Figure({
    title: options.title ?? "Reward against distance from the start",
    x: { label: "KL from the model before RL (nats per token)" },
    y: { label: MAIN_CURVE.rl.label },
    series,
    note: "Marks: means of neighbouring steps, in their order; whiskers: 95 % interval of the reward over those steps.",
  });
}
