// Rows of a table by integer index; the gradient adds rows up where they came from, no one-hot matrix in between.
import * as tf from "../tf.ts";
import { engineKernel } from "./engine-kernel.ts";
import type { WithBack } from "./with-back.ts";

/**
 * @param table [V, D]
 * @param ids   [N] int32
 * @returns y [N, D]; back gives the gradient of the table, [V, D]
 */
export function embedding(table: tf.Tensor, ids: tf.Tensor1D): WithBack<tf.Tensor> {
  const back = (dy: tf.Tensor, at: tf.Tensor1D = ids) =>
    engineKernel("EmbeddingGradient", { ids: at, dy }, { rows: table.shape[0] })?.[0] ??
    tf.scatterND(tf.expandDims<tf.Tensor2D>(at, 1), dy, [...table.shape]);
  // With a gradient of its own also under tf.grads: tfjs's needs UnsortedSegmentSum, which wasm does not have.
  const rows = tf.customGrad((of, save) => {
    // Saved: a tidy around the forward pass must not take the ids away from the gradient.
    (save as (tensors: tf.Tensor[]) => void)([ids]);
    return {
      value: tf.gather(of as tf.Tensor, ids),
      gradFunc: (dy, [kept]) => back(dy, kept as tf.Tensor1D),
    };
  });
  return { y: rows(table), back };
}
