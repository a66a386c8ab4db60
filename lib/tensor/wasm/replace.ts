// Puts a kernel of ours in place of one of tfjs-backend-wasm's, which stays at hand for what ours does not cover.
import type { KernelFunc, TensorInfo } from "../tf.ts";
import * as tf from "../tf.ts";
import type { WasmBackend } from "./backend.ts";

/** @param make gets tfjs's own kernel function */
export function replaceKernel(kernelName: string, make: (original: KernelFunc) => KernelFunc): void {
  const original = tf.getKernel(kernelName, "wasm");
  tf.unregisterKernel(kernelName, "wasm");
  tf.registerKernel({ ...original, kernelFunc: make(original.kernelFunc) });
}

export const sizeOf = (tensor: Pick<TensorInfo, "shape">): number => tf.util.sizeFromShape([...tensor.shape]);

/** @returns the exports of a module that works in the engine's memory */
export function loadModule(backend: WasmBackend, bytes: Uint8Array<ArrayBuffer>): unknown {
  return new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory: backend.wasm.asm.memory } }).exports;
}
