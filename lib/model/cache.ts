// Decoding with a cache of keys and values: prompts are read once, then every new token costs one row.
// Every row has its own slots: its token at position p lies in slot p, whatever the length of its batch mates; slots not yet reached are masked,
// whatever stands in them. Words: S = slots, R = rows being decoded. All shapes are fixed for a batch, the position is data: a step can be replayed.
import { cachedAttention } from "../tensor/ops/cached-attention.ts";
import { writeRows } from "../tensor/ops/write-rows.ts";
import * as tf from "../tensor/tf.ts";
import type { ModelConfig } from "./config.ts";
import {
  attentionOut,
  embed,
  head,
  inferHidden,
  inRows,
  normPass,
  queriesKeysValues,
  tablesOf,
  withMlp,
} from "./decoder.ts";
import { rotationOf } from "./rotary.ts";
import type { RotaryTables } from "./rotary.ts";
import type { Weights } from "./parameters.ts";

export interface Cache {
  readonly S: number;
  /** Per layer, [R, kvHeads, S, headWidth] */
  readonly keys: readonly tf.Tensor[];
  readonly values: readonly tf.Tensor[];
}

/**
 * Reads prompts.
 * @param rotaries of T positions or more
 * @param ids      [U, T] int32, prompts padded on the right with any id
 * @param last     [U] int32, where each prompt's last token stands among the U * T
 * @param S        slots to make, at least T
 * @returns logits [U, V] after the last token of each prompt, and the cache of U rows; the caller disposes both
 */
export function prefill(
  config: ModelConfig,
  weights: Weights,
  rotaries: RotaryTables,
  ids: tf.Tensor2D,
  last: tf.Tensor1D,
  S: number,
): { readonly logits: tf.Tensor2D; readonly cache: Cache } {
  const [, T] = ids.shape;
  const keys: tf.Tensor[] = [];
  const values: tf.Tensor[] = [];
  const logits = tf.tidy(() => {
    const slotted = (t: tf.Tensor) =>
      tf.keep(
        tf.pad(t, [
          [0, 0],
          [0, 0],
          [0, S - T],
          [0, 0],
        ]),
      );
    const hidden = inferHidden(config, weights, ids, tablesOf(config, rotaries, T), (k, v) => {
      keys.push(slotted(k));
      values.push(slotted(v));
      return [];
    });
    return head(weights, tf.gather(hidden, last)).y;
  });
  return { logits, cache: { S, keys, values } };
}

/**
 * One token for every row. Its keys and values are written into the cache where it lies.
 * @param rotaries  of S positions or more
 * @param tokens    [R] int32
 * @param positions [R] int32, where each token stands
 * @returns logits [R, V] for the token after it, and the cache with it; the tensors of `cache` are the same data and still the caller's to dispose
 */
export function decodeStep(
  config: ModelConfig,
  weights: Weights,
  cache: Cache,
  rotaries: RotaryTables,
  tokens: tf.Tensor1D,
  positions: tf.Tensor1D,
): { readonly logits: tf.Tensor2D; readonly cache: Cache } {
  const { S } = cache;
  const { window } = config;
  const rotation = inRows(
    rotationOf(config, rotaries, (table) => tf.gather(table, positions)),
    1,
  );

  const attend = cachedAttention(config, S, positions);
  const keys: tf.Tensor[] = [];
  const values: tf.Tensor[] = [];
  let x = embed(weights, tf.expandDims<tf.Tensor2D>(tokens, 1), positions).y;
  for (let i = 0; i < config.layers; i++) {
    const qkv = queriesKeysValues(config, weights, i, x, rotation, 1);
    const layer = { keys: cache.keys[i] as tf.Tensor, values: cache.values[i] as tf.Tensor };
    const mixed = attend(qkv.y, layer, window?.layers.includes(i) ? window.tokens : undefined);
    keys.push(mixed.keys);
    values.push(mixed.values);
    const attended = attentionOut(config, weights, i, mixed.y, x);
    x = withMlp(config, weights, i, x, attended).y;
  }
  const hidden = normPass(config, weights, "norm", x);
  return { logits: head(weights, hidden.y).y, cache: { S, keys, values } };
}

/** @returns the cache of rows chosen by index, with repetition; `cache` is still the caller's */
export function gatherRows(cache: Cache, rows: tf.Tensor1D): Cache {
  const pick = (t: tf.Tensor) => tf.gather(t, rows);
  return { S: cache.S, keys: cache.keys.map(pick), values: cache.values.map(pick) };
}

/**
 * Writes whole rows into a cache where it lies.
 * @param rows   as many as places, with as many slots
 * @param places of the cache, none twice
 * @returns the cache with them; what it was is gone, `rows` are still the caller's
 */
export function putRows(cache: Cache, rows: Cache, places: readonly number[]): Cache {
  const index = tf.tensor1d([...places], "int32");
  const put = (table: tf.Tensor, from: tf.Tensor) =>
    tf.tidy(() => {
      const [R, ...rest] = table.shape;
      const D = rest.reduce((product, size) => product * size, 1);
      const flat = writeRows(table.reshape([R, D]), index, from.reshape([places.length, D]));
      return flat.reshape(table.shape);
    });
  const keys = cache.keys.map((table, i) => put(table, rows.keys[i] as tf.Tensor));
  const values = cache.values.map((table, i) => put(table, rows.values[i] as tf.Tensor));
  tf.dispose([index, ...cache.keys, ...cache.values]);
  return { S: cache.S, keys, values };
}

export function disposeCache(cache: Cache): void {
  tf.dispose([...cache.keys, ...cache.values]);
}
