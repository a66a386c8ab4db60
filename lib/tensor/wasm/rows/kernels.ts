// Slice, SplitV, Concat, GatherV2, Sum, Tile and Identity on the wasm engine by way of rows (module.ts), for the cases that models use; every other case goes
// to tfjs's own kernel.
import type { KernelFunc, TensorInfo } from "../../tf.ts";
import * as tf from "../../tf.ts";
import type { WasmBackend } from "../backend.ts";
import { replaceKernel, sizeOf } from "../replace.ts";
import { assembleRows } from "./module.ts";
import type { RowFunctions } from "./module.ts";

/** Call once, with the wasm backend active. */
export function installRows(backend: WasmBackend): void {
  const module = new WebAssembly.Module(assembleRows());
  const instance = new WebAssembly.Instance(module, { env: { memory: backend.wasm.asm.memory } });
  const rows = instance.exports as unknown as RowFunctions;
  const address = (tensor: TensorInfo) => backend.dataIdMap.get(tensor.dataId).memoryOffset;

  /** Takes `size` steps along one axis from `begin` on. */
  const sliceAxis = (x: TensorInfo, axis: number, begin: number, size: number): TensorInfo => {
    const out = backend.makeOutput(x.shape.with(axis, size), x.dtype);
    const step = bytesBehind(x, axis);
    const stride = (x.shape[axis] as number) * step;
    rows.copyRows(
      address(x) + begin * step,
      stride,
      address(out),
      size * step,
      size * step,
      product(x.shape.slice(0, axis)),
    );
    return out;
  };

  replaceKernel("Slice", (original) => (args) => {
    const { x } = args.inputs as unknown as { x: TensorInfo };
    const { begin, size } = args.attrs as unknown as { begin: number | number[]; size: number | number[] };
    const [from, count] = tf.slice_util.parseSliceParams(x, begin, size) as [number[], number[]];
    const cut = x.shape.flatMap((length, axis) => (count[axis] === length ? [] : [axis]));
    if (x.dtype === "string" || x.shape.length === 0 || cut.length > 1) return original(args);
    const axis = cut[0] ?? 0;
    return sliceAxis(x, axis, from[axis] as number, count[axis] as number);
  });

  replaceKernel("SplitV", (original) => (args) => {
    const { x } = args.inputs as unknown as { x: TensorInfo };
    const { numOrSizeSplits, axis } = args.attrs as unknown as { numOrSizeSplits: number | number[]; axis: number };
    if (x.dtype === "string") return original(args);
    const along = tf.util.parseAxisParam(axis, x.shape)[0] as number;
    let begin = 0;
    return tf.backend_util.prepareSplitSize(x as tf.Tensor, numOrSizeSplits, along).map((size) => {
      begin += size;
      return sliceAxis(x, along, begin - size, size);
    });
  });

  replaceKernel("Concat", (original) => (args) => {
    const parts = (args.inputs as unknown as TensorInfo[]).filter((part) => sizeOf(part) > 0);
    const [first] = parts;
    if (!first || parts.length < 2 || first.dtype === "string") return original(args);
    const axis = tf.util.parseAxisParam((args.attrs as unknown as { axis: number }).axis, first.shape)[0] as number;
    tf.backend_util.assertParamsConsistent(
      parts.map((part) => part.shape),
      axis,
    );
    const total = parts.reduce((sum, part) => sum + (part.shape[axis] as number), 0);
    const out = backend.makeOutput(first.shape.with(axis, total), first.dtype);
    const step = bytesBehind(first, axis);
    let at = address(out);
    for (const part of parts) {
      const bytes = (part.shape[axis] as number) * step;
      rows.copyRows(address(part), bytes, at, total * step, bytes, product(first.shape.slice(0, axis)));
      at += bytes;
    }
    return out;
  });

  replaceKernel("GatherV2", (original) => (args) => {
    const { x, indices } = args.inputs as unknown as { x: TensorInfo; indices: TensorInfo };
    const { axis, batchDims } = args.attrs as unknown as { axis: number; batchDims: number };
    if (axis !== 0 || batchDims !== 0 || x.dtype === "string" || indices.dtype !== "int32") return original(args);
    const out = backend.makeOutput([...indices.shape, ...x.shape.slice(1)], x.dtype);
    const limit = x.shape[0] as number;
    try {
      rows.gatherRows(address(x), bytesBehind(x, 0), limit, address(indices), address(out), sizeOf(indices));
    } catch (error) {
      backend.disposeData(out.dataId);
      throw new RangeError(`gather: an index is not in [0, ${limit})`, { cause: error });
    }
    return out;
  });

  replaceKernel("Sum", (original) => (args) => {
    const { x } = args.inputs as unknown as { x: TensorInfo };
    const { axis, keepDims } = args.attrs as unknown as { axis: number | number[] | null; keepDims: boolean };
    const axes = tf.util.parseAxisParam(axis as number[], x.shape);
    const leads = axes.length > 0 && axes.length < x.shape.length && axes.every((one) => one < axes.length);
    if (x.dtype !== "float32" || !leads) return original(args);
    const kept = x.shape.slice(axes.length);
    const out = backend.makeOutput(kept, "float32");
    rows.sumColumns(address(x), product(x.shape.slice(0, axes.length)), product(kept), address(out));
    if (keepDims) out.shape = [...axes.map(() => 1), ...kept];
    return out;
  });

  replaceKernel("Tile", (original) => (args) => {
    const { x } = args.inputs as unknown as { x: TensorInfo };
    if (sizeOf(x) !== 1 || x.dtype === "string") return original(args);
    const { reps } = args.attrs as unknown as { reps: number[] };
    const out = backend.makeOutput(reps, x.dtype);
    if (x.dtype === "bool") rows.fillBytes(address(out), product(reps), address(x));
    else rows.fillWords(address(out), product(reps), address(x));
    return out;
  });

  // tfjs's copies; sharing the data with a count of its users is what every other backend does.
  replaceKernel("Identity", (): KernelFunc => (args) => {
    const { x } = args.inputs as unknown as { x: TensorInfo };
    backend.incRef(x.dataId);
    return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
  });
}

const product = (sizes: readonly number[]) => tf.util.sizeFromShape([...sizes]);
/** Bytes of one step along an axis. */
const bytesBehind = (x: TensorInfo, axis: number) =>
  product(x.shape.slice(axis + 1)) * tf.util.bytesPerElement(x.dtype);
