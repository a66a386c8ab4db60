// Sums of the columns of a matrix: the gradient of whatever was added to each of its rows.
import * as tf from "../tf.ts";
import { engineKernel } from "./engine-kernel.ts";

/**
 * @param x [N, D] float32
 * @returns [D], of the caller's tidy
 * @example columnSums(tf.tensor2d([[1, 2], [3, 4]])) // [4, 6]
 */
export const columnSums = (x: tf.Tensor): tf.Tensor => engineKernel("ColumnSums", { x }, {})?.[0] ?? tf.sum(x, 0);
