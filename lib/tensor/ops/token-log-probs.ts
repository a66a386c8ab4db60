// Log-probabilities of given tokens under logits, with the way back and the entropy: the head of every loss here. Integer targets, no one-hot.
import * as tf from "../tf.ts";
import { engineKernel, runKernel } from "./engine-kernel.ts";

export interface TokenLogProbs {
  /** [N, V] what it is made of */
  readonly logits: tf.Tensor2D;
  /** [N] nats */
  readonly logProbs: tf.Tensor1D;
  /** [N] nats, of the whole distribution; made on request */
  readonly entropy: () => tf.Tensor1D;
  /** [N] nats, mean over the vocabulary; made on request */
  readonly meanLogProbs: () => tf.Tensor1D;
  /** [N] log of the sum of exponentials of the logits; made on request */
  readonly logPartition: () => tf.Tensor1D;
  /** Gradient of a loss with respect to the logits [N, V], from its gradients with respect to what is above, each [N]. */
  readonly back: (d: TokenGradients) => tf.Tensor2D;
}

export interface TokenGradients {
  readonly dLogProbs: tf.Tensor1D;
  readonly dMeanLogProbs?: tf.Tensor1D;
  readonly dLogPartition?: tf.Tensor1D;
  /** [N, V] of a term that looks at whole distributions */
  readonly dLogits?: tf.Tensor2D;
}

/**
 * @param logits  [N, V] float32, raw
 * @param targets [N, 2] int32: rows (i, token), as gatherND takes them
 */
export function tokenLogProbs(logits: tf.Tensor2D, targets: tf.Tensor2D): TokenLogProbs {
  const own = engineKernel("TokenLogProbs", { logits, targets }, {});
  if (own) return inOneKernel(logits, targets, own as OneKernel);
  const largest = tf.max(logits, -1, true);
  const shifted = tf.sub(logits, largest);
  const weights = tf.exp(shifted);
  const total = tf.sum(weights, -1, true);
  const logTotal = tf.log(tf.squeeze(total, [1]));
  const probs = tf.div(weights, total);
  return {
    logits,
    logProbs: tf.sub(tf.gatherND(shifted, targets), logTotal),
    // Where a probability has become 0 its logarithm is far below 0 but finite, so the product is 0.
    entropy: () => tf.sub(logTotal, tf.sum(tf.mul(probs, shifted), -1)),
    meanLogProbs: () => tf.sub(tf.mean(shifted, -1), logTotal),
    logPartition: () => tf.add(logTotal, tf.squeeze(largest, [1])),
    back({ dLogProbs, dMeanLogProbs, dLogPartition, dLogits: whole }) {
      let pull: tf.Tensor1D = tf.neg(dLogProbs);
      if (dMeanLogProbs) pull = tf.sub(pull, dMeanLogProbs);
      if (dLogPartition) pull = tf.add(pull, dLogPartition);
      const spread = tf.mul(probs, tf.expandDims(pull, 1));
      let dLogits = tf.add<tf.Tensor2D>(spread, tf.scatterND(targets, dLogProbs, logits.shape));
      if (whole) dLogits = tf.add(dLogits, whole);
      const V = logits.shape[1];
      return dMeanLogProbs ? tf.add(dLogits, tf.expandDims(tf.div(dMeanLogProbs, V), 1)) : dLogits;
    },
  };
}

type OneKernel = readonly [tf.Tensor1D, tf.Tensor1D, tf.Tensor1D, tf.Tensor1D, tf.Tensor2D];

function inOneKernel(
  logits: tf.Tensor2D,
  targets: tf.Tensor2D,
  [logProbs, logPartition, entropy, meanLogProbs, totals]: OneKernel,
): TokenLogProbs {
  return {
    logits,
    logProbs,
    entropy: () => entropy,
    meanLogProbs: () => meanLogProbs,
    logPartition: () => logPartition,
    back({ dLogits: whole, ...d }) {
      const [dLogits] = runKernel("TokenLogProbsGradient", { logits, targets, totals, ...d }, {});
      return (whole ? tf.add(dLogits, whole) : dLogits) as tf.Tensor2D;
    },
  };
}
