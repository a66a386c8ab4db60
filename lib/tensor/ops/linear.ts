// y = x W (+ b) with its backward pass. Weights are [in, out], so the forward product needs no transposition.
import * as tf from "../tf.ts";
import { columnSums } from "./column-sums.ts";
import { engineKernel } from "./engine-kernel.ts";
import type { WithBack } from "./with-back.ts";

export interface LinearGradients {
  readonly dx: tf.Tensor;
  readonly dWeight: tf.Tensor;
  readonly dBias: tf.Tensor | undefined;
}

/**
 * @param x      [N, in] float32
 * @param weight [in, out]
 * @param bias   [out]
 * @returns y [N, out]; all tensors belong to the caller's tidy
 */
export function linear(x: tf.Tensor, weight: tf.Tensor, bias?: tf.Tensor): WithBack<LinearGradients> {
  const product = () => tf.matMul(x, weight);
  return {
    y: bias ? (engineKernel("Linear", { x, weight, bias }, {})?.[0] ?? tf.add(product(), bias)) : product(),
    back: (dy) => ({
      dx: tf.matMul(dy, weight, false, true),
      dWeight: tf.matMul(x, dy, true, false),
      dBias: bias && columnSums(dy),
    }),
  };
}
