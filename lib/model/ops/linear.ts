// y = x W (+ b) with its backward pass. Weights are [in, out], so the forward product needs no transposition.
import * as tf from "../../tensor/tf.ts";

/** A forward result with the way back: `back` takes the gradient of `y` and gives the gradients of what went in. */
export interface WithBack<Gradients> {
  readonly y: tf.Tensor;
  readonly back: (dy: tf.Tensor) => Gradients;
}

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
  const product = tf.matMul(x, weight);
  return {
    y: bias ? tf.add(product, bias) : product,
    back: (dy) => ({
      dx: tf.matMul(dy, weight, false, true),
      dWeight: tf.matMul(x, dy, true, false),
      dBias: bias && tf.sum(dy, 0),
    }),
  };
}
