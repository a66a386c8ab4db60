// Writes rows into a table where it lies, without a copy of the table: what a cache of keys and values needs at every token. A kernel of its own on every engine; tfjs's scatters make a
// new table each time (for 64 rows of the 4 x 128 model 80 MB of memory traffic a token, most of its time).
//
// The one operation here that changes a tensor: the result is the table itself, and whoever holds the old one sees the new rows too.
import * as tf from "../tf.ts";

/** How the kernel is known to tfjs. */
export const WRITE_ROWS = "WriteRows";

/** Inputs of the kernel. */
export interface WriteRowsInputs {
  readonly table: tf.TensorInfo;
  readonly indices: tf.TensorInfo;
  readonly rows: tf.TensorInfo;
}

/**
 * @param table   [N, D] float32; changed
 * @param indices [M] int32, each in [0, N) and none twice
 * @param rows    [M, D] float32
 * @returns the table under a new handle, [N, D]; the caller disposes both
 * @example writeRows(tf.zeros([3, 1]), tf.tensor1d([2], "int32"), tf.ones([1, 1])) // [[0], [0], [1]]
 */
export function writeRows(table: tf.Tensor2D, indices: tf.Tensor1D, rows: tf.Tensor2D): tf.Tensor2D {
  tf.util.assert(
    indices.dtype === "int32" && tf.util.arraysEqual(rows.shape, [indices.size, table.shape[1]]),
    () => `writeRows: rows [${rows.shape.join()}] for ${indices.size} places in a table [${table.shape.join()}]`,
  );
  return tf.engine().runKernel(WRITE_ROWS, { table, indices, rows });
}
