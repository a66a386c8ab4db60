// The long calls as a cell makes them: training with a live display, and results that present themselves. What is computed lives in
// lib/train and lib/eval; here it is only watched.
import type { ExampleSet } from "../data/example.ts";
import type { Model } from "../model/model.ts";
import type { StepReport, TrainRun, Watch } from "../train/run.ts";
import { type SftOptions, trainPretrain, trainSft } from "../train/sft.ts";
import { curvesSpec } from "./curves.ts";
import { watchLive } from "./live.ts";
import { MAIN_CURVE, Run } from "./run.ts";

/** Options of `sft` and `pretrain`; what they train with when left out stands beside each. */
export type FitOptions = SftOptions;

/** Runs a training with its live display. */
async function watched<O>(
  kind: TrainRun["kind"],
  metrics: readonly string[],
  train: (watch: Watch) => Promise<TrainRun<O>>,
): Promise<Run<O>> {
  const chart = (reports: readonly StepReport[]) => curvesSpec({ [kind]: reports }, MAIN_CURVE[kind]);
  return new Run(await watchLive<TrainRun<O>, StepReport>({ title: kind, unit: "step", metrics, chart }, train));
}

/**
 * Pre-trains a copy of a model: next-token loss on every token of every example. Shows a live loss curve; an interrupt ends it with what it has.
 * @param data what the model reads, e.g. `other.train(20_000)` of another world
 * @returns the run; `run.model` is the trained copy, `run.frame()` its steps, `run.curve()` its loss
 * @throws NOT_FINITE  the loss stopped being a number; TOO_LONG, EMPTY_DATA for data that do not fit
 */
export function pretrain(model: Model, data: ExampleSet, options: FitOptions): Promise<Run<Required<FitOptions>>> {
  return watched("pretrain", ["loss"], (watch) => trainPretrain(model, data, options, watch));
}

/**
 * Supervised fine-tuning of a copy of a model: loss on the completion and its end token only. Shows a live loss curve; an interrupt ends it with what it has.
 * @param data prompts with reference completions, e.g. `task.train(20_000)`; equal data and seed give every model the same token stream
 * @returns the run; `run.model` is the tuned copy, `run.frame()` its steps, `run.curve()` its loss
 * @throws NOT_FINITE  the loss stopped being a number; TOO_LONG, EMPTY_DATA for data that do not fit
 */
export function sft(model: Model, data: ExampleSet, options: FitOptions): Promise<Run<Required<FitOptions>>> {
  return watched("sft", ["loss"], (watch) => trainSft(model, data, options, watch));
}
