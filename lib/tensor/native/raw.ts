// Calls of TensorFlow's operations by name, for kernels that are made of several: what is between them is let go at once.
import * as tf from "../tf.ts";
import type { TensorflowBackend } from "./backend.ts";
import type { OpAttribute, TensorMetadata } from "./binding.ts";

export interface Raw {
  readonly binding: TensorflowBackend["binding"];
  /** TensorFlow's number of a type. */
  typed(name: string, dtype: tf.DataType): OpAttribute;
  flag(name: string, value: boolean): OpAttribute;
  text(name: string, value: string): OpAttribute;
  /** @returns the first output of an operation; the caller disposes it */
  call(operation: string, attributes: readonly OpAttribute[], inputs: readonly tf.TensorInfo[]): tf.Tensor;
}

export function rawOf(backend: unknown): Raw {
  const engine = backend as TensorflowBackend;
  const { binding } = engine;
  return {
    binding,
    typed: (name, dtype) => ({ name, type: binding.TF_ATTR_TYPE, value: engine.getDTypeInteger(dtype) }),
    flag: (name, value) => ({ name, type: binding.TF_ATTR_BOOL, value }),
    text: (name, value) => ({ name, type: binding.TF_ATTR_STRING, value }),
    call(operation, attributes, inputs) {
      const [made] = binding.executeOp(operation, attributes, engine.getInputTensorIds(inputs), 1) as [TensorMetadata];
      return engine.createOutputTensor(made);
    },
  };
}
