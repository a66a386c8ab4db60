// The clipped policy-gradient loss that PPO brought and GRPO and its kin share, with its derivative:
//   -min(r A, clip(r, 1 - low, 1 + high) A) + klWeight k3,   r = policy / policy that sampled,
// weighted per token; how tokens are weighted is what many of the algorithms differ in (aggregate.ts).
// Sources: Schulman et al. 2017 (1707.06347) eq. 7; Shao et al. 2024 (2402.03300) eq. 3 for the k3 term; DAPO for two clip bounds.
import * as tf from "../tensor/tf.ts";
import type { TokenLoss } from "./gradient.ts";
import { k3 } from "./kl.ts";

export interface SurrogateOptions {
  /** Lower and upper distance of the ratio from 1 at which the gradient stops. */
  readonly clipRange: readonly [number, number];
  /** Weight of the k3 penalty towards the reference. */
  readonly klWeight: number;
}

/** In the order in which the loss gives them. */
export const SURROGATE_METRICS = ["loss", "entropy", "kl", "clipShare"] as const;

/**
 * Feeds, all [N] float32: `weights` (of each token in the loss; 0 = no completion token), `shares` (1 / completion tokens of the batch, or 0: for
 * metrics), `advantages`, `oldLogProbs` (under the policy that sampled), `refLogProbs`.
 */
export function surrogate({ clipRange: [low, high], klWeight }: SurrogateOptions): TokenLoss {
  return (policy, feeds) => {
    const feed = (name: string) => feeds[name] as tf.Tensor1D;
    const [weights, shares, advantages] = [feed("weights"), feed("shares"), feed("advantages")];
    const ratio = tf.exp(tf.sub(policy.logProbs, feed("oldLogProbs")));
    const plain = tf.mul(ratio, advantages);
    const clipped = tf.mul(tf.clipByValue(ratio, 1 - low, 1 + high), advantages);
    const active = tf.cast(tf.lessEqual(plain, clipped), "float32");
    const kl = k3(policy.logProbs, feed("refLogProbs"));
    const penalised = tf.sub(tf.mul(kl.value, klWeight), tf.minimum(plain, clipped));
    const slope = tf.sub(tf.mul(kl.slope, klWeight), tf.mul(plain, active));
    const mean = (x: tf.Tensor) => tf.sum(tf.mul(x, shares));
    return {
      dLogProbs: tf.mul<tf.Tensor1D>(weights, slope),
      metrics: [tf.sum(tf.mul(weights, penalised)), mean(policy.entropy()), mean(kl.value), mean(tf.sub(1, active))],
    };
  };
}
