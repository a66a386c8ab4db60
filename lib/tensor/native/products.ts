// Matrix products by oneDNN's kernels, which libtensorflow has for processors of this kind whether or not it may use them for everything else: with them all
// (TF_ENABLE_ONEDNN_OPTS=1) small models are three times slower. A product of 512 x 128 by 128 x 128 takes 106 µs instead of 161 to 193, 32 of 128 x 128 by 128 x 64 take 0.6 ms
// instead of 1.0 to 1.6, and the transposed ones gain more.
import * as tf from "../tf.ts";
import { rawOf } from "./raw.ts";
import type { Raw } from "./raw.ts";

/** From here on a batch of products is faster by oneDNN, which makes a plan for each call (90 µs): multiplications. */
const WORTH_A_PLAN = 2_000_000;

const hasOneDnn = ({ binding }: Raw, dtype: tf.DataType) =>
  dtype === "float32" && process.arch === "x64" && !binding.isUsingGpuDevice();

/** How its kernels are asked for by name. */
const chosen = (raw: Raw) => raw.text("_kernel", "MklNameChangeOp");

interface Turned {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** @returns a b of two matrices, each transposed where it says so; the caller disposes it */
function product(raw: Raw, a: tf.TensorInfo, b: tf.TensorInfo, { transposeA, transposeB }: Turned): tf.Tensor {
  const { dtype } = a;
  const attributes = [raw.flag("transpose_a", transposeA), raw.flag("transpose_b", transposeB), raw.typed("T", dtype)];
  if (hasOneDnn(raw, dtype)) return raw.call("_MklMatMul", [...attributes, chosen(raw)], [a, b]);
  return raw.call("MatMul", attributes, [a, b]);
}

/** tfjs's BatchMatMul: leading axes are broadcast. */
export const batchMatMul: tf.KernelFunc = ({ inputs, attrs, backend }) => {
  const { a, b } = inputs as { a: tf.TensorInfo; b: tf.TensorInfo };
  const turned = attrs as unknown as Turned;
  const raw = rawOf(backend);
  if (a.shape.length === 2 && b.shape.length === 2) return product(raw, a, b, turned);
  const attributes = [
    raw.flag("adj_x", turned.transposeA),
    raw.flag("adj_y", turned.transposeB),
    raw.typed("T", a.dtype),
  ];
  const multiplications = tf.util.sizeFromShape(a.shape) * (b.shape.at(turned.transposeB ? -2 : -1) as number);
  if (hasOneDnn(raw, a.dtype) && multiplications >= WORTH_A_PLAN)
    return raw.call("_MklBatchMatMulV2", [...attributes, chosen(raw)], [a, b]);
  return raw.call("BatchMatMulV2", attributes, [a, b]);
};

/** BiasAdd adds in place where nobody else holds the product. */
export const linear: tf.KernelFunc = ({ inputs, backend }) => {
  const { x, weight, bias } = inputs as { x: tf.TensorInfo; weight: tf.TensorInfo; bias: tf.TensorInfo };
  const raw = rawOf(backend);
  const straight = product(raw, x, weight, { transposeA: false, transposeB: false });
  const y = raw.call("BiasAdd", [raw.typed("T", x.dtype), raw.text("data_format", "NHWC")], [straight, bias]);
  straight.dispose();
  return y;
};

/** Sums of columns as a product with a row of ones: a fifth of the time that Sum takes for 2,048 x 128. */
export const columnSums: tf.KernelFunc = ({ inputs, backend }) => {
  const { x } = inputs as { x: tf.TensorInfo };
  const [rows, columns] = x.shape as [number, number];
  const raw = rawOf(backend);
  const ones = tf.ones([1, rows]);
  const row = product(raw, ones, x, { transposeA: false, transposeB: false });
  const sums = tf.reshape(row, [columns]);
  tf.dispose([ones, row]);
  return sums;
};
