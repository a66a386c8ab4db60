// Fill, ZerosLike, OnesLike, Range, Tile of one value, Cast, Identity and transposes that move nothing, on the wasm engine. tfjs-backend-wasm does them in JavaScript on views of its memory,
// which a recorded step cannot replay.
import type { DataType, KernelFunc, TensorInfo } from "../../tf.ts";
import type { WasmBackend } from "../backend.ts";
import { callOwn } from "../calls.ts";
import type { Argument } from "../calls.ts";
import { loadModule, replaceKernel, sizeOf } from "../replace.ts";
import { assembleValues } from "./module.ts";
import type { Conversion, ValueFunctions } from "./module.ts";

/** Call once, with the wasm backend active. */
export function installValues(backend: WasmBackend): void {
  const values = loadModule(backend, assembleValues()) as ValueFunctions;
  const at = (tensor: TensorInfo): Argument => ({ data: backend.dataIdMap.get(tensor.dataId), offset: 0 });

  const filled = (shape: readonly number[], dtype: DataType, value: number | boolean): TensorInfo => {
    const out = backend.makeOutput(shape, dtype);
    if (dtype === "bool") callOwn(values.setBytes, [at(out), sizeOf(out), Number(value)]);
    else callOwn(values.setWords, [at(out), sizeOf(out), bitsOf(Number(value), dtype)]);
    return out;
  };
  replaceKernel("Fill", (original) => (args) => {
    const {
      shape,
      value,
      dtype = "float32",
    } = args.attrs as unknown as { shape: number[]; value: number | boolean | string; dtype?: DataType };
    return typeof value === "string" || !isNumeric(dtype) ? original(args) : filled(shape, dtype, value);
  });
  for (const [name, value] of [
    ["ZerosLike", 0],
    ["OnesLike", 1],
  ] as const)
    replaceKernel(name, (original) => (args) => {
      const { x } = args.inputs as unknown as { x: TensorInfo };
      return isNumeric(x.dtype) ? filled(x.shape, x.dtype, value) : original(args);
    });

  // A constant of the step: its numbers depend on nothing else.
  replaceKernel("Range", (): KernelFunc => (args) => {
    const { start, stop, step, dtype } = args.attrs as unknown as Range;
    const count = Math.max(0, Math.ceil(Math.abs((stop - start) / step)));
    const empty = start === stop || start < stop === step < 0;
    const numbers = Array.from({ length: empty ? 0 : count }, (_, i) => start + i * step);
    const values = dtype === "int32" ? Int32Array.from(numbers) : Float32Array.from(numbers);
    return backend.makeOutput([values.length], dtype, undefined, values);
  });

  replaceKernel("Tile", (original) => (args) => {
    const { x } = args.inputs as unknown as { x: TensorInfo };
    const { reps } = args.attrs as unknown as { reps: number[] };
    if (sizeOf(x) !== 1 || !isNumeric(x.dtype)) return original(args);
    const out = backend.makeOutput(reps, x.dtype);
    callOwn(x.dtype === "bool" ? values.spreadBytes : values.spreadWords, [at(out), sizeOf(out), at(x)]);
    return out;
  });

  const conversions: Readonly<Record<string, Conversion>> = {
    "int32 float32": values.floatFromInt,
    "bool float32": values.floatFromBool,
    "bool int32": values.intFromBool,
    "float32 int32": values.intFromFloat,
    "float32 bool": values.boolFromFloat,
  };
  replaceKernel("Cast", (original) => (args) => {
    const { x } = args.inputs as unknown as { x: TensorInfo };
    const { dtype } = args.attrs as unknown as { dtype: DataType };
    if (dtype === x.dtype && isNumeric(dtype)) return shared(x, x.shape);
    const conversion = conversions[`${x.dtype} ${dtype}`];
    if (!conversion) return original(args);
    const out = backend.makeOutput(x.shape, dtype);
    callOwn(conversion, [at(x), at(out), sizeOf(x)]);
    return out;
  });

  // tfjs copies here; sharing the data with a count of its users is what every other backend does.
  const shared = (x: TensorInfo, shape: number[]): TensorInfo => {
    backend.incRef(x.dataId);
    return { dataId: x.dataId, shape, dtype: x.dtype };
  };
  replaceKernel("Identity", (): KernelFunc => (args) => {
    const { x } = args.inputs as unknown as { x: TensorInfo };
    return shared(x, x.shape);
  });
  replaceKernel("Transpose", (original) => (args) => {
    const { x } = args.inputs as unknown as { x: TensorInfo };
    const { perm } = args.attrs as unknown as { perm: number[] };
    const moved = perm.filter((axis) => x.shape[axis] !== 1);
    const stays = moved.every((axis, i) => i === 0 || axis > (moved[i - 1] as number));
    return stays
      ? shared(
          x,
          perm.map((axis) => x.shape[axis] as number),
        )
      : original(args);
  });
}

type Range = {
  readonly start: number;
  readonly stop: number;
  readonly step: number;
  readonly dtype: "float32" | "int32";
};
const isNumeric = (dtype: DataType) => dtype === "float32" || dtype === "int32" || dtype === "bool";
const bitsOf = (value: number, dtype: DataType) =>
  dtype === "int32" ? value | 0 : (new Int32Array(new Float32Array([value]).buffer)[0] as number);
