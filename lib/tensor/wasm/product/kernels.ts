// Puts our product in place of tfjs's on the wasm engine: BatchMatMul and _FusedMatMul, for float32. What it does not cover (other types, activations
// in the fused product) goes to tfjs's own kernel as before.
import type { TensorInfo } from "../../tf.ts";
import * as tf from "../../tf.ts";
import type { WasmBackend } from "../backend.ts";
import { replaceKernel } from "../replace.ts";
import { SCRATCH_BYTES, assembleGemm } from "./gemm.ts";

type Gemm = (
  a: number,
  b: number,
  c: number,
  M: number,
  N: number,
  K: number,
  transposeA: number,
  transposeB: number,
  batch: number,
  strideA: number,
  strideB: number,
  strideC: number,
  scratch: number,
) => void;
/** `fused`: relaxed SIMD's multiply-add is used. */
export type Product = { readonly fused: boolean; readonly run: (args: ProductArguments) => TensorInfo };
type ProductArguments = {
  readonly a: TensorInfo;
  readonly b: TensorInfo;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
};

/** @returns what was put in place; call once, with the wasm backend active */
export function installProducts(backend: WasmBackend): Product {
  const product = makeProduct(backend);
  type Inputs = { a: TensorInfo; b: TensorInfo; bias?: TensorInfo };
  type Attributes = { transposeA: boolean; transposeB: boolean; activation?: string };
  const isOurs = ({ a, b }: Inputs) => a.dtype === "float32" && b.dtype === "float32";

  replaceKernel("BatchMatMul", (original) => (args) => {
    const inputs = args.inputs as unknown as Inputs;
    return isOurs(inputs) ? product.run({ ...inputs, ...(args.attrs as unknown as Attributes) }) : original(args);
  });
  replaceKernel("_FusedMatMul", (original) => (args) => {
    const inputs = args.inputs as unknown as Inputs;
    const attributes = args.attrs as unknown as Attributes;
    if (!isOurs(inputs) || (attributes.activation ?? "linear") !== "linear") return original(args);
    const plain = product.run({ ...inputs, ...attributes });
    if (!inputs.bias) return plain;
    const sum = tf.getKernel("Add", "wasm").kernelFunc({
      ...args,
      inputs: { a: plain, b: inputs.bias },
    }) as TensorInfo;
    backend.disposeData(plain.dataId);
    return sum;
  });
  return product;
}

function makeProduct(backend: WasmBackend): Product {
  const relaxed = assembleGemm(true);
  const fused = WebAssembly.validate(relaxed);
  const module = new WebAssembly.Module(fused ? relaxed : assembleGemm(false));
  const instance = new WebAssembly.Instance(module, { env: { memory: backend.wasm.asm.memory } });
  const gemm = instance.exports["gemm"] as Gemm;
  const scratch = backend.wasm["_malloc"](SCRATCH_BYTES) >>> 0;
  const address = (tensor: TensorInfo) => backend.dataIdMap.get(tensor.dataId).memoryOffset;

  const run = ({ a, b, transposeA, transposeB }: ProductArguments): TensorInfo => {
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
    const call = (
      at: { a: number; b: number; c: number },
      rows: number,
      count: number,
      strideA: number,
      strideB: number,
    ) =>
      gemm(
        address(a) + at.a,
        address(b) + at.b,
        address(out) + at.c,
        rows,
        N,
        K,
        Number(transposeA),
        Number(transposeB),
        count,
        strideA,
        strideB,
        M * N * 4,
        scratch,
      );
    const start = { a: 0, b: 0, c: 0 };
    // One B for all: the batch is more rows, and B is copied into panels once.
    if (batchB === 1 && batchA === batch && !transposeA) call(start, batch * M, 1, 0, 0);
    else if (isRepeated(batchA, batch) && isRepeated(batchB, batch))
      call(start, M, batch, batchA === 1 ? 0 : M * K * 4, batchB === 1 ? 0 : K * N * 4);
    else
      for (let i = 0; i < batch; i++)
        call(
          { a: source(i, outer, outerA) * M * K * 4, b: source(i, outer, outerB) * K * N * 4, c: i * M * N * 4 },
          M,
          1,
          0,
          0,
        );
    return out;
  };
  return { fused, run };
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
