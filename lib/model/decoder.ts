// The decoder itself: fused weights and token ids in, hidden states and logits out, and all the way back to the gradient of every weight.
// The backward pass is written out instead of recorded: tfjs's tape adds an Identity call per saved tensor and bookkeeping per operation,
// 1,800 calls a step where about 100 a layer do. Forward uses plain tf operations, so tf.grads works on it too (the tests compare both).
// Words: N = B * T rows. Sequences are padded on the right; causality alone then keeps padding out of every real position.
import * as tf from "../tensor/tf.ts";
import { familyOf } from "./config.ts";
import type { ModelConfig } from "./config.ts";
import { gelu, swiglu } from "./ops/activation.ts";
import { attention, causalMask } from "./ops/attention.ts";
import { embedding } from "./ops/embedding.ts";
import { linear } from "./ops/linear.ts";
import { norm } from "./ops/norm.ts";
import { rotary, rotationOf } from "./ops/rotary.ts";
import type { RotaryTables, Rotation } from "./ops/rotary.ts";
import type { Weights } from "./parameters.ts";

/** What depends on the sequence length alone; made in a few operations for each pass. */
export interface Tables {
  readonly T: number;
  readonly rotation: Rotation;
  readonly mask: tf.Tensor2D;
  /** [T] int32: 0, 1, ... */
  readonly positions: tf.Tensor1D;
}

/**
 * @param rotaries of T positions or more
 * @returns tables for sequences of T tokens; tensors of the caller's tidy
 */
export function tablesOf(config: ModelConfig, rotaries: RotaryTables, T: number): Tables {
  const positions = tf.range(0, T, 1, "int32");
  const rotation = rotationOf(config, rotaries, (table) => tf.slice(table, [0, 0], [T, -1]));
  return { T, rotation, positions, mask: causalMask(positions, config) };
}

/** Gradients by fused name; a second contribution to one name (a tied embedding) is added. */
export class Gradients {
  readonly byName = new Map<string, tf.Tensor>();
  add(name: string, gradient: tf.Tensor | undefined): void {
    if (!gradient) return;
    const before = this.byName.get(name);
    this.byName.set(name, before ? tf.add(before, gradient) : gradient);
  }
}

export interface Pass {
  /** [N, width] or, from `head`, [N, V] */
  readonly y: tf.Tensor2D;
  /** Takes the gradient of y, fills `into`, returns the gradient of the input (none for ids). */
  readonly back: (dy: tf.Tensor, into: Gradients) => tf.Tensor;
}

const need = (weights: Weights, name: string) => weights.get(name) as tf.Tensor;

/** One norm, by the name of its weight. */
export function normPass(config: ModelConfig, weights: Weights, name: string, x: tf.Tensor): Pass {
  const { y, back } = norm(x, need(weights, name), weights.get(`${name}Bias`), config.normEpsilon);
  return {
    y: y as tf.Tensor2D,
    back(dy, into) {
      const { dx, dWeight, dBias } = back(dy);
      into.add(name, dWeight);
      into.add(`${name}Bias`, dBias);
      return dx;
    },
  };
}

export function linearPass(weights: Weights, name: string, x: tf.Tensor): Pass {
  const { y, back } = linear(x, need(weights, name), weights.get(`${name}Bias`));
  return {
    y: y as tf.Tensor2D,
    back(dy, into) {
      const { dx, dWeight, dBias } = back(dy);
      into.add(name, dWeight);
      into.add(`${name}Bias`, dBias);
      return dx;
    },
  };
}

/** @returns hidden states after the embedding, [N, width] */
function embed(weights: Weights, ids: tf.Tensor2D, positions: tf.Tensor1D): Pass {
  const [B, T] = ids.shape;
  const tokens = embedding(need(weights, "embed"), tf.reshape(ids, [B * T]));
  const places = weights.get("positions");
  if (!places) return { y: tokens.y as tf.Tensor2D, back: (dy, into) => (into.add("embed", tokens.back(dy)), dy) };
  const learned = embedding(places, positions);
  const width = places.shape[1] as number;
  return {
    y: tf.reshape(tf.add(tf.reshape(tokens.y, [B, T, width]), learned.y), [B * T, width]),
    back(dy, into) {
      into.add("embed", tokens.back(dy));
      into.add("positions", learned.back(tf.sum(tf.reshape(dy, [B, T, width]), 0)));
      return dy;
    },
  };
}

/** Attention block `i` with its residual. */
function attentionBlock(config: ModelConfig, weights: Weights, i: number, x: tf.Tensor2D, tables: Tables) {
  const normed = normPass(config, weights, `${i}.attnNorm`, x);
  const qkv = linearPass(weights, `${i}.qkv`, normed.y);
  const columns = qkv.y.shape[1];
  const rotated = rotary(tf.reshape(qkv.y, [-1, tables.T, columns]), tables.rotation);
  const mixed = attention(rotated.y, tables.mask, config);
  const out = linearPass(weights, `${i}.out`, mixed.y);
  return {
    y: tf.add<tf.Tensor2D>(x, out.y),
    back(dy: tf.Tensor, into: Gradients): tf.Tensor {
      const dQkv = tf.reshape(rotated.back(mixed.back(out.back(dy, into))), [-1, columns]);
      return tf.add(dy, normed.back(qkv.back(dQkv, into), into));
    },
    keys: mixed.keys,
    values: mixed.values,
  };
}

/** Feed-forward block `i` with its residual. */
export function mlpBlock(config: ModelConfig, weights: Weights, i: number, x: tf.Tensor2D): Pass {
  const normed = normPass(config, weights, `${i}.mlpNorm`, x);
  const up = linearPass(weights, `${i}.up`, normed.y);
  const active = familyOf(config).mlp === "swiglu" ? swiglu(up.y) : gelu(up.y);
  const down = linearPass(weights, `${i}.down`, active.y);
  return {
    y: tf.add<tf.Tensor2D>(x, down.y),
    back: (dy, into) => tf.add(dy, normed.back(up.back(active.back(down.back(dy, into)), into), into)),
  };
}

/**
 * Hidden states after the final norm.
 * @param ids [B, T] int32, T = tables.T, padded on the right with any id
 * @returns y [B * T, width]; all tensors belong to the caller's tidy
 */
export function hiddenStates(config: ModelConfig, weights: Weights, ids: tf.Tensor2D, tables: Tables): Pass {
  const embedded = embed(weights, ids, tables.positions);
  const blocks: Pass[] = [];
  let x = embedded.y;
  for (let i = 0; i < config.layers; i++) {
    for (const block of [
      (h: tf.Tensor2D) => attentionBlock(config, weights, i, h, tables),
      (h: tf.Tensor2D) => mlpBlock(config, weights, i, h),
    ]) {
      const pass = block(x);
      blocks.push(pass);
      x = pass.y;
    }
  }
  const final = normPass(config, weights, "norm", x);
  return {
    y: final.y,
    back(dy, into) {
      let gradient = final.back(dy, into);
      for (const block of blocks.toReversed()) gradient = block.back(gradient, into);
      return embedded.back(gradient, into);
    },
  };
}

/**
 * As hiddenStates, without a way back: what a block needs is freed when the block is done.
 * @param eachLayer sees keys and values of every layer, [B, kvHeads, T, headWidth]; what it returns is kept
 * @returns hidden states [B * T, width]; the caller disposes them
 */
export function inferHidden(
  config: ModelConfig,
  weights: Weights,
  ids: tf.Tensor2D,
  tables: Tables,
  eachLayer: (keys: tf.Tensor, values: tf.Tensor) => tf.Tensor[] = () => [],
): tf.Tensor2D {
  let x = tf.tidy(() => embed(weights, ids, tables.positions).y);
  for (let i = 0; i < config.layers; i++) {
    const before = x;
    const [after] = tf.tidy(() => {
      const attended = attentionBlock(config, weights, i, before, tables);
      return [mlpBlock(config, weights, i, attended.y).y, ...eachLayer(attended.keys, attended.values)];
    });
    before.dispose();
    x = after;
  }
  const hidden = tf.tidy(() => normPass(config, weights, "norm", x).y);
  x.dispose();
  return hidden;
}

/**
 * @param hidden [N, width] after the final norm
 * @returns y: logits [N, V]
 */
export function head(weights: Weights, hidden: tf.Tensor): Pass {
  const own = weights.get("head");
  if (own) return linearPass(weights, "head", hidden);
  const table = need(weights, "embed");
  return {
    y: tf.matMul<tf.Tensor2D>(hidden, table, false, true),
    back(dy, into) {
      into.add("embed", tf.matMul(dy, hidden, true, false));
      return tf.matMul(dy, table);
    },
  };
}
