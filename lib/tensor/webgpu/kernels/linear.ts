// Products as operations ask for them: tf.matMul of floats, x W + b with what is added to it, and x W + b with an activation behind it, each in one launch (or two, see product/).
import type { ActivateAttributes, EngineKernels } from "../../ops/engine-kernel.ts";
import * as tf from "../../tf.ts";
import type { TensorInfo } from "../../tf.ts";
import type { WebgpuBackend } from "../backend.ts";
import { multiply } from "./product/product.ts";

/** In place of tfjs's kernel for tf.matMul, which keeps products of whole numbers. */
export function batchMatMul(theirs: tf.KernelFunc): tf.KernelFunc {
  return (call) => {
    const { a, b } = call.inputs as { a: TensorInfo; b: TensorInfo };
    if (a.dtype !== "float32" || b.dtype !== "float32") return theirs(call);
    const { transposeA, transposeB } = call.attrs as unknown as { transposeA: boolean; transposeB: boolean };
    return multiply(call.backend as WebgpuBackend, { a, b, transposeA, transposeB })[0];
  };
}

export function product(
  backend: WebgpuBackend,
  { x, weight, bias, plus }: EngineKernels["Product"]["inputs"],
  { transposeWeight }: EngineKernels["Product"]["attrs"],
): readonly TensorInfo[] {
  return [multiply(backend, { a: x, b: weight, transposeB: transposeWeight, bias, plus })[0]];
}

export function productActivate(
  backend: WebgpuBackend,
  { x, weight, bias }: EngineKernels["ProductActivate"]["inputs"],
  attrs: ActivateAttributes,
): readonly TensorInfo[] {
  return multiply(backend, { a: x, b: weight, bias, ...attrs }) as readonly TensorInfo[];
}
