// Supervised fine-tuning and pre-training: the same loop on next-token cross-entropy; they differ in which tokens count.
import { fold, key } from "../core/rng.ts";
import type { ExampleSet } from "../data/example.ts";
import type { Model } from "../model/model.ts";
import { startEngine } from "../tensor/backend.ts";
import * as tf from "../tensor/tf.ts";
import { collate, encodeExamples, makeOrder } from "./batch.ts";
import type { Batch, Sequence } from "./batch.ts";
import { makeSaver } from "./checkpoint.ts";
import type { CheckpointOptions } from "./checkpoint.ts";
import { Trainer } from "./trainer.ts";
import type { TokenLoss } from "./gradient.ts";
import type { Feeds } from "../tensor/capture/capture.ts";
import { assertFinite } from "./guard.ts";
import { HeldOut } from "./held-out.ts";
import type { HeldOutOptions } from "./held-out.ts";
import { runSteps } from "./run.ts";
import type { TrainRun, Watch } from "./run.ts";
import { multiplierAt } from "./schedule.ts";
import type { ScheduleKind } from "./schedule.ts";
import { makeState, modelOf } from "./state.ts";

export interface SftOptions {
  readonly steps: number;
  /** Sequences per step. */
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
  /** Sequences per pass through the model; the step is the same, only memory and speed change. Default: batch. */
  readonly microBatch?: number;
  /** Writes checkpoints on the way; default null, none. */
  readonly checkpoint?: CheckpointOptions | null;
  /** A checkpoint of this very run to go on from. */
  readonly resumeFrom?: string | null;
}

/** Every default filled in; of the held-out set, what says which it was. */
export interface ResolvedSft extends Required<Omit<SftOptions, "heldOut">> {
  readonly heldOut: { readonly set: string; readonly examples: number; readonly every: number } | null;
}

/** Mean negative log-likelihood in nats: `weights` [N] holds 1 / (targets that count in the whole batch), 0 elsewhere. */
export const crossEntropy: TokenLoss = (policy, feeds) => {
  const weights = feeds["weights"] as tf.Tensor1D;
  return { dLogProbs: tf.neg(weights), metrics: [tf.neg(tf.sum(tf.mul(policy.logProbs, weights)))] };
};

/**
 * Fine-tunes a copy of a model on reference completions: cross-entropy on the completion and the end token, mean over the tokens of a batch.
 * @returns the run with the trained copy, which the caller disposes; `model` is untouched
 * @throws NOT_FINITE  the loss or the gradient stopped being a number; says at which step
 * @throws TOO_LONG, EMPTY_DATA  see encodeExamples
 * @throws TRAINED_ON  a held-out example is in the data
 * @example const run = await trainSft(blank, task.train(20_000), { steps: 400, batch: 64, learningRate: 1e-3 });
 */
export async function trainSft(
  model: Model,
  data: ExampleSet,
  options: SftOptions,
  watch: Watch = {},
): Promise<TrainRun<ResolvedSft>> {
  return train("sft", model, data, { maskPrompt: true, ...options }, watch);
}

/** As trainSft, with the loss on every token: what the model sees before it is post-trained. */
export async function trainPretrain(
  model: Model,
  data: ExampleSet,
  options: SftOptions,
  watch: Watch = {},
): Promise<TrainRun<ResolvedSft>> {
  return train("pretrain", model, data, { maskPrompt: false, ...options }, watch);
}

function resolve({ heldOut, ...options }: SftOptions & { maskPrompt: boolean }): ResolvedSft {
  return {
    schedule: "cosine",
    warmup: Math.ceil(options.steps * 0.05),
    minLearningRate: 0,
    weightDecay: 0.1,
    clip: 1,
    seed: 0,
    microBatch: options.batch,
    checkpoint: null,
    resumeFrom: null,
    ...options,
    heldOut: heldOut ? { set: heldOut.set.name, examples: heldOut.set.examples.length, every: heldOut.every } : null,
  };
}

async function train(
  kind: "sft" | "pretrain",
  model: Model,
  data: ExampleSet,
  given: SftOptions & { maskPrompt: boolean },
  watch: Watch,
): Promise<TrainRun<ResolvedSft>> {
  await startEngine();
  const options = resolve(given);
  const sequences = encodeExamples(data.examples, model.tokenizer, model.config.maxLength);
  const order = makeOrder(fold(key(options.seed), "order"), sequences.length);
  const heldOut = given.heldOut && new HeldOut(given.heldOut, data, options, model.tokenizer, model.config);
  const trainer = new Trainer(makeState(model), crossEntropy, options);
  const schedule = {
    kind: options.schedule,
    steps: options.steps,
    warmup: options.warmup,
    minimum: options.minLearningRate / options.learningRate,
  };
  try {
    const saver = await makeSaver(kind, model, data, options, trainer.state);
    const step = async (n: number) => {
      const chosen = order((n - 1) * options.batch, options.batch).map((i) => sequences[i] as Sequence);
      const batches = microBatches(chosen, options, model);
      const learningRate = options.learningRate * multiplierAt(schedule, n - 1);
      const [loss, gradientNorm] = (await trainer.step(sftFeeds(batches), { learningRate, step: n })) as [
        number,
        number,
      ];
      const metrics = {
        loss,
        learningRate,
        gradientNorm,
        ...(heldOut?.isDue(n) && { heldOutLoss: await heldOut.loss(trainer.state) }),
      };
      assertFinite(
        n,
        metrics,
        chosen.map((s) => s.id),
      );
      return { metrics, tokens: batches.reduce((sum, b) => sum + b.tokens, 0) };
    };
    const { steps } = options;
    const loop = await runSteps(
      { steps, step, done: saver.done, after: (n, tokens) => saver.after(n, tokens, {}) },
      watch,
    );
    return { kind, model: modelOf(model, trainer.state.theta), options, ...loop };
  } finally {
    trainer.dispose();
  }
}

function microBatches(chosen: readonly Sequence[], options: ResolvedSft, model: Model): Batch[] {
  const first = (s: Sequence) => (options.maskPrompt ? s.promptLength : 1);
  return Array.from({ length: Math.ceil(chosen.length / options.microBatch) }, (_, i) =>
    collate(
      chosen.slice(i * options.microBatch, (i + 1) * options.microBatch),
      first,
      model.tokenizer.padId,
      model.config.maxLength,
    ),
  );
}

/** Weights are divided by the count of the whole batch, so the micro-batches' gradients add up to the full batch's. */
export function sftFeeds(batches: readonly Batch[]): Feeds[] {
  const counted = batches.reduce((sum, batch) => sum + batch.counted, 0);
  return batches.map((batch) => ({
    ids: tf.tensor2d(batch.ids, [batch.B, batch.T], "int32"),
    targets: tf.tensor2d(batch.targets, [batch.B * batch.T, 2], "int32"),
    weights: tf.tensor1d(batch.counts.map((count) => count / counted)),
  }));
}
