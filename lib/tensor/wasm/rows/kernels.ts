// Slice, SplitV, Concat, Pack, GatherV2 and Sum on the wasm engine by way of rows (module.ts), for the cases that models use; every other case goes to tfjs's
// own kernel. WriteRows is ours.
import { WRITE_ROWS } from "../../ops/write-rows.ts";
import type { WriteRowsInputs } from "../../ops/write-rows.ts";
import type { TensorInfo } from "../../tf.ts";
import * as tf from "../../tf.ts";
import type { WasmBackend } from "../backend.ts";
import { callOwn } from "../calls.ts";
import type { Argument } from "../calls.ts";
import { loadModule, replaceKernel, sizeOf } from "../replace.ts";
import { assembleRows } from "./module.ts";
import type { RowFunctions } from "./module.ts";

/** Call once, with the wasm backend active. */
export function installRows(backend: WasmBackend): void {
  const rows = loadModule(backend, assembleRows()) as RowFunctions;
  const at = (tensor: TensorInfo, offset = 0): Argument => ({ data: backend.dataIdMap.get(tensor.dataId), offset });

  const checked =
    (name: string, run: RowFunctions["gatherRows"]): RowFunctions["gatherRows"] =>
    (...args) => {
      try {
        run(...args);
      } catch (error) {
        throw new RangeError(`${name}: an index is not in [0, ${args[2]})`, { cause: error });
      }
    };
  const [gather, write] = [checked("gather", rows.gatherRows), checked("writeRows", rows.writeRows)];

  /** Takes `size` steps along one axis from `begin` on. */
  const sliceAxis = (x: TensorInfo, axis: number, begin: number, size: number): TensorInfo => {
    const out = backend.makeOutput(x.shape.with(axis, size), x.dtype);
    const step = bytesBehind(x, axis);
    const [stride, bytes] = [(x.shape[axis] as number) * step, size * step];
    callOwn(rows.copyRows, [at(x, begin * step), stride, at(out), bytes, bytes, product(x.shape.slice(0, axis))]);
    return out;
  };

  /** Joins tensors of one type that are equal but for their length along `axis`; at least one is not empty. */
  const join = (parts: readonly TensorInfo[], axis: number): TensorInfo => {
    const [first] = parts as [TensorInfo];
    const total = parts.reduce((sum, part) => sum + (part.shape[axis] as number), 0);
    const out = backend.makeOutput(first.shape.with(axis, total), first.dtype);
    const step = bytesBehind(first, axis);
    const count = product(first.shape.slice(0, axis));
    let offset = 0;
    for (const part of parts) {
      const bytes = (part.shape[axis] as number) * step;
      callOwn(rows.copyRows, [at(part), bytes, at(out, offset), total * step, bytes, count]);
      offset += bytes;
    }
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
    if (!first || first.dtype === "string") return original(args);
    const axis = tf.util.parseAxisParam((args.attrs as unknown as { axis: number }).axis, first.shape)[0] as number;
    tf.backend_util.assertParamsConsistent(
      parts.map((part) => part.shape),
      axis,
    );
    return join(parts, axis);
  });

  replaceKernel("Pack", (original) => (args) => {
    const parts = args.inputs as unknown as TensorInfo[];
    const { axis } = args.attrs as unknown as { axis: number };
    const shape = parts[0]?.shape ?? [];
    const alike = parts.every((part) => part.dtype === parts[0]?.dtype && tf.util.arraysEqual(part.shape, shape));
    if (!alike || sizeOf({ shape }) === 0 || parts[0]?.dtype === "string") return original(args);
    const along = axis < 0 ? axis + shape.length + 1 : axis;
    return join(
      parts.map((part) => ({ ...part, dataId: part.dataId, shape: shape.toSpliced(along, 0, 1) })),
      along,
    );
  });

  replaceKernel("GatherV2", (original) => (args) => {
    const { x, indices } = args.inputs as unknown as { x: TensorInfo; indices: TensorInfo };
    const { axis, batchDims } = args.attrs as unknown as { axis: number; batchDims: number };
    if (axis !== 0 || batchDims !== 0 || x.dtype === "string" || indices.dtype !== "int32") return original(args);
    const out = backend.makeOutput([...indices.shape, ...x.shape.slice(1)], x.dtype);
    try {
      callOwn(gather, [at(x), bytesBehind(x, 0), x.shape[0] as number, at(indices), at(out), sizeOf(indices)]);
    } catch (error) {
      backend.disposeData(out.dataId);
      throw error;
    }
    return out;
  });

  tf.registerKernel({
    kernelName: WRITE_ROWS,
    backendName: "wasm",
    kernelFunc: ({ inputs }) => {
      const { table, indices, rows: from } = inputs as unknown as WriteRowsInputs;
      const [N, D] = table.shape as [number, number];
      callOwn(write, [at(from), D * 4, N, at(indices), at(table), sizeOf(indices)]);
      backend.incRef(table.dataId);
      return { dataId: table.dataId, shape: table.shape, dtype: table.dtype };
    },
  });

  replaceKernel("Sum", (original) => (args) => {
    const { x } = args.inputs as unknown as { x: TensorInfo };
    const { axis, keepDims } = args.attrs as unknown as { axis: number | number[] | null; keepDims: boolean };
    const axes = tf.util.parseAxisParam(axis as number[], x.shape);
    const leads = axes.length > 0 && axes.length < x.shape.length && axes.every((one) => one < axes.length);
    if (x.dtype !== "float32" || !leads) return original(args);
    const kept = x.shape.slice(axes.length);
    const out = backend.makeOutput(kept, "float32");
    callOwn(rows.sumColumns, [at(x), product(x.shape.slice(0, axes.length)), product(kept), at(out)]);
    if (keepDims) out.shape = [...axes.map(() => 1), ...kept];
    return out;
  });
}

const product = (sizes: readonly number[]) => tf.util.sizeFromShape([...sizes]);
/** Bytes of one step along an axis. */
const bytesBehind = (x: TensorInfo, axis: number) =>
  product(x.shape.slice(axis + 1)) * tf.util.bytesPerElement(x.dtype);
