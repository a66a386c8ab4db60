// Attention of one new token for each row of a cache of keys and values, which the token's own are written into where it lies. Slots behind a row's position are masked, whatever
// stands in them. Words: S = slots, R = rows.
import * as tf from "../tf.ts";
import { MASKED } from "./attention.ts";
import type { HeadCounts } from "./attention.ts";
import { engineKernel } from "./engine-kernel.ts";
import { writeRows } from "./write-rows.ts";

/** One layer's, [R, kvHeads, S, headWidth] each. */
export interface KeysAndValues {
  readonly keys: tf.Tensor;
  readonly values: tf.Tensor;
}

/** What is new beside them: y [R, heads * headWidth]. The tables are the same data under new handles. */
export type Attended = KeysAndValues & { readonly y: tf.Tensor };

/**
 * What a step's layers have in common, made once.
 * @param positions [R] int32, where each row's token stands
 * @returns attends for one layer; `qkv` [R, 1, (heads + 2 kvHeads) * headWidth] rotated and scaled, `window` tokens that may be looked at, the new one included; default: all before it.
 *   Tensors of the caller's tidy.
 */
export function cachedAttention(
  counts: HeadCounts,
  S: number,
  positions: tf.Tensor1D,
): (qkv: tf.Tensor, cache: KeysAndValues, window?: number) => Attended {
  const { heads, kvHeads, headWidth } = counts;
  const [R] = positions.shape;
  let composed: ReturnType<typeof sharedTables> | undefined;
  return (qkv, cache, window) => {
    const inputs = { qkv, keys: cache.keys, values: cache.values, positions };
    const own = engineKernel("CachedAttention", inputs, { ...counts, window });
    if (own) return { y: own[0], keys: own[1], values: own[2] };
    const { maskOf, places } = (composed ??= sharedTables(counts, S, positions));
    const written = (table: tf.Tensor, rows: tf.Tensor) => {
      const flat = tf.reshape<tf.Rank.R2>(table, [R * kvHeads * S, headWidth]);
      return tf.reshape(writeRows(flat, places, tf.reshape(rows, [R * kvHeads, headWidth])), table.shape);
    };
    const byHead = tf.reshape(qkv, [R, heads + 2 * kvHeads, 1, headWidth]);
    const [query, key, value] = tf.split(byHead, [heads, kvHeads, kvHeads], 1) as [tf.Tensor, tf.Tensor, tf.Tensor];
    const [keys, values] = [written(cache.keys, key), written(cache.values, value)];
    const scores = tf.matMul(tf.reshape(query, [R, kvHeads, heads / kvHeads, headWidth]), keys, false, true);
    const mixed = tf.matMul(tf.softmax(tf.add(scores, maskOf(window))), values);
    return { y: tf.reshape(mixed, [R, heads * headWidth]), keys, values };
  };
}

function sharedTables({ kvHeads }: HeadCounts, S: number, positions: tf.Tensor1D) {
  const [R] = positions.shape;
  const slots = tf.reshape(tf.range(0, S), [1, S]);
  const at = tf.expandDims(tf.cast(positions, "float32"), 1);
  const later = tf.greater(slots, at);
  const masks = new Map<number | undefined, tf.Tensor>();
  const maskOf = (window: number | undefined): tf.Tensor => {
    const known = masks.get(window);
    if (known) return known;
    const hidden = window === undefined ? later : tf.logicalOr(later, tf.lessEqual(slots, tf.sub(at, window)));
    const mask = tf.reshape(tf.mul(tf.cast(hidden, "float32"), MASKED), [R, 1, 1, S]);
    masks.set(window, mask);
    return mask;
  };
  // A cache as a table of R * kvHeads * S rows: where this token's go.
  const starts = tf.mul(tf.range(0, R * kvHeads, 1, "int32"), tf.scalar(S, "int32"));
  const perHead = kvHeads === 1 ? positions : tf.tile(tf.expandDims(positions, 1), [1, kvHeads]);
  const places = tf.add<tf.Tensor1D>(starts, tf.reshape(perHead, [R * kvHeads]));
  return { maskOf, places };
}
