// Log-probabilities of given tokens under logits, with the way back and the entropy: the head of every loss here. Integer targets, no one-hot.
import * as tf from "../../tensor/tf.ts";

export interface TokenLogProbs {
  /** [N] nats */
  readonly logProbs: tf.Tensor1D;
  /** [N] nats, of the whole distribution; made on request */
  readonly entropy: () => tf.Tensor1D;
  /** Gradient of a loss with respect to the logits [N, V], from its gradient with respect to logProbs [N]. */
  readonly back: (dLogProbs: tf.Tensor1D) => tf.Tensor2D;
}

/**
 * @param logits  [N, V] float32, raw
 * @param targets [N, 2] int32: rows (i, token), as gatherND takes them
 */
export function tokenLogProbs(logits: tf.Tensor2D, targets: tf.Tensor2D): TokenLogProbs {
  const shifted = tf.sub(logits, tf.max(logits, -1, true));
  const weights = tf.exp(shifted);
  const total = tf.sum(weights, -1, true);
  const logTotal = tf.log(tf.squeeze(total, [1]));
  const probs = tf.div(weights, total);
  return {
    logProbs: tf.sub(tf.gatherND(shifted, targets), logTotal),
    // Where a probability has become 0 its logarithm is far below 0 but finite, so the product is 0.
    entropy: () => tf.sub(logTotal, tf.sum(tf.mul(probs, shifted), -1)),
    back(dLogProbs) {
      const spread = tf.mul(probs, tf.neg(tf.expandDims(dLogProbs, 1)));
      return tf.add(spread, tf.scatterND(targets, dLogProbs, logits.shape));
    },
  };
}
