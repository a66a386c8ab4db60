// The sampling policy: temperature, top-k, top-p and min-p on logits, a draw from what is left, and the log-probability of what was drawn.
// A draw is the inverse distribution function at one uniform number per row, so it depends on that row alone. Sources: transformers' logits
// processors (temperature first, then top-k, top-p and min-p). Ties at a threshold stay: differs from them in top-p, where of equal logits those
// that their sort puts last stay.
import * as tf from "../tf.ts";
import { MASKED } from "./attention.ts";
import { engineKernel } from "./engine-kernel.ts";

export interface Policy {
  /** 0 = always the most likely token. */
  readonly temperature: number;
  /** Keep this many most likely tokens. */
  readonly topK?: number | undefined;
  /** Keep the most likely tokens that together reach this probability, 0..1. */
  readonly topP?: number | undefined;
  /** Keep tokens at least this many times as likely as the most likely one, 0..1. */
  readonly minP?: number | undefined;
}

/**
 * @param logits [R, V]
 * @returns [R, V] logits of the policy: divided by the temperature, excluded tokens far below all others
 */
export function policyLogits(logits: tf.Tensor2D, { temperature, topK, topP, minP }: Policy): tf.Tensor2D {
  const V = logits.shape[1];
  let kept = temperature === 0 || temperature === 1 ? logits : tf.div<tf.Tensor2D>(logits, temperature);
  const drop = (threshold: tf.Tensor) => tf.where<tf.Tensor2D>(tf.less(kept, threshold), MASKED, kept);
  if (topK !== undefined && topK < V) kept = drop(tf.slice(tf.topk(kept, topK).values, [0, topK - 1], [-1, 1]));
  if (topP !== undefined && topP < 1) {
    const sorted = tf.topk(kept, V).values;
    const before = tf.cumsum(tf.softmax(sorted), 1, true);
    // A token stays while the ones before it have not yet reached topP: the first always does.
    const last = tf.min(tf.where(tf.less(before, topP), sorted, -MASKED), -1, true);
    kept = drop(last);
  }
  if (minP !== undefined && minP > 0) kept = drop(tf.add(tf.max(kept, -1, true), Math.log(minP)));
  return kept;
}

/**
 * @param uniforms [R, 1] on [0, 1), at most 23 bits each so that the last token is never overshot
 * @returns [2, R] float32: token ids, then their log-probabilities in nats under the policy (greedy: under the model)
 */
export function sampleTokens(logits: tf.Tensor2D, policy: Policy, uniforms: tf.Tensor2D): tf.Tensor2D {
  const [R, V] = logits.shape;
  const kept = policyLogits(logits, policy);
  const own = engineKernel("DrawTokens", { logits: kept, uniforms }, { greedy: policy.temperature === 0 });
  if (own) return own[0] as tf.Tensor2D;
  const shifted = tf.sub<tf.Tensor2D>(kept, tf.max(kept, -1, true));
  // Axis 1, not -1: tfjs-backend-wasm 4.22 takes a negative axis for a permutation and writes past its output.
  const running = tf.cumsum(tf.exp(shifted), 1);
  const total = tf.slice(running, [0, V - 1], [R, 1]);
  const tokens =
    policy.temperature === 0
      ? tf.argMax<tf.Tensor1D>(logits, -1)
      : tf.cast(tf.sum<tf.Tensor1D>(tf.cast(tf.lessEqual(running, tf.mul(total, uniforms)), "float32"), -1), "int32");
  const chosen = tf.gatherND(shifted, tf.stack([tf.range(0, R, 1, "int32"), tokens], 1));
  return tf.stack([tf.cast(tokens, "float32"), tf.sub(chosen, tf.log(tf.squeeze(total, [1])))]) as tf.Tensor2D;
}

/** Numbers on [0, 1) cut to 23 bits: their product with a float32 total rounds to less than the total. */
export function cutUniform(u: number): number {
  return Math.floor(u * 2 ** 23) / 2 ** 23;
}
