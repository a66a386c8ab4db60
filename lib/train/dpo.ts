// Direct preference optimisation: make the preferred of two completions more likely than the other one, relative to the reference.
// Source: Rafailov et al. 2023 (2305.18290), eq. 7; label smoothing as in TRL's conservative DPO; robust: Chowdhury et al. 2024 (2403.00409);
// hinge: SLiC, Zhao et al. 2023 (2305.10425); IPO: Azar et al. 2023 (2310.12036), eq. 17.
// Differs from the papers in: nothing known. Log-probabilities are summed over the completion and its end token; "ipo-mean" takes their mean,
// as TRL's IPO does. Which of a pair is the likelier one, and by how much, is told by the sums for every loss, as there.
import { fault } from "../core/errors.ts";
import { fold, key } from "../core/rng.ts";
import { flatWeights, makeState, modelOf } from "./state.ts";
import { startEngine } from "../tensor/backend.ts";
import type { Model } from "../model/model.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import type { Feeds } from "../tensor/capture/capture.ts";
import * as tf from "../tensor/tf.ts";
import { collate, encodeExamples, makeOrder } from "./batch.ts";
import type { Sequence } from "./batch.ts";
import type { TokenLoss } from "./gradient.ts";
import { assertFinite } from "./guard.ts";
import { scoreSequences } from "./rollout.ts";
import { runSteps } from "./run.ts";
import type { TrainRun, Watch } from "./run.ts";
import { multiplierAt } from "./schedule.ts";
import { Trainer } from "./trainer.ts";

export interface Preference {
  readonly id: string;
  readonly prompt: string;
  readonly chosen: string;
  readonly rejected: string;
}

/** "robust" removes the bias that pairs labelled the wrong way round bring; "ipo" and "ipo-mean" draw the margin to a fixed one. */
export type PreferenceLoss = "sigmoid" | "robust" | "hinge" | "ipo" | "ipo-mean";

export interface DpoOptions {
  readonly steps: number;
  /** Pairs per step. */
  readonly batch: number;
  /** At its peak; linear warm-up over a tenth of the steps, then linear to 0. */
  readonly learningRate: number;
  /** Strength of the pull towards the reference; default 0.1. */
  readonly beta?: number;
  /** Default "sigmoid". */
  readonly loss?: PreferenceLoss;
  /** Share of pairs that are taken to be labelled the wrong way round, below a half; default 0, "sigmoid" and "robust" only. */
  readonly labelSmoothing?: number;
  /** Largest global gradient norm; default 1. */
  readonly clip?: number;
  /** Default 0. */
  readonly seed?: number | string;
}

/**
 * Loss over B pairs, rows 0..B-1 preferred, rows B..2B-1 not.
 * Feeds: `counts` [2B * T] 1 at completion tokens, `refSums` [2B] summed log-probabilities under the reference.
 * Metrics: loss, share of pairs in the right order, mean margin in nats times beta.
 */
export function preferenceLoss({
  beta,
  loss,
  labelSmoothing,
}: Required<Pick<DpoOptions, "beta" | "loss" | "labelSmoothing">>): TokenLoss {
  return (policy, feeds) => {
    const [counts, refSums] = [feeds["counts"] as tf.Tensor1D, feeds["refSums"] as tf.Tensor1D];
    const [rows] = refSums.shape;
    const B = rows / 2;
    const sums = tf.sum(tf.reshape(tf.mul(policy.logProbs, counts), [rows, -1]), 1);
    const lengths = loss === "ipo-mean" ? tf.sum(tf.reshape(counts, [rows, -1]), 1) : tf.ones([rows]);
    const ratios = tf.sub(sums, refSums);
    const margin = marginOf(tf.div(ratios, lengths));
    const summed = marginOf(ratios);
    const { value, slope } = LOSSES[loss](margin, beta, labelSmoothing);
    const perPair = tf.div(slope, B);
    const perRow = tf.reshape(tf.div(tf.concat([perPair, tf.neg(perPair)]), lengths), [rows, 1]);
    const dLogProbs = tf.mul(tf.reshape(counts, [rows, -1]), perRow);
    const right = tf.cast(tf.greater(summed, 0), "float32");
    const metrics = [tf.mean(value), tf.mean(right), tf.mean(tf.mul(summed, beta))];
    return { dLogProbs: dLogProbs.flatten(), metrics };
  };
}

/** [2B] -> [B], the first half less the second */
function marginOf(rows: tf.Tensor): tf.Tensor {
  const [chosen, rejected] = tf.split(rows, 2) as [tf.Tensor, tf.Tensor];
  return tf.sub(chosen, rejected);
}

/** Values and their slopes by the margin, [B] each. */
type PairLoss = (margin: tf.Tensor, beta: number, smoothing: number) => { value: tf.Tensor; slope: tf.Tensor };

/** -(1 - s) log sigmoid(x) - s log sigmoid(-x) with x = beta * margin */
const sigmoid: PairLoss = (margin, beta, smoothing) => {
  const x = tf.mul(margin, beta);
  const value = tf.add(tf.mul(tf.softplus(tf.neg(x)), 1 - smoothing), tf.mul(tf.softplus(x), smoothing));
  return { value, slope: tf.mul(tf.sub(tf.sigmoid(x), 1 - smoothing), beta) };
};

/** (-(1 - s) log sigmoid(x) + s log sigmoid(-x)) / (1 - 2 s) */
const robust: PairLoss = (margin, beta, smoothing) => {
  const x = tf.mul(margin, beta);
  const value = tf.sub(tf.mul(tf.softplus(tf.neg(x)), 1 - smoothing), tf.mul(tf.softplus(x), smoothing));
  const slope = tf.sub(tf.mul(tf.sigmoid(x), 1 - 2 * smoothing), 1 - smoothing);
  return { value: tf.div(value, 1 - 2 * smoothing), slope: tf.mul(slope, beta / (1 - 2 * smoothing)) };
};

const hinge: PairLoss = (margin, beta) => {
  const short = tf.sub(1, tf.mul(margin, beta));
  return { value: tf.relu(short), slope: tf.mul(tf.cast(tf.greater(short, 0), "float32"), -beta) };
};

const ipo: PairLoss = (margin, beta) => {
  const off = tf.sub(margin, 1 / (2 * beta));
  return { value: tf.square(off), slope: tf.mul(off, 2) };
};

const LOSSES: Readonly<Record<PreferenceLoss, PairLoss>> = { sigmoid, robust, hinge, ipo, "ipo-mean": ipo };

/** As TrainRun. */
export type DpoRun = Omit<TrainRun<Required<DpoOptions>>, "kind"> & { readonly kind: "dpo" };

/**
 * Trains a copy of a model on preferences; the model given is the reference.
 * @returns the run with the trained copy, which the caller disposes
 * @throws NOT_FINITE, TOO_LONG, EMPTY_DATA
 */
export async function trainDpo(
  model: Model,
  pairs: readonly Preference[],
  given: DpoOptions,
  watch: Watch = {},
): Promise<DpoRun> {
  await startEngine();
  const options = { beta: 0.1, loss: "sigmoid" as const, labelSmoothing: 0, clip: 1, seed: 0, ...given };
  if (pairs.length === 0) throw fault("EMPTY_DATA", "there are no pairs.", "a step needs at least one.");
  const { tokenizer, config } = model;
  const sides = (["chosen", "rejected"] as const).map((side) => encode(pairs, side, tokenizer, config.maxLength));
  const trainer = new Trainer(makeState(model), preferenceLoss(options), { weightDecay: 0, clip: options.clip });
  const reference = flatWeights(model);
  const order = makeOrder(fold(key(options.seed), "order"), pairs.length);
  const warmup = Math.ceil(options.steps * 0.1);
  const schedule = { kind: "linear", steps: options.steps, warmup, minimum: 0 } as const;
  const step = async (n: number) => {
    const chosen = order((n - 1) * options.batch, options.batch);
    const sequences = sides.flatMap((side) => chosen.map((i) => side[i] as Sequence));
    const scores = await scoreSequences(trainer.state, reference, sequences, 1);
    const refSums = scores.map((row) => row.reduce((sum, logProb) => sum + logProb, 0));
    const learningRate = options.learningRate * multiplierAt(schedule, n - 1);
    const values = await trainer.step([dpoFeeds(sequences, refSums, model)], { learningRate, step: n });
    const [loss, accuracy, margin, gradientNorm] = values as [number, number, number, number];
    const metrics = { loss, accuracy, margin, gradientNorm, learningRate };
    assertFinite(
      n,
      metrics,
      chosen.map((i) => (pairs[i] as Preference).id),
    );
    return { metrics, tokens: sequences.reduce((sum, { tokens }) => sum + tokens.length, 0) };
  };
  try {
    const done = { step: 0, tokens: 0 };
    const loop = await runSteps({ steps: options.steps, step, done, after: () => Promise.resolve(true) }, watch);
    return { kind: "dpo", model: modelOf(model, trainer.state.theta), options, ...loop };
  } finally {
    trainer.dispose();
    reference.dispose();
  }
}

function encode(pairs: readonly Preference[], side: "chosen" | "rejected", tokenizer: Tokenizer, maxLength: number) {
  const examples = pairs.map((pair) => ({ id: pair.id, prompt: pair.prompt, completion: pair[side], meta: {} }));
  return encodeExamples(examples, tokenizer, maxLength);
}

function dpoFeeds(sequences: readonly Sequence[], refSums: readonly number[], { tokenizer, config }: Model): Feeds {
  const { B, T, ids, targets, counts } = collate(sequences, (s) => s.promptLength, tokenizer.padId, config.maxLength);
  return {
    ids: tf.tensor2d(ids, [B, T], "int32"),
    targets: tf.tensor2d(targets, [B * T, 2], "int32"),
    counts: tf.tensor1d(counts),
    refSums: tf.tensor1d([...refSums]),
  };
}
