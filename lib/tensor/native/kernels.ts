// Kernels put in place of tfjs-node's. GatherV2: theirs reads every index back to check it on the host (a wait for the device, and nothing that reads back can be
// captured); TensorFlow checks it too, and throws in the same place. ExpandDims: theirs names no type, which an eager call infers and a graph does not. BatchMatMul: see products.ts. WriteRows, After, Linear, ColumnSums and Rotate are ours.
import { registerGradients } from "../ops/engine-kernel-gradients.ts";
import { WRITE_ROWS } from "../ops/write-rows.ts";
import type { WriteRowsInputs } from "../ops/write-rows.ts";
import * as tf from "../tf.ts";
import type { TensorflowBackend } from "./backend.ts";
import type { TensorMetadata } from "./binding.ts";
import { batchMatMul, columnSums, linear } from "./products.ts";
import { rotate } from "./rotate.ts";

/** Call once, after tfjs-node's own kernels are registered. */
export function installKernels(): void {
  replace("GatherV2", gatherV2);
  replace("ExpandDims", expandDims);
  replace("BatchMatMul", batchMatMul);
  tf.registerKernel({ kernelName: WRITE_ROWS, backendName: "tensorflow", kernelFunc: writeRows });
  tf.registerKernel({ kernelName: "After", backendName: "tensorflow", kernelFunc: after });
  tf.registerKernel({ kernelName: "Linear", backendName: "tensorflow", kernelFunc: linear });
  tf.registerKernel({ kernelName: "ColumnSums", backendName: "tensorflow", kernelFunc: columnSums });
  tf.registerKernel({ kernelName: "Rotate", backendName: "tensorflow", kernelFunc: rotate });
  registerGradients();
}

function replace(kernelName: string, kernelFunc: tf.KernelFunc): void {
  tf.unregisterKernel(kernelName, "tensorflow");
  tf.registerKernel({ kernelName, backendName: "tensorflow", kernelFunc });
}

const gatherV2: tf.KernelFunc = ({ inputs, attrs, backend }) => {
  const { x, indices } = inputs as { x: tf.TensorInfo; indices: tf.TensorInfo };
  const { axis, batchDims } = attrs as unknown as { axis: number; batchDims: number };
  const engine = backend as TensorflowBackend;
  const { binding } = engine;
  const types = { Tparams: x.dtype, Tindices: indices.dtype, Taxis: "int32" as const };
  const attributes = Object.entries(types).map(([name, dtype]) => ({
    name,
    type: binding.TF_ATTR_TYPE,
    value: engine.getDTypeInteger(dtype),
  }));
  const batch = { name: "batch_dims", type: binding.TF_ATTR_INT, value: batchDims };
  const axisTensor = tf.scalar(axis, "int32");
  const [gathered] = binding.executeOp(
    "GatherV2",
    [batch, ...attributes],
    engine.getInputTensorIds([x, indices, axisTensor]),
    1,
  ) as [TensorMetadata];
  axisTensor.dispose();
  return engine.createOutputTensor(gathered);
};

const expandDims: tf.KernelFunc = ({ inputs, attrs, backend }) => {
  const { input } = inputs as { input: tf.TensorInfo };
  const { dim } = attrs as unknown as { dim: number };
  const shape = input.shape.toSpliced(dim < 0 ? input.shape.length + dim + 1 : dim, 0, 1);
  return tf.getKernel("Reshape", "tensorflow").kernelFunc({ inputs: { x: input }, attrs: { shape }, backend });
};

/** TensorFlow's InplaceUpdate writes into its input's memory and hands it on. */
const writeRows: tf.KernelFunc = ({ inputs, backend }) => {
  const { table, indices, rows } = inputs as unknown as WriteRowsInputs;
  const engine = backend as TensorflowBackend;
  const { binding } = engine;
  const type = { name: "T", type: binding.TF_ATTR_TYPE, value: engine.getDTypeInteger(table.dtype) };
  const ids = engine.getInputTensorIds([table, indices, rows]);
  const [written] = binding.executeOp("InplaceUpdate", [type], ids, 1) as [TensorMetadata];
  return engine.createOutputTensor(written);
};

const after: tf.KernelFunc = ({ inputs, backend }) => {
  const { x, later } = inputs as { x: tf.TensorInfo; later: tf.TensorInfo };
  const engine = backend as TensorflowBackend;
  const { binding } = engine;
  const type = { name: "T", type: binding.TF_ATTR_TYPE, value: engine.getDTypeInteger(x.dtype) };
  const [same] = binding.executeOp(
    "Identity",
    [type],
    engine.getInputTensorIds([x]),
    1,
    engine.getInputTensorIds([later]),
  ) as [TensorMetadata];
  return engine.createOutputTensor(same);
};
