// The decoder itself: fused weights and token ids in, hidden states and logits out, and all the way back to the gradient of every weight.
// The backward pass is written out instead of recorded: tfjs's tape adds an Identity call per saved tensor and bookkeeping per operation,
// 1,800 calls a step where about 100 a layer do. Forward uses plain tf operations, so tf.grads works on it too (the tests compare both).
// Words: N = B * T rows. Sequences are padded on the right; causality alone then keeps padding out of every real position.
import { after } from "../tensor/ops/after.ts";
import { attention, causalMask } from "../tensor/ops/attention.ts";
import { embedding } from "../tensor/ops/embedding.ts";
import { linearActivate } from "../tensor/ops/linear-activate.ts";
import { linear } from "../tensor/ops/linear.ts";
import type { Linear } from "../tensor/ops/linear.ts";
import { norm } from "../tensor/ops/norm.ts";
import { rotary } from "../tensor/ops/rotary.ts";
import type { Rotation } from "../tensor/ops/rotary.ts";
import * as tf from "../tensor/tf.ts";
import type { ModelConfig } from "./config.ts";
import { familyOf } from "./families.ts";
import type { Weights } from "./parameters.ts";
import { rotationOf } from "./rotary.ts";
import type { RotaryTables } from "./rotary.ts";

/** What depends on the sequences' length and layout alone; made in a few operations for each pass. */
export interface Tables {
  readonly T: number;
  readonly rotation: Rotation;
  readonly mask: tf.Tensor;
  /** For layers with a window. */
  readonly windowMask: tf.Tensor | undefined;
  /** int32: [T] 0, 1, … in every row, or [B * T] where sequences are packed. */
  readonly positions: tf.Tensor1D;
}

/** Several sequences in one row, [B, T] int32 each: which sequence a token belongs to, and its position in it. */
export interface Packing {
  readonly sequences: tf.Tensor2D;
  readonly positions: tf.Tensor2D;
}

/**
 * @param rotaries of T positions or more
 * @returns tables for rows of T tokens; tensors of the caller's tidy
 */
export function tablesOf(config: ModelConfig, rotaries: RotaryTables, T: number, packing?: Packing): Tables {
  const sequences = packing?.sequences;
  const windowMask = config.window ? causalMask(T, config, { window: config.window.tokens, sequences }) : undefined;
  const mask = causalMask(T, config, { sequences });
  if (!packing) {
    const positions = tf.range(0, T, 1, "int32");
    const rotation = rotationOf(config, rotaries, (table) => tf.slice(table, [0, 0], [T, -1]));
    return { T, rotation, positions, mask, windowMask };
  }
  const positions = tf.reshape<tf.Rank.R1>(packing.positions, [-1]);
  const flat = rotationOf(config, rotaries, (table) => tf.gather(table, positions));
  return { T, rotation: inRows(flat, T), positions, mask, windowMask };
}

/** @returns tables of [B * T, columns] as [B, T, columns]; those of one row stay */
export function inRows(rotation: Rotation, T: number): Rotation {
  const { cos, sin, parts } = rotation;
  if (!sin) return rotation;
  const shape = [-1, T, cos.shape[1] as number];
  return { cos: tf.reshape(cos, shape), sin: tf.reshape(sin, shape), parts };
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
  /** Takes the gradient of y, fills `into`, returns the gradient of the input (none for ids), with `plus`, what the input gets from elsewhere, added. */
  readonly back: (dy: tf.Tensor, into: Gradients, plus?: tf.Tensor) => tf.Tensor;
}

const need = (weights: Weights, name: string) => weights.get(name) as tf.Tensor;

/** An operation with a weight and perhaps a bias, by the name of its weight. */
const named = (name: string, { y, back }: Linear): Pass => ({
  y: y as tf.Tensor2D,
  back(dy, into, plus) {
    const { dx, dWeight, dBias } = back(dy, plus);
    into.add(name, dWeight);
    into.add(`${name}Bias`, dBias);
    return dx;
  },
});

/** One norm, by the name of its weight. */
export const normPass = (config: ModelConfig, weights: Weights, name: string, x: tf.Tensor): Pass =>
  named(name, norm(x, need(weights, name), weights.get(`${name}Bias`), config.normEpsilon));

const linearPass = (weights: Weights, name: string, x: tf.Tensor, plus?: tf.Tensor): Pass =>
  named(name, linear(x, need(weights, name), weights.get(`${name}Bias`), plus));

/** @returns hidden states after the embedding, [N, width] */
export function embed(weights: Weights, ids: tf.Tensor2D, positions: tf.Tensor1D): Pass {
  const [B, T] = ids.shape;
  const tokens = embedding(need(weights, "embed"), tf.reshape(ids, [B * T]));
  const places = weights.get("positions");
  if (!places) return { y: tokens.y as tf.Tensor2D, back: (dy, into) => (into.add("embed", tokens.back(dy)), dy) };
  const learned = embedding(places, positions);
  const width = places.shape[1] as number;
  // One row of positions for all sequences is added to each of them.
  const rows = [-1, positions.shape[0], width];
  return {
    y: tf.reshape(tf.add(tf.reshape(tokens.y, rows), learned.y), [B * T, width]),
    back(dy, into) {
      into.add("embed", tokens.back(dy));
      into.add("positions", learned.back(tf.sum(tf.reshape(dy, rows), 0)));
      return dy;
    },
  };
}

/** RMS norm of queries and keys, of each head or of all together; values pass. */
function qkNormPass(config: ModelConfig, weights: Weights, i: number, x: tf.Tensor): Pass {
  const { heads, kvHeads, headWidth, normEpsilon } = config;
  const widths = [heads * headWidth, kvHeads * headWidth, kvHeads * headWidth] as const;
  const byHead = familyOf(config).qkNorm === "head";
  const [queries, keys, values] = tf.split(x, [...widths], 1) as [tf.Tensor, tf.Tensor, tf.Tensor];
  const normed = (t: tf.Tensor, name: string, width: number) => {
    const { y, back } = norm(byHead ? tf.reshape(t, [-1, headWidth]) : t, need(weights, name), undefined, normEpsilon);
    return {
      y: tf.reshape(y, [-1, width]),
      back(dy: tf.Tensor, into: Gradients) {
        const { dx, dWeight } = back(byHead ? tf.reshape(dy, [-1, headWidth]) : dy);
        into.add(name, dWeight);
        return tf.reshape(dx, [-1, width]);
      },
    };
  };
  const query = normed(queries, `${i}.queryNorm`, widths[0]);
  const key = normed(keys, `${i}.keyNorm`, widths[1]);
  return {
    y: tf.concat([query.y, key.y, values], 1) as tf.Tensor2D,
    back(dy, into) {
      const [dQuery, dKey, dValue] = tf.split(dy, [...widths], 1) as [tf.Tensor, tf.Tensor, tf.Tensor];
      return tf.concat([query.back(dQuery, into), key.back(dKey, into), dValue], 1);
    },
  };
}

/** The scores of layer i are divided by i + 1, by way of its queries. */
function rotationOfLayer(
  { scoresByLayer, heads, kvHeads, headWidth }: ModelConfig,
  i: number,
  rotation: Rotation,
): Rotation {
  if (!scoresByLayer) return rotation;
  const queries = tf.mul(tf.ones([1, heads * headWidth]), 1 / (i + 1));
  const row = tf.concat([queries, tf.ones([1, 2 * kvHeads * headWidth])], 1);
  return { ...rotation, cos: tf.mul(rotation.cos, row), sin: rotation.sin && tf.mul(rotation.sin, row) };
}

/**
 * Queries, keys and values of block `i`, turned and scaled.
 * @param x [N, width]
 * @param T rows of a sequence: N = B * T
 * @returns y [B, T, (heads + 2 kvHeads) * headWidth]
 */
export function queriesKeysValues(
  config: ModelConfig,
  weights: Weights,
  i: number,
  x: tf.Tensor,
  rotation: Rotation,
  T: number,
): { readonly y: tf.Tensor; readonly back: Pass["back"] } {
  const { normsBehind, qkNorm } = familyOf(config);
  const first = normsBehind ? undefined : normPass(config, weights, `${i}.attnNorm`, x);
  const qkv = linearPass(weights, `${i}.qkv`, first?.y ?? x);
  const normed = qkNorm === "none" ? undefined : qkNormPass(config, weights, i, qkv.y);
  const columns = qkv.y.shape[1];
  const turned = rotary(tf.reshape(normed?.y ?? qkv.y, [-1, T, columns]), rotationOfLayer(config, i, rotation));
  return {
    y: turned.y,
    back(dy, into, plus) {
      const dTurned = tf.reshape(turned.back(dy), [-1, columns]);
      const dQkv = normed ? normed.back(dTurned, into) : dTurned;
      return first ? first.back(qkv.back(dQkv, into), into, plus) : qkv.back(dQkv, into, plus);
    },
  };
}

/** From mixed values to the residual stream `x` with what attention adds to it; the way back is to the mixed values. */
export function attentionOut(config: ModelConfig, weights: Weights, i: number, mixed: tf.Tensor, x: tf.Tensor): Pass {
  if (!familyOf(config).normsBehind) return linearPass(weights, `${i}.out`, mixed, x);
  const out = linearPass(weights, `${i}.out`, mixed);
  return normedBehind(config, weights, `${i}.attnNorm`, out, x);
}

/** `x` and, normed, what a pass gives. */
function normedBehind(config: ModelConfig, weights: Weights, name: string, first: Pass, x: tf.Tensor): Pass {
  const then = normPass(config, weights, name, first.y);
  return {
    y: tf.add<tf.Tensor2D>(x, then.y),
    back: (dy, into, plus) => first.back(then.back(dy, into), into, plus),
  };
}

/** The residual stream behind attention block `i`. */
function attentionPass(config: ModelConfig, weights: Weights, i: number, x: tf.Tensor2D, tables: Tables) {
  const { windowMask, mask, rotation, T } = tables;
  const qkv = queriesKeysValues(config, weights, i, x, rotation, T);
  const mixed = attention(qkv.y, windowMask && config.window?.layers.includes(i) ? windowMask : mask, config);
  const out = attentionOut(config, weights, i, mixed.y, x);
  return {
    y: out.y,
    back: (dy: tf.Tensor, into: Gradients, plus?: tf.Tensor) => qkv.back(mixed.back(out.back(dy, into)), into, plus),
    keysAndValues: mixed.keysAndValues,
  };
}

/** `stream` with what feed-forward block `i` makes of x. */
function mlpPass(config: ModelConfig, weights: Weights, i: number, x: tf.Tensor2D, stream: tf.Tensor2D): Pass {
  const { gated, normsBehind } = familyOf(config);
  const first = normsBehind ? undefined : normPass(config, weights, `${i}.mlpNorm`, x);
  const [weight, bias] = [need(weights, `${i}.up`), weights.get(`${i}.upBias`)];
  const up = named(`${i}.up`, linearActivate(first?.y ?? x, weight, bias, config.activation, gated));
  const down = linearPass(weights, `${i}.down`, up.y, normsBehind ? undefined : stream);
  const last = normsBehind ? normedBehind(config, weights, `${i}.mlpNorm`, down, stream) : down;
  return {
    y: last.y,
    back(dy, into, plus) {
      const dUp = last.back(dy, into);
      return first ? first.back(up.back(dUp, into), into, plus) : up.back(dUp, into, plus);
    },
  };
}

/**
 * Block `i` behind its attention, for whoever computes attention in another way.
 * @param x        the residual stream before the block
 * @param attended the stream with what attention adds
 */
export function withMlp(config: ModelConfig, weights: Weights, i: number, x: tf.Tensor2D, attended: Pass): Pass {
  const { parallel } = config;
  const mlp = mlpPass(config, weights, i, parallel ? x : attended.y, attended.y);
  return {
    y: mlp.y,
    back(dy, into) {
      if (parallel) return mlp.back(dy, into, attended.back(dy, into, dy));
      const dBetween = mlp.back(dy, into, dy);
      return attended.back(dBetween, into, dBetween);
    },
  };
}

function block(config: ModelConfig, weights: Weights, i: number, x: tf.Tensor2D, tables: Tables) {
  const attended = attentionPass(config, weights, i, x, tables);
  const { y, back } = withMlp(config, weights, i, x, attended);
  return { y, back, keysAndValues: attended.keysAndValues };
}

/** As `block`, which is computed again on the way back: between the two only its input is kept. */
function recomputedBlock(config: ModelConfig, weights: Weights, i: number, x: tf.Tensor2D, tables: Tables): Pass {
  return {
    y: tf.tidy(() => block(config, weights, i, x, tables).y),
    back(dy, into) {
      const own = new Gradients();
      const { dx, ...gradients } = tf.tidy((): Record<string, tf.Tensor> => {
        const gradient = block(config, weights, i, after(x, dy), tables).back(dy, own);
        return { ...Object.fromEntries(own.byName), dx: gradient };
      });
      for (const [name, gradient] of Object.entries(gradients)) into.add(name, gradient);
      return dx as tf.Tensor;
    },
  };
}

/**
 * Hidden states after the final norm.
 * @param ids       [B, T] int32, T = tables.T, padded on the right with any id
 * @param recompute computes each block twice and keeps less: memory for the way back grows by one [N, width] a layer
 * @returns y [B * T, width]; all tensors belong to the caller's tidy
 */
export function hiddenStates(
  config: ModelConfig,
  weights: Weights,
  ids: tf.Tensor2D,
  tables: Tables,
  recompute = false,
): Pass {
  const embedded = embed(weights, ids, tables.positions);
  const blocks: Pass[] = [];
  let x = embedded.y;
  for (let i = 0; i < config.layers; i++) {
    const pass = (recompute ? recomputedBlock : block)(config, weights, i, x, tables);
    blocks.push(pass);
    x = pass.y;
  }
  const final = normPass(config, weights, "norm", x);
  return {
    y: final.y,
    back(dy, into) {
      let gradient = final.back(dy, into);
      for (const pass of blocks.toReversed()) gradient = pass.back(gradient, into);
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
  eachLayer?: (keys: tf.Tensor, values: tf.Tensor) => tf.Tensor[],
): tf.Tensor2D {
  let x = tf.tidy(() => embed(weights, ids, tables.positions).y);
  for (let i = 0; i < config.layers; i++) {
    const before = x;
    const [after] = tf.tidy(() => {
      const { y, keysAndValues } = block(config, weights, i, before, tables);
      return [y, ...(eachLayer?.(...keysAndValues()) ?? [])];
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
