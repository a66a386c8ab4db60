// Causal attention on query|key|value heads, with its backward pass. Query heads that share a key/value head are stacked along the
// time axis, so that grouped-query attention repeats nothing.
import * as tf from "../tf.ts";
import { after } from "./after.ts";
import { engineKernel, runKernel } from "./engine-kernel.ts";
import type { WithBack } from "./with-back.ts";

export interface HeadCounts {
  readonly heads: number;
  readonly kvHeads: number;
  readonly headWidth: number;
}

/**
 * Added to a score that must not count; exp gives exactly 0. So far down that a model that has lost its way (scores of 1e15) still cannot look ahead, and so that sums over a vocabulary
 * stay finite.
 */
export const MASKED = -1e30;

/**
 * @param window    tokens that a query may look at, itself included; default: all before it
 * @param sequences [B, T] int32, which of several sequences in a row a token belongs to; none may look into another
 * @returns [heads / kvHeads * T, T] float32, or [B, 1, …] with `sequences`: 0 where a query may look, MASKED where not; of the caller's tidy
 */
export function causalMask(
  T: number,
  { heads, kvHeads }: HeadCounts,
  { window, sequences }: { readonly window?: number | undefined; readonly sequences?: tf.Tensor2D | undefined } = {},
): tf.Tensor {
  const places = tf.range(0, T, 1, "int32");
  const [key, query] = [tf.expandDims(places, 0), tf.expandDims(places, 1)];
  let hidden: tf.Tensor = tf.greater(key, query);
  if (window !== undefined) hidden = tf.logicalOr(hidden, tf.lessEqual(key, tf.sub(query, window)));
  if (sequences) {
    const [B] = sequences.shape;
    const other = tf.notEqual(tf.reshape(sequences, [B, 1, 1, T]), tf.reshape(sequences, [B, 1, T, 1]));
    hidden = tf.logicalOr(hidden, other);
  }
  const mask = tf.mul(tf.cast(hidden, "float32"), MASKED);
  const shared = heads / kvHeads;
  if (shared === 1) return mask;
  return tf.tile(mask, sequences ? [1, 1, shared, 1] : [shared, 1]);
}

export interface AttentionForward extends WithBack<tf.Tensor> {
  /** [B, kvHeads, T, headWidth] each, for a cache; of the tidy of whoever asks. */
  readonly keysAndValues: () => readonly [keys: tf.Tensor, values: tf.Tensor];
}

/**
 * The probabilities, [T, T] for each head, are kept for the way back only while they are smaller than the queries, keys, values and results that are kept anyway: up to T = 4 headWidth.
 * Beyond it they are computed again by the very same operations, so no number depends on it: memory then grows with T instead of its square. (A captured step of 4 layers x 64 on
 * 4 x 512 tokens: 85 MiB instead of 133. Computing again is 2 to 5 % of a step's processor time at 16 x 128 tokens, where it would save 4 %.)
 * @param qkv  [B, T, (heads + 2 kvHeads) * headWidth], rotated and scaled
 * @param mask [heads / kvHeads * T, T] or [B, 1, heads / kvHeads * T, T]; see causalMask
 * @returns y [B * T, heads * headWidth]
 */
export function attention(qkv: tf.Tensor, mask: tf.Tensor, counts: HeadCounts): AttentionForward {
  const { heads, kvHeads, headWidth } = counts;
  const [B, T] = qkv.shape as [number, number];
  const all = heads + 2 * kvHeads;
  const apart = () =>
    tf.tidy<[tf.Tensor, tf.Tensor, tf.Tensor]>(() => {
      const byHead = tf.transpose(tf.reshape(qkv, [B, T, all, headWidth]), [0, 2, 1, 3]);
      const [first, k, v] = tf.split(byHead, [heads, kvHeads, kvHeads], 1) as [tf.Tensor, tf.Tensor, tf.Tensor];
      return [tf.reshape(first, [B, kvHeads, (heads / kvHeads) * T, headWidth]), k, v];
    });
  const own = engineKernel("Attention", { qkv, mask }, counts);
  if (own) {
    const [y, totals] = own;
    return {
      y,
      back: (dy) => runKernel("AttentionGradient", { qkv, mask, y, totals, dy }, counts)[0],
      keysAndValues: () => apart().slice(1) as [tf.Tensor, tf.Tensor],
    };
  }
  const [queries, keys, values] = apart();
  const sharesOf = (of: tf.Tensor) => tf.tidy(() => tf.softmax(tf.add(tf.matMul(of, keys, false, true), mask)));
  const kept = T <= 4 * headWidth ? sharesOf(queries) : undefined;
  const y = tf.tidy(() => {
    const mixed = tf.reshape(tf.matMul(kept ?? sharesOf(queries), values), [B, heads, T, headWidth]);
    return tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [B * T, heads * headWidth]);
  });
  return {
    y,
    back: (dy) =>
      tf.tidy(() => {
        const shares = kept ?? sharesOf(after(queries, dy));
        const dMixed = tf.reshape(tf.transpose(tf.reshape(dy, [B, T, heads, headWidth]), [0, 2, 1, 3]), queries.shape);
        const dScores = tf.tidy(() => {
          // What a query's shares have in common, sum of shares * dShares, is y * dy: no pass over [T, T].
          const pull = tf.sum(tf.reshape(tf.mul(dy, y), [B, T, heads, headWidth]), -1);
          const common = tf.reshape(tf.transpose(pull, [0, 2, 1]), [B, kvHeads, (heads / kvHeads) * T, 1]);
          return tf.mul(tf.sub(tf.matMul(dMixed, values, false, true), common), shares);
        });
        const dByHead = tf.concat(
          [
            tf.reshape(tf.matMul(dScores, keys), [B, heads, T, headWidth]),
            tf.matMul(dScores, queries, true, false),
            tf.matMul(shares, dMixed, true, false),
          ],
          1,
        );
        return tf.reshape(tf.transpose(dByHead, [0, 2, 1, 3]), [B, T, all * headWidth]);
      }),
    keysAndValues: () => [keys, values],
  };
}
