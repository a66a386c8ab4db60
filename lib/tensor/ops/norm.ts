// Root-mean-square norm and layer norm over the last axis, with their backward passes.
// Sources: Zhang and Sennrich 2019 (RMSNorm); Ba, Kiros and Hinton 2016 (layer norm).
import * as tf from "../tf.ts";
import { engineKernel, runKernel } from "./engine-kernel.ts";
import { columnSums } from "./column-sums.ts";

export interface NormGradients {
  readonly dx: tf.Tensor;
  readonly dWeight: tf.Tensor;
  readonly dBias: tf.Tensor | undefined;
}

/**
 * @param x      [N, D] float32
 * @param weight [D]
 * @param bias   [D]: with it the mean is removed first (layer norm), without it not (RMS norm)
 * @returns y [N, D], and the way back, where `plus` is added to dx: what x gets from elsewhere; all tensors belong to the caller's tidy
 */
export function norm(
  x: tf.Tensor,
  weight: tf.Tensor,
  bias: tf.Tensor | undefined,
  epsilon: number,
): { readonly y: tf.Tensor; readonly back: (dy: tf.Tensor, plus?: tf.Tensor) => NormGradients } {
  const isCentred = bias !== undefined;
  const own = engineKernel("RowNorm", { x, weight, bias }, { epsilon, centred: isCentred });
  if (own) {
    const [y, stats] = own;
    return {
      y,
      back(dy, plus) {
        const given = { dy, x, weight, stats, plus };
        const [dx, dWeight, dBias] = runKernel("RowNormGradient", given, { centred: isCentred });
        return { dx, dWeight, dBias };
      },
    };
  }
  // Means of rows as products with a column: a third of the time that TensorFlow's Mean takes, and on the way back one pass over the rows less.
  const D = weight.size;
  const means = (t: tf.Tensor) => tf.matMul(t, tf.div(tf.ones([D, 1]), D));
  const centred = bias ? tf.sub(x, means(x)) : x;
  const scale = tf.rsqrt(tf.add(means(tf.square(centred)), epsilon));
  const unit = tf.mul(centred, scale);
  const scaled = tf.mul(unit, weight);
  return {
    y: bias ? tf.add(scaled, bias) : scaled,
    back(dy, plus) {
      const pulled = tf.mul(dy, unit);
      const along = tf.matMul(pulled, tf.reshape(tf.div(weight, D), [D, 1]));
      const dCentred = tf.mul(tf.sub(tf.mul(dy, weight), tf.mul(unit, along)), scale);
      const dx = bias ? tf.sub(dCentred, means(dCentred)) : dCentred;
      return {
        dx: plus ? tf.add(plus, dx) : dx,
        dWeight: columnSums(pulled),
        dBias: bias && columnSums(dy),
      };
    },
  };
}
