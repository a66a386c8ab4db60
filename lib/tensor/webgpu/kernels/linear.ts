// x W + b in one launch: tfjs's matrix product, tiled in workgroup memory, adds a bias before it writes.
import type { EngineKernels } from "../../ops/engine-kernel.ts";
import * as tf from "../../tf.ts";
import type { TensorInfo } from "../../tf.ts";
import type { WebgpuBackend } from "../backend.ts";

export function linear(
  backend: WebgpuBackend,
  { x, weight, bias }: EngineKernels["Linear"]["inputs"],
): readonly TensorInfo[] {
  const { kernelFunc } = tf.getKernel("_FusedMatMul", "webgpu");
  const attrs = { transposeA: false, transposeB: false };
  return [kernelFunc({ inputs: { a: x, b: weight, bias }, backend, attrs }) as TensorInfo];
}
