// The long calls as a cell makes them: training and evaluation with a live display, and results that present themselves. What is
// computed lives in lib/train and lib/eval; here it is only watched.
import { host } from "../core/host.ts";
import { checkOptions, flag, required, shaped, text } from "../core/options.ts";
import type { Rules } from "../core/options.ts";
import type { ExampleSet } from "../data/example.ts";
import type { ExampleStream } from "../data/stream.ts";
import { evaluateModels } from "../eval/evaluate.ts";
import type { EvaluateOptions, EvaluateReport } from "../eval/scores.ts";
import type { Model } from "../model/model.ts";
import * as tf from "../tensor/tf.ts";
import { type ResolvedRl, type RlOptions, trainRl } from "../train/rl.ts";
import type { StepReport, TrainRun, Watch } from "../train/run.ts";
import { type ResolvedSft, type SftOptions, trainPretrain, trainSft } from "../train/sft.ts";
import { HELD_OUT } from "./curves.ts";
import { watchLive } from "./live.ts";
import { openRunLog } from "./log/run-log.ts";
import type { LogOptions } from "./log/run-log.ts";
import { recordEvaluation, recordTraining } from "./manifest/records.ts";
import { type Progress, shortNumber } from "./progress.ts";
import { MAIN_CURVE, Run, runSpec } from "./run.ts";
import { Score } from "./score.ts";

/** Options of `sft` and `pretrain`; what they train with when left out stands beside each. */
export type FitOptions = SftOptions & Logged;

interface Logged {
  /** Whether the progress line and the chart are drawn while it runs; default true. In a loop over seeds a chart of all says more. */
  readonly show?: boolean;
  /** Writes every step to this folder while the run goes on: metrics.jsonl and an event file for TensorBoard. Default: nothing. */
  readonly log?: LogOptions;
}

const LOGGED: Rules<Logged> = { show: flag, log: shaped<LogOptions>({ folder: required(text) }) };

type Given = Logged & { readonly resumeFrom?: string | null };

/** Metrics by the names that people read. */
const SAID: Readonly<Record<string, string>> = { [HELD_OUT]: "held-out loss" };

/** What the line says of a step, most wanted first; while it runs also what is of no interest later. Memory is what the engine holds for tensors. */
function shownOf(
  kind: TrainRun["kind"],
  metrics: StepReport["metrics"],
  names: readonly string[],
  state: Progress["state"],
): Progress["metrics"] {
  const { loss = Number.NaN, gradientNorm = Number.NaN, learningRate = Number.NaN } = metrics;
  return {
    ...Object.fromEntries(
      names.flatMap((name) => (name in metrics ? [[SAID[name] ?? name, metrics[name] ?? Number.NaN]] : [])),
    ),
    ...(kind !== "rl" && { perplexity: Math.exp(loss) }),
    "gradient norm": gradientNorm,
    ...(state === "running" && {
      "learning rate": learningRate,
      memory: `${shortNumber(tf.memory().numBytes / 1e6)} MB`,
    }),
  };
}

/** Runs a training with its live display and its log; the manifest remembers it. */
async function watched<O, G extends Given>(
  kind: TrainRun["kind"],
  model: Model,
  data: ExampleSet | ExampleStream,
  names: readonly string[],
  given: G,
  train: (options: Omit<G, "log" | "show">, watch: Watch) => Promise<TrainRun<O>>,
): Promise<Run<O>> {
  const { log: logOptions, show = true, ...options } = given ?? {};
  checkOptions(kind, { log: logOptions, show }, LOGGED);
  const view = {
    title: kind,
    unit: "step",
    trace: MAIN_CURVE[kind].metric,
    shown: ({ metrics }: StepReport, state: Progress["state"]) => shownOf(kind, metrics, names, state),
    chart: (reports: readonly StepReport[]) => runSpec(kind, reports),
  };
  const log = logOptions && (await openRunLog(logOptions, kind, (options.resumeFrom ?? null) !== null));
  const work = (watch: Watch) =>
    train(options, {
      signal: watch.signal,
      onStep: (report) => {
        log?.add(report);
        watch.onStep?.(report);
      },
      onPause: (text) => console.warn(`Paused: ${text} Make room and it goes on; interrupt it to keep what it has.`),
    });
  try {
    const run = await (show
      ? watchLive<TrainRun<O>, StepReport>(view, work)
      : host().cooperate((signal) => work({ signal })));
    await recordTraining(model, data, run);
    return new Run(run);
  } finally {
    log?.close();
  }
}

/**
 * Pre-trains a copy of a model: next-token loss on every token of every example. Shows a live loss curve; an interrupt ends it with what it has.
 * @param data what the model reads, e.g. `task.pretrainCorpus(20_000)`, or a stream of files (`data.stream`)
 * @returns the run; `run.model` is the trained copy, `run.frame()` its steps, `run.curve()` its loss
 * @throws NOT_FINITE  the loss stopped being a number; TOO_LONG, EMPTY_DATA for data that do not fit
 */
export function pretrain(
  model: Model,
  data: ExampleSet | ExampleStream,
  options: FitOptions,
): Promise<Run<ResolvedSft>> {
  return watched("pretrain", model, data, ["loss", HELD_OUT], options, (given, watch) =>
    trainPretrain(model, data, given, watch),
  );
}

/**
 * Supervised fine-tuning of a copy of a model: loss on the completion and its end token only. Shows a live loss curve; an interrupt ends it with what it has.
 * @param data prompts with reference completions, e.g. `task.train(20_000)`, or a stream (`data.stream`, `data.mix`); equal data and seed give every model the same token stream
 * @returns the run; `run.model` is the tuned copy, `run.frame()` its steps, `run.curve()` its loss
 * @throws NOT_FINITE  the loss stopped being a number; TOO_LONG, EMPTY_DATA for data that do not fit
 */
export function sft(model: Model, data: ExampleSet | ExampleStream, options: FitOptions): Promise<Run<ResolvedSft>> {
  return watched("sft", model, data, ["loss", HELD_OUT], options, (given, watch) =>
    trainSft(model, data, given, watch),
  );
}

/**
 * Reinforcement learning of a copy of a model on verifiable rewards: groups of completions are sampled, the better ones become more likely.
 * Shows the live reward; an interrupt ends it with what it has.
 * @param prompts examples whose prompts are answered, e.g. `task.prompts(128)`
 * @returns the run; `run.model` is the tuned copy, `run.frame()` its steps, `run.curve()` its reward
 * @throws NOT_FINITE  a reward or the gradient is no number; ALGORITHM_UNKNOWN, EMPTY_DATA
 */
export function rl(model: Model, prompts: ExampleSet, options: RlOptions & Logged = {}): Promise<Run<ResolvedRl>> {
  return watched("rl", model, prompts, ["reward", "entropy", "kl"], options, (given, watch) =>
    trainRl(model, prompts, given, watch),
  );
}

/**
 * Draws completions of every model on every set, verifies them, and gives accuracy, pass@k and likelihood with intervals over problems.
 * Shows the accuracy so far; an interrupt ends it with the problems that are done.
 * @param models by the names that tables and charts will show
 * @param sets likewise, e.g. `{ test: task.test(), deeper: task.test({ depth: [11, 14] }) }`
 * @returns the score: a cell shows it as a table, `score.frame()` is a DataFrame, `chart.accuracy(score)` draws it
 * @throws TOO_LONG, TOO_FEW_SAMPLES, BAD_TEMPERATURE, EMPTY_DATA before the first token is drawn
 */
export async function evaluate<M extends string, S extends string>(
  models: Readonly<Record<M, Model>>,
  sets: Readonly<Record<S, ExampleSet>>,
  options: EvaluateOptions = {},
): Promise<Score<M, S>> {
  const view = {
    title: "evaluate",
    unit: "batch",
    // Of the batch that is running; when all are done the score's own table says it for each.
    shown: (r: EvaluateReport, state: Progress["state"]) =>
      state === "running" ? { [`${r.model}, ${r.set}: accuracy`]: r.metrics["accuracy"] ?? Number.NaN } : {},
  };
  const scores = await watchLive(view, (watch) => evaluateModels(models, sets, options, watch));
  await recordEvaluation(models, sets, scores);
  return new Score(scores, Object.keys(models) as M[], Object.keys(sets) as S[]);
}
