// Global-norm clipping: a gradient longer than a limit is scaled down to it, whatever its direction. Source: Pascanu et al. 2013, as torch.nn.utils.clip_grad_norm_ (norm + 1e-6).
import * as tf from "../tf.ts";

export const CLIP_EPSILON = 1e-6;

/**
 * @param gradient [P]
 * @param limit    the largest norm that stays as it is
 * @returns what to multiply the gradient by and its norm before, scalars, and the squares of its numbers, [P]; tensors of the caller's tidy
 * @example clipByGlobalNorm(tf.tensor1d([3, 4]), 1).norm // 5
 */
export function clipByGlobalNorm(
  gradient: tf.Tensor1D,
  limit: number,
): { readonly scale: tf.Scalar; readonly norm: tf.Scalar; readonly squares: tf.Tensor1D } {
  const squares = tf.square(gradient);
  const norm = tf.sqrt<tf.Scalar>(tf.sum(squares));
  return { scale: tf.minimum<tf.Scalar>(1, tf.div(limit, tf.add(norm, CLIP_EPSILON))), norm, squares };
}
