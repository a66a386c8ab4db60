// y = x W (+ b) with its backward pass. Weights are [in, out], so the forward product needs no transposition.
import * as tf from "../tf.ts";
import { columnSums } from "./column-sums.ts";
import { engineKernel } from "./engine-kernel.ts";

export interface LinearGradients {
  readonly dx: tf.Tensor;
  readonly dWeight: tf.Tensor;
  readonly dBias: tf.Tensor | undefined;
}

export interface Linear {
  readonly y: tf.Tensor;
  /** @param plus added to dx: what x gets from elsewhere */
  readonly back: (dy: tf.Tensor, plus?: tf.Tensor) => LinearGradients;
}

/**
 * @param x      [N, in] float32
 * @param weight [in, out]
 * @param bias   [out]
 * @param plus   [N, out], a residual that is added too; its gradient is dy
 * @returns y [N, out]; all tensors belong to the caller's tidy
 */
export function linear(x: tf.Tensor, weight: tf.Tensor, bias?: tf.Tensor, plus?: tf.Tensor): Linear {
  return { y: product(x, weight, bias, plus), back: (dy, more) => linearGradients(x, weight, bias, dy, more) };
}

function product(x: tf.Tensor, weight: tf.Tensor, bias?: tf.Tensor, plus?: tf.Tensor): tf.Tensor {
  if (!bias && !plus) return tf.matMul(x, weight);
  const own = engineKernel("Product", { x, weight, bias, plus }, { transposeWeight: false });
  if (own) return own[0];
  const biased = bias
    ? (engineKernel("Linear", { x, weight, bias }, {})?.[0] ?? tf.add(tf.matMul(x, weight), bias))
    : tf.matMul(x, weight);
  return plus ? tf.add(plus, biased) : biased;
}

/** Of `linear`, from the gradient of y. */
export function linearGradients(
  x: tf.Tensor,
  weight: tf.Tensor,
  bias: tf.Tensor | undefined,
  dy: tf.Tensor,
  plus?: tf.Tensor,
): LinearGradients {
  const dx = plus && engineKernel("Product", { x: dy, weight, plus }, { transposeWeight: true })?.[0];
  const alone = () => tf.matMul(dy, weight, false, true);
  return {
    dx: dx ?? (plus ? tf.add(plus, alone()) : alone()),
    dWeight: tf.matMul(x, dy, true, false),
    dBias: bias && columnSums(dy),
  };
}
