// Supervised fine-tuning and pre-training: the same loop on next-token cross-entropy; they differ in which tokens count.
import { fault } from "../core/errors.ts";
import {
  above,
  atLeast,
  checkOptions,
  flag,
  nullable,
  oneOf,
  required,
  seed,
  shaped,
  whole,
  within,
} from "../core/options.ts";
import type { Rule, Rules } from "../core/options.ts";
import type { ExampleSet } from "../data/example.ts";
import type { ExampleStream } from "../data/stream.ts";
import type { Model } from "../model/model.ts";
import { startEngine } from "../tensor/backend.ts";
import { collate } from "./batch.ts";
import type { Batch, Sequence } from "./batch.ts";
import { checkData, checkModel } from "./arguments.ts";
import { CHECKPOINT_RULES, makeSaver } from "./checkpoint.ts";
import type { CheckpointOptions } from "./checkpoint.ts";
import { crossEntropy, sftFeeds } from "./cross-entropy.ts";
import type { CrossEntropyOptions } from "./cross-entropy.ts";
import { EarlyStopping } from "./early-stopping.ts";
import type { EarlyStoppingOptions } from "./early-stopping.ts";
import { Trainer } from "./trainer.ts";
import { assertFinite } from "./guard.ts";
import { HeldOut } from "./held-out.ts";
import type { HeldOutOptions } from "./held-out.ts";
import { packSequences } from "./pack.ts";
import { runSteps } from "./run.ts";
import type { TrainRun, Watch } from "./run.ts";
import { checkSamples, sampleOf } from "./samples.ts";
import type { SampleOptions } from "./samples.ts";
import { multiplierAt } from "./schedule.ts";
import type { ScheduleKind } from "./schedule.ts";
import { sourceOf } from "./source.ts";
import { makeState, modelOf } from "./state.ts";

export interface SftOptions extends CrossEntropyOptions {
  /** Optimizer steps, one batch each. */
  readonly steps: number;
  /** Sequences per step. Where there are fewer examples, some come twice in a step. */
  readonly batch: number;
  /** At its peak. */
  readonly learningRate: number;
  /** Default "cosine". */
  readonly schedule?: ScheduleKind;
  /** Steps of linear warm-up; default 5 % of the steps. */
  readonly warmup?: number;
  /** At the last step; default 0. */
  readonly minLearningRate?: number;
  /** Decoupled, on matrices only; default 0.1. */
  readonly weightDecay?: number;
  /** Largest global gradient norm; default 1. */
  readonly clip?: number;
  /** Order of the examples; default 0. Equal seeds and data give the same token stream to every model. */
  readonly seed?: number | string;
  /** Whether only completion and end token count; default true (pre-training: false). */
  readonly maskPrompt?: boolean;
  /** Loss on these examples along the way, as the metric heldOutLoss of the steps where it is due. */
  readonly heldOut?: HeldOutOptions;
  /** Ends the run when heldOutLoss stops falling; needs heldOut. Default null, never. */
  readonly earlyStopping?: EarlyStoppingOptions | null;
  /** Greedy completions along the way, as `sample` of the steps where they are due. */
  readonly samples?: SampleOptions;
  /** Whether sequences share rows instead of being padded, without seeing each other: the step is the same, only speed and memory change. Default false. */
  readonly pack?: boolean;
  /** Whether blocks are computed twice instead of kept for the way back: the step is the same, slower and in less memory. Default false. */
  readonly recompute?: boolean;
  /** Sequences per pass through the model; the step is the same, only memory and speed change. Default: batch. */
  readonly microBatch?: number;
  /** Writes checkpoints on the way; default null, none. */
  readonly checkpoint?: CheckpointOptions | null;
  /** A checkpoint of this very run to go on from; of a branch, beside its forkFrom. */
  readonly resumeFrom?: string | null;
  /** A checkpoint of another run from the same model to branch off: its weights, moments and place in the data, with these options and data. */
  readonly forkFrom?: string | null;
}

/** Every default filled in; of the held-out set, what says which it was. */
export interface ResolvedSft extends Required<Omit<SftOptions, "heldOut" | "samples">> {
  readonly samples: { readonly set: string; readonly every: number } | null;
  readonly heldOut: { readonly set: string; readonly examples: number; readonly every: number } | null;
}

/**
 * Fine-tunes a copy of a model on reference completions: cross-entropy on the completion and the end token, mean over the tokens of a batch.
 * @returns the run with the trained copy, which the caller disposes; `model` is untouched
 * @throws NOT_FINITE  the loss or the gradient stopped being a number; says at which step
 * @throws TOO_LONG, EMPTY_DATA  see encodeExamples
 * @throws TRAINED_ON  a held-out example is in the data
 * @throws OPTION_UNKNOWN, OPTION_INVALID, OPTION_MISSING, NOT_A_MODEL, MODEL_DISPOSED, NOT_EXAMPLES  before anything is computed
 * @example const run = await trainSft(blank, task.train(20_000), { steps: 400, batch: 64, learningRate: 1e-3 });
 */
export async function trainSft(
  model: Model,
  data: ExampleSet | ExampleStream,
  options: SftOptions,
  watch: Watch = {},
): Promise<TrainRun<ResolvedSft>> {
  return train("sft", model, data, options, watch);
}

/** As trainSft, with the loss on every token: what the model sees before it is post-trained. */
export async function trainPretrain(
  model: Model,
  data: ExampleSet | ExampleStream,
  options: SftOptions,
  watch: Watch = {},
): Promise<TrainRun<ResolvedSft>> {
  return train("pretrain", model, data, options, watch);
}

const set: Rule = { may: "a set of examples", holds: (value) => typeof value === "object" && value !== null };
export const SFT_RULES: Rules<SftOptions> = {
  steps: required(whole(0)),
  batch: required(whole(1)),
  learningRate: required(atLeast(0)),
  schedule: oneOf("constant", "linear", "cosine", "wsd"),
  warmup: whole(0),
  minLearningRate: atLeast(0),
  weightDecay: atLeast(0),
  clip: above(0),
  seed,
  maskPrompt: flag,
  heldOut: shaped<HeldOutOptions>({ set: required(set), every: required(whole(1)) }),
  earlyStopping: nullable(shaped<EarlyStoppingOptions>({ patience: required(whole(1)), minImprovement: atLeast(0) })),
  samples: shaped<SampleOptions>({ set: required(set), every: required(whole(1)), maxNewTokens: whole(1) }),
  pack: flag,
  recompute: flag,
  microBatch: whole(1),
  labelSmoothing: within(0, 1),
  zLoss: atLeast(0),
  ...CHECKPOINT_RULES,
};

/** What the types cannot say, and what they say to those that are not asked. */
function check(kind: string, model: Model, data: ExampleSet | ExampleStream, options: SftOptions): void {
  const { earlyStopping, heldOut, samples, learningRate, minLearningRate = 0 } = options;
  checkModel(model);
  checkData(data);
  if (heldOut) checkData(heldOut.set, "heldOut.set", false);
  if (samples) checkSamples(samples, model);
  if (earlyStopping && !heldOut)
    throw fault("HELD_OUT_MISSING", "earlyStopping is given without heldOut.", "it watches the held-out loss.");
  if (minLearningRate > learningRate)
    throw fault(
      "OPTION_INVALID",
      `minLearningRate of ${kind} is ${minLearningRate}, above the learningRate of ${learningRate}.`,
      "it is what the rate falls to.",
    );
}

function resolve({ heldOut, samples, ...options }: SftOptions & { maskPrompt: boolean }): ResolvedSft {
  return {
    schedule: "cosine",
    warmup: Math.ceil(options.steps * 0.05),
    minLearningRate: 0,
    weightDecay: 0.1,
    clip: 1,
    labelSmoothing: 0,
    zLoss: 0,
    earlyStopping: null,
    seed: 0,
    pack: false,
    recompute: false,
    microBatch: options.batch,
    checkpoint: null,
    resumeFrom: null,
    forkFrom: null,
    ...options,
    samples: samples ? { set: samples.set.name, every: samples.every } : null,
    heldOut: heldOut ? { set: heldOut.set.name, examples: heldOut.set.examples.length, every: heldOut.every } : null,
  };
}

async function train(
  kind: "sft" | "pretrain",
  model: Model,
  data: ExampleSet | ExampleStream,
  asked: SftOptions,
  watch: Watch,
): Promise<TrainRun<ResolvedSft>> {
  const given = { maskPrompt: kind === "sft", ...checkOptions(kind, asked, SFT_RULES) };
  check(kind, model, data, given);
  await startEngine();
  const options = resolve(given);
  const heldOut = given.heldOut && new HeldOut(given.heldOut, options, model.tokenizer, model.config);
  const trainer = new Trainer(makeState(model), crossEntropy(options), options);
  const schedule = {
    kind: options.schedule,
    steps: options.steps,
    warmup: options.warmup,
    minimum: options.learningRate === 0 ? 0 : options.minLearningRate / options.learningRate,
  };
  try {
    const saver = await makeSaver(kind, model, data, options, trainer.state, {
      heldOut: given.heldOut?.set,
      watch,
    });
    const stopping = options.earlyStopping && new EarlyStopping(options.earlyStopping, saver.done.counters);
    const start = saver.done.step * options.batch;
    const source = sourceOf(data, model, { seed: options.seed, start, count: options.batch }, heldOut);
    const step = async (n: number) => {
      const chosen = await source.next();
      const batches = microBatches(chosen, options, model);
      const learningRate = options.learningRate * multiplierAt(schedule, n - 1);
      const [loss, gradientNorm] = (await trainer.step(sftFeeds(batches), { learningRate, step: n })) as [
        number,
        number,
      ];
      const metrics = {
        // A batch in which nothing counts has -0.
        loss: loss + 0,
        learningRate,
        gradientNorm,
        targets: batches.reduce((sum, { counted }) => sum + counted, 0),
        ...(heldOut?.isDue(n) && { heldOutLoss: await heldOut.loss(trainer.state) }),
      };
      assertFinite(
        n,
        metrics,
        chosen.map((s) => s.id),
        trainer.culprits,
      );
      if (metrics.heldOutLoss !== undefined) stopping?.see(metrics.heldOutLoss);
      const sample = given.samples && (await sampleOf(n, options.steps, given.samples, model, trainer.state));
      return { metrics, tokens: batches.reduce((sum, b) => sum + b.tokens, 0), ...(sample && { sample }) };
    };
    try {
      const loop = await runSteps(
        {
          steps: options.steps,
          step,
          done: saver.done,
          isOver: () => stopping?.isOver ?? false,
          interrupted: () => saver.interrupted(),
          after: (n, tokens) =>
            saver.after(n, tokens, stopping?.counters ?? {}, n === options.steps || (stopping?.isOver ?? false)),
        },
        watch,
      );
      return { kind, model: modelOf(model, trainer.state.theta), options, ...loop };
    } finally {
      await source.close();
    }
  } finally {
    trainer.dispose();
  }
}

function microBatches(chosen: readonly Sequence[], options: ResolvedSft, { tokenizer, config }: Model): Batch[] {
  const first = (s: Sequence) => (options.maskPrompt ? s.promptLength : 1);
  // Without a mask every token counts, also those that a conversation's own mask leaves out.
  const sequences = options.maskPrompt
    ? chosen
    : chosen.map(({ id, tokens, promptLength }) => ({ id, tokens, promptLength }));
  const batchOf = options.pack ? packSequences : collate;
  return Array.from({ length: Math.ceil(sequences.length / options.microBatch) }, (_, i) =>
    batchOf(
      sequences.slice(i * options.microBatch, (i + 1) * options.microBatch),
      first,
      tokenizer.padId,
      config.maxLength,
    ),
  );
}
