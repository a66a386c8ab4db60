// The nonlinear part of the feed-forward block, with backward passes: SwiGLU on gate|up side by side, GPT-2's tanh gelu, and what else
// config.json may name. Sources: Shazeer 2020 (SwiGLU); Hendrycks and Gimpel 2016, exact and the tanh approximation ("gelu_new").
import * as tf from "../tf.ts";
import { engineKernel, runKernel } from "./engine-kernel.ts";
import type { WithBack } from "./with-back.ts";

/** "gelu" is the exact one (with erf), "gelu_tanh" GPT-2's approximation. */
export type Activation = "silu" | "gelu" | "gelu_tanh" | "relu";

/** @param x [N, M], or [N, 2 M] with the gate first where the family is gated */
export function activate(x: tf.Tensor, activation: Activation, gated: boolean): WithBack<tf.Tensor> {
  const own = engineKernel("Activate", { x }, { activation, gated });
  if (own) return { y: own[0], back: (dy) => runKernel("ActivateGradient", { x, dy }, { activation, gated })[0] };
  if (!gated) return PLAIN[activation](x);
  const [gate, up] = tf.split(x, 2, -1) as [tf.Tensor, tf.Tensor];
  const open = PLAIN[activation](gate);
  return {
    y: tf.mul(open.y, up),
    back: (dy) => tf.concat([open.back(tf.mul(dy, up)), tf.mul(dy, open.y)], -1),
  };
}

const GELU_SCALE = Math.sqrt(2 / Math.PI);
const GELU_CUBIC = 0.044715;
/** From x = 16 on tanh is 1 to the last bit. */
const FAR_SQUARE = 256;

/** @param x [N, M] */
function gelu(x: tf.Tensor): WithBack<tf.Tensor> {
  const square = tf.square(x);
  const inner = tf.mul(x, tf.add(tf.mul(square, GELU_SCALE * GELU_CUBIC), GELU_SCALE));
  const tanh = tf.tanh(inner);
  const half = tf.mul(tf.add(tanh, 1), 0.5);
  return {
    y: tf.mul(x, half),
    back(dy) {
      // Far out the other factor is 0, and a square of 1e20 would be infinite.
      const near = tf.minimum(square, FAR_SQUARE);
      const halfDInner = tf.add(tf.mul(near, 1.5 * GELU_SCALE * GELU_CUBIC), 0.5 * GELU_SCALE);
      const dTanh = tf.sub(1, tf.square(tanh));
      return tf.mul(dy, tf.add(half, tf.mul(x, tf.mul(dTanh, halfDInner))));
    },
  };
}

/** x times the normal distribution function of x. */
function exactGelu(x: tf.Tensor): WithBack<tf.Tensor> {
  const below = tf.mul(tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1), 0.5);
  return {
    y: tf.mul(x, below),
    back(dy) {
      const density = tf.mul(tf.exp(tf.mul(tf.square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
      return tf.mul(dy, tf.add(below, tf.mul(x, density)));
    },
  };
}

function silu(x: tf.Tensor): WithBack<tf.Tensor> {
  const sigmoid = tf.sigmoid(x);
  const y = tf.mul(x, sigmoid);
  // Not as y + sigmoid (1 - y): where y is large, 1 would be lost in it.
  return { y, back: (dy) => tf.mul(dy, tf.add(sigmoid, tf.mul(y, tf.sub(1, sigmoid)))) };
}

function relu(x: tf.Tensor): WithBack<tf.Tensor> {
  return { y: tf.relu(x), back: (dy) => tf.mul(dy, tf.cast(tf.greater(x, 0), "float32")) };
}

const PLAIN: Readonly<Record<Activation, (x: tf.Tensor) => WithBack<tf.Tensor>>> = {
  silu,
  gelu: exactGelu,
  gelu_tanh: gelu,
  relu,
};
