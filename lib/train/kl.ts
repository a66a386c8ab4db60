// Estimators of KL(policy || reference) from log-probabilities of tokens the policy drew. d = log reference - log policy.
// k1 = -d: unbiased, and unbiased where it matters, in the reward. k2 = d^2 / 2: its gradient is the true one when the loss is on-policy.
// k3 = e^d - d - 1: never negative, small variance; as a loss its gradient is that of the other direction's KL at first order (TRL's default).
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

/** Per token, with the derivative by log policy: k3 and 1 - e^d. Tensors [N] of the caller's tidy. */
export function k3(
  logPolicy: tf.Tensor,
  logReference: tf.Tensor,
): { readonly value: tf.Tensor; readonly slope: tf.Tensor } {
  const d = tf.sub(logReference, logPolicy);
  const grown = tf.expm1(d);
  return { value: tf.sub(grown, d), slope: tf.neg(grown) };
}
