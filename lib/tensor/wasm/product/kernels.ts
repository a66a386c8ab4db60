// Puts our product in place of tfjs's on the wasm engine: BatchMatMul and _FusedMatMul, for float32. What it does not cover (other types, activations
// in the fused product) goes to tfjs's own kernel as before.
import type { TensorInfo } from "../../tf.ts";
import * as tf from "../../tf.ts";
import type { WasmBackend } from "../backend.ts";
import { callOwn } from "../calls.ts";
import type { Argument, OwnFunction } from "../calls.ts";
import { loadModule, replaceKernel } from "../replace.ts";
import { SCRATCH_BYTES, assembleGemm } from "./gemm.ts";

type ProductArguments = {
  readonly a: TensorInfo;
  readonly b: TensorInfo;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
};

/** Call once, with the wasm backend active. */
export function installProducts(backend: WasmBackend): void {
  const product = makeProduct(backend);
  type Inputs = { a: TensorInfo; b: TensorInfo; bias?: TensorInfo };
  type Attributes = { transposeA: boolean; transposeB: boolean; activation?: string };
  const isOurs = ({ a, b }: Inputs) => a.dtype === "float32" && b.dtype === "float32";

  replaceKernel("BatchMatMul", (original) => (args) => {
    const inputs = args.inputs as unknown as Inputs;
    return isOurs(inputs) ? product({ ...inputs, ...(args.attrs as unknown as Attributes) }) : original(args);
  });
  replaceKernel("_FusedMatMul", (original) => (args) => {
    const inputs = args.inputs as unknown as Inputs;
    const attributes = args.attrs as unknown as Attributes;
    if (!isOurs(inputs) || (attributes.activation ?? "linear") !== "linear") return original(args);
    const plain = product({ ...inputs, ...attributes });
    if (!inputs.bias) return plain;
    const sum = tf.getKernel("Add", "wasm").kernelFunc({
      ...args,
      inputs: { a: plain, b: inputs.bias },
    }) as TensorInfo;
    backend.disposeData(plain.dataId);
    return sum;
  });
}

function makeProduct(backend: WasmBackend): (args: ProductArguments) => TensorInfo {
  const relaxed = assembleGemm(true);
  const { gemm } = loadModule(backend, WebAssembly.validate(relaxed) ? relaxed : assembleGemm(false)) as {
    gemm: OwnFunction;
  };
  const scratch = backend.wasm["_malloc"](SCRATCH_BYTES) >>> 0;
  const at = (tensor: TensorInfo, offset = 0): Argument => ({ data: backend.dataIdMap.get(tensor.dataId), offset });

  return ({ a, b, transposeA, transposeB }: ProductArguments): TensorInfo => {
    const [outerA, outerB] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
    const outer = tf.broadcast_util.assertAndGetBroadcastShape(outerA, outerB);
    const [rowsA, columnsA] = a.shape.slice(-2) as [number, number];
    const [rowsB, columnsB] = b.shape.slice(-2) as [number, number];
    const [M, K] = transposeA ? [columnsA, rowsA] : [rowsA, columnsA];
    const [N, depth] = transposeB ? [rowsB, columnsB] : [columnsB, rowsB];
    tf.util.assert(
      K === depth,
      () =>
        `inner shapes (${K}) and (${depth}) of tensors with shapes ${a.shape.join()} and ${b.shape.join()} must match`,
    );
    const out = backend.makeOutput([...outer, M, N], "float32");
    if (K === 0) backend.typedArrayFromHeap(out).fill(0);
    const [batchA, batchB, batch] = [outerA, outerB, outer].map(tf.util.sizeFromShape) as [number, number, number];
    const [bytesA, bytesB, bytesC] = [M * K * 4, K * N * 4, M * N * 4];
    const variant = [Number(transposeA), Number(transposeB)];
    // One B for all: the batch is more rows, and B is copied into panels once.
    if (batchB === 1 && batchA === batch && !transposeA) {
      callOwn(gemm, [at(a), at(b), at(out), batch * M, N, K, ...variant, 1, 0, 0, 0, scratch]);
    } else if (isRepeated(batchA, batch) && isRepeated(batchB, batch)) {
      const strides = [batchA === 1 ? 0 : bytesA, batchB === 1 ? 0 : bytesB, bytesC];
      callOwn(gemm, [at(a), at(b), at(out), M, N, K, ...variant, batch, ...strides, scratch]);
    } else {
      for (let i = 0; i < batch; i++) {
        const places = [
          at(a, source(i, outer, outerA) * bytesA),
          at(b, source(i, outer, outerB) * bytesB),
          at(out, i * bytesC),
        ];
        callOwn(gemm, [...places, M, N, K, ...variant, 1, 0, 0, 0, scratch]);
      }
    }
    return out;
  };
}

const isRepeated = (own: number, all: number) => own === all || own === 1;

/** @returns which matrix of a broadcast operand stands behind the i-th of the result */
function source(i: number, outer: readonly number[], own: readonly number[]): number {
  let [rest, stride, at] = [i, 1, 0];
  for (let axis = outer.length - 1; axis >= 0; axis--) {
    const size = outer[axis] as number;
    const mine = own[axis - (outer.length - own.length)] ?? 1;
    if (mine > 1) at += (rest % size) * stride;
    stride *= mine;
    rest = Math.floor(rest / size);
  }
  return at;
}
