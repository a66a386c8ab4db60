// The policy-gradient losses, with their derivatives. r = policy / policy that sampled, A the advantage, weighted per token; how tokens are weighted
// is what many of the algorithms differ in (aggregate.ts).
//   clipped:  -min(r A, clip(r, 1 - low, 1 + high) A), r of each token: what PPO brought and GRPO and its kin share
//   sequence: the same with one r for a whole completion, the geometric mean of its tokens' (GSPO)
//   capped:   -clip(r, 1 - low, 1 + high) A log policy, no gradient through r: no token is left out, its weight is bounded (CISPO)
// plus klWeight times an estimate of the KL to the reference, or that KL itself.
// Sources: Schulman et al. 2017 (1707.06347) eq. 7; Zheng et al. 2025, GSPO (2507.18071) eq. 5 to 7; MiniMax-M1 2025, CISPO (2506.13585) eq. 4; Shao et
// al. 2024 (2402.03300) eq. 3 for the KL term; DAPO for two clip bounds.
import type { TokenGradients, TokenLogProbs } from "../tensor/ops/token-log-probs.ts";
import type { Feeds } from "../tensor/capture/capture.ts";
import * as tf from "../tensor/tf.ts";
import type { TokenLoss } from "./gradient.ts";
import { exactKl, klTerm } from "./kl.ts";
import type { KlEstimator } from "./kl.ts";

export type Ratio = "clipped" | "sequence" | "capped";

export interface SurrogateOptions {
  /** Default "clipped". */
  readonly ratio?: Ratio;
  /** Lower and upper distance of the ratio from 1 at which the gradient stops. */
  readonly clipRange: readonly [number, number];
  /** Weight of the penalty towards the reference. */
  readonly klWeight: number;
  /** Of the penalty and of the KL reported; "exact" takes the reference's logits as a feed. Default "k3". */
  readonly kl?: KlEstimator | "exact";
}

/** In the order in which the loss gives them. */
export const SURROGATE_METRICS = ["loss", "entropy", "kl", "clipShare"] as const;

/**
 * Feeds, all [N] float32: `weights` (of each token in the loss; 0 = no completion token), `shares` (1 / completion tokens of the batch, or 0: for
 * metrics), `advantages`, `oldLogProbs` (under the policy that sampled), `refLogProbs`. For "sequence" `rowShares` [B, T] (1 / completion tokens of the
 * row, or 0), for "exact" `refLogits` [N, V].
 */
export function surrogate({ ratio = "clipped", clipRange, klWeight, kl = "k3" }: SurrogateOptions): TokenLoss {
  const policyTerm = { clipped, sequence, capped }[ratio];
  return (policy, feeds) => {
    const [weights, shares] = [feeds["weights"] as tf.Tensor1D, feeds["shares"] as tf.Tensor1D];
    const term = policyTerm(policy, feeds, clipRange);
    const pull = klOf(policy, feeds, kl);
    const mean = (x: tf.Tensor) => tf.sum(tf.mul(x, shares));
    const pulled = tf.mul<tf.Tensor1D>(weights, klWeight);
    const loss = tf.add(tf.sum(tf.mul(weights, term.value)), tf.sum(tf.mul(pulled, pull.value)));
    const d: TokenGradients =
      "dLogits" in pull
        ? { dLogProbs: term.dLogProbs, dLogits: tf.mul(pull.dLogits, tf.expandDims(pulled, 1)) }
        : { dLogProbs: tf.add(term.dLogProbs, tf.mul(pulled, pull.slope)) };
    return { ...d, metrics: [loss, mean(policy.entropy()), mean(pull.value), mean(term.stopped)] };
  };
}

/** Parts of a loss per token, [N]: its value, its weighted derivative by log policy, and 1 where the clip left a token without gradient. */
interface PolicyTerm {
  readonly value: tf.Tensor;
  readonly dLogProbs: tf.Tensor1D;
  readonly stopped: tf.Tensor;
}
type PolicyTermOf = (policy: TokenLogProbs, feeds: Feeds, clipRange: readonly [number, number]) => PolicyTerm;

/** Value and derivative by the logarithm of the ratio, and where the gradient stops. */
function clip(ratio: tf.Tensor, advantages: tf.Tensor, [low, high]: readonly [number, number]) {
  const plain = tf.mul(ratio, advantages);
  const bounded = tf.mul(tf.clipByValue(ratio, 1 - low, 1 + high), advantages);
  const active = tf.cast(tf.lessEqual(plain, bounded), "float32");
  return {
    value: tf.neg(tf.minimum(plain, bounded)),
    slope: tf.neg(tf.mul(plain, active)),
    stopped: tf.sub(1, active),
  };
}

const clipped: PolicyTermOf = ({ logProbs }, feeds, clipRange) => {
  const ratio = tf.exp(tf.sub(logProbs, feeds["oldLogProbs"] as tf.Tensor1D));
  const { value, slope, stopped } = clip(ratio, feeds["advantages"] as tf.Tensor1D, clipRange);
  return { value, dLogProbs: tf.mul(feeds["weights"] as tf.Tensor1D, slope), stopped };
};

const sequence: PolicyTermOf = ({ logProbs }, feeds, clipRange) => {
  const rowShares = feeds["rowShares"] as tf.Tensor2D;
  const [B, T] = rowShares.shape;
  const moved = tf.mul(tf.reshape(tf.sub(logProbs, feeds["oldLogProbs"] as tf.Tensor1D), [B, T]), rowShares);
  const ratio = tf.tile(tf.exp(tf.sum(moved, 1, true)), [1, T]).flatten();
  const { value, slope, stopped } = clip(ratio, feeds["advantages"] as tf.Tensor1D, clipRange);
  // A token moves the ratio of its row, and so the terms of all tokens in it.
  const perRow = tf.sum(tf.reshape(tf.mul(feeds["weights"] as tf.Tensor1D, slope), [B, T]), 1, true);
  return { value, dLogProbs: tf.mul(perRow, rowShares).flatten(), stopped };
};

const capped: PolicyTermOf = ({ logProbs }, feeds, [low, high]) => {
  const ratio = tf.exp(tf.sub(logProbs, feeds["oldLogProbs"] as tf.Tensor1D));
  const bounded = tf.clipByValue(ratio, 1 - low, 1 + high);
  const slope = tf.neg(tf.mul(bounded, feeds["advantages"] as tf.Tensor1D));
  return {
    value: tf.mul(slope, logProbs),
    dLogProbs: tf.mul(feeds["weights"] as tf.Tensor1D, slope),
    // Here it stops nothing; it says of how many tokens the weight was bounded.
    stopped: tf.cast(tf.notEqual(ratio, bounded), "float32"),
  };
};

function klOf(policy: TokenLogProbs, feeds: Feeds, kl: KlEstimator | "exact") {
  if (kl !== "exact") return klTerm(kl, policy.logProbs, feeds["refLogProbs"] as tf.Tensor1D);
  const { value, slope } = exactKl(policy.logits, feeds["refLogits"] as tf.Tensor2D);
  return { value, dLogits: slope };
}
