// Kernels that an engine has of its own for what is composed of tfjs operations elsewhere, by the names under which tfjs knows them: an operation asks for one first and composes
// where there is none. Here is what each takes and gives; N are rows, D and C columns, V a vocabulary. WriteRows, which every engine has, is not among them.
import * as tf from "../tf.ts";
import type { Activation } from "./activation.ts";
import type { HeadCounts } from "./attention.ts";

type T = tf.TensorInfo;

export interface EngineKernels {
  /** x itself, in a program that is put in another order than it was written in: not before `later` is there. */
  After: { inputs: { x: T; later: T }; attrs: object; outputs: [x: tf.Tensor] };
  /** x W (+ b), the bias added before the product is written. */
  Linear: { inputs: { x: T; weight: T; bias: T }; attrs: object; outputs: [y: tf.Tensor] };
  /** The same, with a tensor like y added too; or dy W^T, of a gradient. */
  Product: {
    inputs: { x: T; weight: T; bias?: T | undefined; plus?: T | undefined };
    attrs: { transposeWeight: boolean };
    outputs: [y: tf.Tensor];
  };
  /** x W (+ b), and what Activate makes of it. */
  ProductActivate: {
    inputs: { x: T; weight: T; bias?: T | undefined };
    attrs: ActivateAttributes;
    outputs: [product: tf.Tensor, y: tf.Tensor];
  };
  /** Sums of columns: x [N, D] to [D]. */
  ColumnSums: { inputs: { x: T }; attrs: object; outputs: [sums: tf.Tensor] };
  /** `centred`: with a bias, and the mean is removed. stats [N, 2]: mean and 1 / deviation, for the way back. */
  RowNorm: {
    inputs: { x: T; weight: T; bias?: T | undefined };
    attrs: { epsilon: number; centred: boolean };
    outputs: [y: tf.Tensor, stats: tf.Tensor];
  };
  /** The third result is there where `centred`; `plus` is added to the first. */
  RowNormGradient: {
    inputs: { dy: T; x: T; weight: T; stats: T; plus?: T | undefined };
    attrs: { centred: boolean };
    outputs: [dx: tf.Tensor, dWeight: tf.Tensor, dBias?: tf.Tensor];
  };
  /** x [N, M] or, gated, [N, 2 M]. */
  Activate: { inputs: { x: T }; attrs: ActivateAttributes; outputs: [y: tf.Tensor] };
  ActivateGradient: { inputs: { x: T; dy: T }; attrs: ActivateAttributes; outputs: [dx: tf.Tensor] };
  /** x [B, T, C]; cos and sin have as many rows, T of them, or one. `back`: the gradient of x from that of y. */
  Rotate: {
    inputs: { x: T; cos: T; sin: T };
    attrs: { parts: readonly [number, number, number]; back: boolean };
    outputs: [y: tf.Tensor];
  };
  /** qkv [B, T, C] and a mask that hides no less than causality does, as causalMask gives it. y [B * T, heads * headWidth]; totals [B, heads, T, 2]: each query's highest score, and 1 / sum(exp(score - highest)). */
  Attention: { inputs: { qkv: T; mask: T }; attrs: HeadCounts; outputs: [y: tf.Tensor, totals: tf.Tensor] };
  AttentionGradient: {
    inputs: { qkv: T; mask: T; y: T; totals: T; dy: T };
    attrs: HeadCounts;
    outputs: [dQkv: tf.Tensor];
  };
  /**
   * One token for each row of a cache [R, kvHeads, S, headWidth], in place as WriteRows: its keys and values go to slot positions[r], its queries look at that slot and those before
   * it, `window` of them at most. qkv [R, C]; y [R, heads * headWidth].
   */
  CachedAttention: {
    inputs: { qkv: T; keys: T; values: T; positions: T };
    attrs: HeadCounts & { window: number | undefined };
    outputs: [y: tf.Tensor, keys: tf.Tensor, values: tf.Tensor];
  };
  /** logits [N, V], targets [N, 2] as gatherND takes them; four of [N], and totals [N, 2]: a row's highest logit, and 1 / sum(exp(logit - highest)), for the way back. */
  TokenLogProbs: {
    inputs: { logits: T; targets: T };
    attrs: object;
    outputs: [
      logProbs: tf.Tensor,
      logPartition: tf.Tensor,
      entropy: tf.Tensor,
      meanLogProbs: tf.Tensor,
      totals: tf.Tensor,
    ];
  };
  TokenLogProbsGradient: {
    inputs: {
      logits: T;
      targets: T;
      totals: T;
      dLogProbs: T;
      dMeanLogProbs?: T | undefined;
      dLogPartition?: T | undefined;
    };
    attrs: object;
    outputs: [dLogits: tf.Tensor];
  };
  /** One draw per row: logits [R, V] of the policy, uniforms [R, 1]; [2, R] tokens, then their log-probabilities. */
  DrawTokens: { inputs: { logits: T; uniforms: T }; attrs: { greedy: boolean }; outputs: [drawn: tf.Tensor] };
  /** ids [N] int32, dy [N, D]; [rows, D]. */
  EmbeddingGradient: { inputs: { ids: T; dy: T }; attrs: { rows: number }; outputs: [dTable: tf.Tensor] };
  /** Of vectors [P]; rates [3]: learning rate and the two corrections. New values, and the gradient's norm before clipping, [1]. */
  AdamW: {
    inputs: { theta: T; mean: T; square: T; gradient: T; decayed: T; rates: T };
    attrs: {
      betas: readonly [number, number];
      epsilon: number;
      clipEpsilon: number;
      weightDecay: number;
      clip: number;
    };
    outputs: [theta: tf.Tensor, mean: tf.Tensor, square: tf.Tensor, norm: tf.Tensor];
  };
}

export interface ActivateAttributes {
  readonly activation: Activation;
  readonly gated: boolean;
}

/**
 * @returns what the running engine's kernel of this name gives, tensors of the caller's tidy; undefined where it has none
 * @example engineKernel("ColumnSums", { x: tf.ones([2, 3]) }, {}) // undefined on wasm
 */
export function engineKernel<Name extends keyof EngineKernels>(
  name: Name,
  inputs: EngineKernels[Name]["inputs"],
  attrs: EngineKernels[Name]["attrs"],
): EngineKernels[Name]["outputs"] | undefined {
  return tf.getKernel(name, tf.getBackend()) ? runKernel(name, inputs, attrs) : undefined;
}

/** As engineKernel, for the second kernel of a pair: an engine that has the first has it too. */
export function runKernel<Name extends keyof EngineKernels>(
  name: Name,
  inputs: EngineKernels[Name]["inputs"],
  attrs: EngineKernels[Name]["attrs"],
): EngineKernels[Name]["outputs"] {
  const given = Object.fromEntries(Object.entries<T | undefined>({ ...inputs }).filter(([, tensor]) => tensor));
  const outputs = tf.engine().runKernel(name, given as unknown as tf.NamedTensorMap, attrs as tf.NamedAttrMap);
  return (Array.isArray(outputs) ? outputs : [outputs]) as EngineKernels[Name]["outputs"];
}
