// Rows of a table by integer index; the gradient adds rows up where they came from, no one-hot matrix in between.
import * as tf from "../../tensor/tf.ts";
import type { WithBack } from "./linear.ts";

/**
 * @param table [V, D]
 * @param ids   [N] int32
 * @returns y [N, D]; back gives the gradient of the table, [V, D]
 */
export function embedding(table: tf.Tensor, ids: tf.Tensor1D): WithBack<tf.Tensor> {
  const back = (dy: tf.Tensor) => tf.scatterND(tf.expandDims<tf.Tensor2D>(ids, 1), dy, [...table.shape]);
  // With a gradient of its own also under tf.grads: tfjs's needs UnsortedSegmentSum, which wasm does not have.
  const rows = tf.customGrad((...[of]) => ({ value: tf.gather(of as tf.Tensor, ids), gradFunc: back }));
  return { y: rows(table), back };
}
