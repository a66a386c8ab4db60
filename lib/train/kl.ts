// Estimators of KL(policy || reference) from log-probabilities of tokens the policy drew. d = log reference - log policy.
// k1 = -d: unbiased, and unbiased where it matters, in the reward. k2 = d^2 / 2: its gradient is the true one when the loss is on-policy.
// k3 = e^d - d - 1: never negative, small variance; as a loss its gradient is that of the other direction's KL at first order (TRL's default).
// As a loss k1 pulls nowhere: the gradient of its mean is 0 where the tokens are the policy's own.
// None is cut off; verl cuts d at 20 and k3 at 10, and with them the gradient there.
// Source: Schulman, "Approximating KL divergence" (2020).
import * as tf from "../tensor/tf.ts";

export type KlEstimator = "k1" | "k2" | "k3";

const VALUES: Readonly<Record<KlEstimator, (d: number) => number>> = {
  k1: (d) => -d,
  k2: (d) => (d * d) / 2,
  k3: (d) => Math.expm1(d) - d,
};

/** @example klEstimate("k3", -1, -1.5) // 0.1065... */
export function klEstimate(estimator: KlEstimator, logPolicy: number, logReference: number): number {
  return VALUES[estimator](logReference - logPolicy);
}

export interface KlTerm {
  /** [N] per token */
  readonly value: tf.Tensor1D;
  /** [N] its derivative by log policy */
  readonly slope: tf.Tensor1D;
}

/** An estimator with its derivative; tensors of the caller's tidy. */
export function klTerm(estimator: KlEstimator, logPolicy: tf.Tensor, logReference: tf.Tensor): KlTerm {
  const d = tf.sub<tf.Tensor1D>(logReference, logPolicy);
  if (estimator === "k1") return { value: tf.neg(d), slope: tf.onesLike(d) };
  if (estimator === "k2") return { value: tf.div(tf.square(d), 2), slope: tf.neg(d) };
  const grown = tf.expm1(d);
  return { value: tf.sub(grown, d), slope: tf.neg(grown) };
}

/**
 * KL(policy || reference) over the whole vocabulary, per token, with its derivative by the policy's logits: p (log p - log q - KL).
 * No estimate: what the others estimate from one drawn token. For vocabularies that fit into memory once more.
 * @param logits, reference [N, V] raw
 * @returns value [N], slope [N, V]
 */
export function exactKl(
  logits: tf.Tensor2D,
  reference: tf.Tensor2D,
): { readonly value: tf.Tensor1D; readonly slope: tf.Tensor2D } {
  const [logP, logQ] = [tf.logSoftmax(logits), tf.logSoftmax(reference)];
  const p = tf.exp(logP);
  const difference = tf.sub<tf.Tensor2D>(logP, logQ);
  const value = tf.sum<tf.Tensor2D>(tf.mul(p, difference), 1, true);
  return { value: tf.squeeze(value, [1]), slope: tf.mul(p, tf.sub(difference, value)) };
}
