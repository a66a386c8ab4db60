// Rotary positions on query|key|value heads side by side, in one pass: y = x C + swap(x) S, where swap exchanges the halves of each head and S has the sign.
// (A product with a swapping matrix took 1.7 to 4.5 times as long.) What C and S hold is the caller's: see model/rotary.ts, which puts the scaling of scores into them too.
// Source: Su et al. 2021, in the half-split layout of transformers' Llama ("rotate_half"). Where only the first columns of a head turn (GPT-NeoX),
// the others have C = 1 and S = 0.
import * as tf from "../tf.ts";
import { engineKernel, runKernel } from "./engine-kernel.ts";
import type { WithBack } from "./with-back.ts";

/** C and S for some rows, [rows or 1, all heads * head width]; or with the rows in two dimensions, as x has them. */
export interface Rotation {
  readonly cos: tf.Tensor;
  readonly sin: tf.Tensor | undefined;
  /** Of a head's columns: the two halves that change places, and what stays. */
  readonly parts: readonly [number, number, number];
}

/**
 * @param x        [B, T, all heads * head width]
 * @param rotation its tables broadcast against x
 * @returns y as x
 */
export function rotary(x: tf.Tensor, { cos, sin, parts }: Rotation): WithBack<tf.Tensor> {
  if (!sin) return { y: tf.mul(x, cos), back: (dy) => tf.mul(dy, cos) };
  const own = engineKernel("Rotate", { x, cos, sin }, { parts, back: false });
  if (own) return { y: own[0], back: (dy) => runKernel("Rotate", { x: dy, cos, sin }, { parts, back: true })[0] };
  const sizes = parts.filter((size) => size > 0);
  const headWidth = sizes.reduce((sum, size) => sum + size, 0);
  const swap = (t: tf.Tensor) => {
    const [first, second, ...rest] = tf.split(tf.reshape(t, [-1, headWidth]), sizes, 1) as [tf.Tensor, tf.Tensor];
    return tf.reshape(tf.concat([second, first, ...rest], 1), t.shape);
  };
  return {
    y: tf.add(tf.mul(x, cos), tf.mul(swap(x), sin)),
    back: (dy) => tf.add(tf.mul(dy, cos), swap(tf.mul(dy, sin))),
  };
}
