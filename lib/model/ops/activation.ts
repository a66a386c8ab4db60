// The nonlinear part of the feed-forward block, with backward passes: SwiGLU on gate|up side by side, and GPT-2's tanh gelu.
// Sources: Shazeer 2020 (SwiGLU); Hendrycks and Gimpel 2016, the tanh approximation as transformers' "gelu_new".
import * as tf from "../../tensor/tf.ts";
import type { WithBack } from "./linear.ts";

/**
 * @param x [N, 2 M]: gate, then up
 * @returns y [N, M] = silu(gate) * up
 */
export function swiglu(x: tf.Tensor): WithBack<tf.Tensor> {
  const [gate, up] = tf.split(x, 2, -1) as [tf.Tensor, tf.Tensor];
  const sigmoid = tf.sigmoid(gate);
  const silu = tf.mul(gate, sigmoid);
  return {
    y: tf.mul(silu, up),
    back(dy) {
      // silu' = sigmoid + silu (1 - sigmoid) = silu + sigmoid (1 - silu)
      const slope = tf.add(silu, tf.mul(sigmoid, tf.sub(1, silu)));
      return tf.concat([tf.mul(tf.mul(dy, up), slope), tf.mul(dy, silu)], -1);
    },
  };
}

const GELU_SCALE = Math.sqrt(2 / Math.PI);
const GELU_CUBIC = 0.044715;

/** @param x [N, M] */
export function gelu(x: tf.Tensor): WithBack<tf.Tensor> {
  const square = tf.square(x);
  const inner = tf.mul(tf.mul(x, tf.add(tf.mul(square, GELU_CUBIC), 1)), GELU_SCALE);
  const tanh = tf.tanh(inner);
  const half = tf.mul(tf.add(tanh, 1), 0.5);
  return {
    y: tf.mul(x, half),
    back(dy) {
      const dInner = tf.mul(tf.add(tf.mul(square, 3 * GELU_CUBIC), 1), GELU_SCALE);
      const dTanh = tf.sub(1, tf.square(tanh));
      return tf.mul(dy, tf.add(half, tf.mul(tf.mul(x, 0.5), tf.mul(dTanh, dInner))));
    },
  };
}
