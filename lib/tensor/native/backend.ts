// The parts of tfjs-node's backend that capture needs; its own type keeps them private.
import type { BackendValues, DataType, Tensor, TensorInfo } from "../tf.ts";
import type { Binding, TensorMetadata } from "./binding.ts";

export interface TensorflowBackend {
  binding: Binding;
  /** Uploads what still waits on the host; a tensor of another engine moves here. */
  getInputTensorIds(tensors: readonly TensorInfo[]): number[];
  write(values: BackendValues, shape: number[], dtype: DataType): object;
  getDTypeInteger(dtype: DataType): number;
  incRef(dataId: object): void;
  createOutputTensor(metadata: TensorMetadata): Tensor;
}
