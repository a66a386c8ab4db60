// The loss of pre-training and SFT: cross-entropy on the targets that count, with label smoothing and z-loss where they are wanted.
// Sources: label smoothing, Szegedy et al. 2016 (arXiv 1512.00567), spread over the whole vocabulary as torch.nn.functional.cross_entropy does;
// z-loss, PaLM (arXiv 2204.02311), section 5: coefficient * mean of log Z squared.
import type { Feeds } from "../tensor/capture/capture.ts";
import * as tf from "../tensor/tf.ts";
import type { Batch } from "./batch.ts";
import type { TokenLoss } from "./gradient.ts";

export interface CrossEntropyOptions {
  /** Share of each target's mass that is spread evenly over the vocabulary, 0..1; default 0. */
  readonly labelSmoothing?: number;
  /** Coefficient of the squared log partition function, which it keeps near 0; default 0. */
  readonly zLoss?: number;
}

/** Mean in nats per counted token: `weights` [N] holds 1 / (targets that count in the whole batch), 0 elsewhere. */
export const crossEntropy =
  ({ labelSmoothing = 0, zLoss = 0 }: CrossEntropyOptions = {}): TokenLoss =>
  (policy, feeds) => {
    const weights = feeds["weights"] as tf.Tensor1D;
    const weighted = (perToken: tf.Tensor) => tf.sum(tf.mul(perToken, weights));
    let loss = tf.mul(weighted(policy.logProbs), labelSmoothing - 1);
    if (labelSmoothing > 0) loss = tf.sub(loss, tf.mul(weighted(policy.meanLogProbs()), labelSmoothing));
    if (zLoss > 0) loss = tf.add(loss, tf.mul(weighted(tf.square(policy.logPartition())), zLoss));
    return {
      dLogProbs: tf.mul(weights, labelSmoothing - 1),
      ...(labelSmoothing > 0 && { dMeanLogProbs: tf.mul(weights, -labelSmoothing) }),
      ...(zLoss > 0 && { dLogPartition: tf.mul(tf.mul(weights, policy.logPartition()), 2 * zLoss) }),
      metrics: [loss],
    };
  };

/** Weights are divided by the count of the whole batch, so the micro-batches' gradients add up to the full batch's. */
export function sftFeeds(batches: readonly Batch[]): Feeds[] {
  const counted = batches.reduce((sum, batch) => sum + batch.counted, 0);
  return batches.map((batch) => ({
    ids: tf.tensor2d(batch.ids, [batch.B, batch.T], "int32"),
    targets: tf.tensor2d(batch.targets, [batch.B * batch.T, 2], "int32"),
    weights: tf.tensor1d(batch.counts.map((count) => (counted === 0 ? 0 : count / counted))),
    ...(batch.packing && {
      sequences: tf.tensor2d(batch.packing.sequences, [batch.B, batch.T], "int32"),
      positions: tf.tensor2d(batch.packing.positions, [batch.B, batch.T], "int32"),
    }),
  }));
}
