// Filling memory with one value, and converting between the three types of numbers that tensors have.
import {
  Func,
  I32,
  add,
  assemble,
  convertToF32,
  f32,
  fillMemory,
  functionOf,
  i32,
  loadByte,
  loadF32,
  loadI32,
  notEqualF32,
  storeByte,
  storeF32,
  storeI32,
  truncateToI32,
} from "../assembler.ts";
import type { Code } from "../assembler.ts";

/** Addresses; `count` values. */
export type ValueFunctions = {
  /** Writes the 4 bytes of `bits`. */
  readonly setWords: (to: number, count: number, bits: number) => void;
  readonly setBytes: (to: number, count: number, byte: number) => void;
  /** Writes what stands at `from`. */
  readonly spreadWords: (to: number, count: number, from: number) => void;
  readonly spreadBytes: (to: number, count: number, from: number) => void;
  readonly floatFromInt: Conversion;
  readonly floatFromBool: Conversion;
  readonly intFromBool: Conversion;
  readonly intFromFloat: Conversion;
  readonly boolFromFloat: Conversion;
};
export type Conversion = (from: number, to: number, count: number) => void;

export function assembleValues(): Uint8Array<ArrayBuffer> {
  const functions: Record<keyof ValueFunctions, Func> = {
    setWords: fill((value) => value, storeI32, 4),
    setBytes: fillBytes((value) => value),
    spreadWords: fill((from) => loadI32(from), storeI32, 4),
    spreadBytes: fillBytes((from) => loadByte(from)),
    floatFromInt: convert(4, (from) => convertToF32(loadI32(from)), storeF32, 4),
    floatFromBool: convert(1, (from) => convertToF32(loadByte(from)), storeF32, 4),
    intFromBool: convert(1, (from) => loadByte(from), storeI32, 4),
    intFromFloat: convert(4, (from) => truncateToI32(loadF32(from)), storeI32, 4),
    boolFromFloat: convert(4, (from) => notEqualF32(loadF32(from), f32(0)), storeByte, 1),
  };
  return assemble(Object.values(functions), functions);
}

type Store = (address: Code, value: Code) => Code;

function fill(valueOf: (parameter: Code) => Code, store: Store, bytes: number): Func {
  const [f, [to, count, parameter]] = functionOf(3);
  const [i, value] = [f.local(I32), f.local(I32)];
  f.set(value, valueOf(parameter.value));
  f.for(i, i32(0), count.value, 1, () => {
    f.do(store(to.value, value.value));
    f.set(to, add(to.value, i32(bytes)));
  });
  return f;
}

function fillBytes(valueOf: (parameter: Code) => Code): Func {
  const [f, [to, count, parameter]] = functionOf(3);
  f.do(fillMemory(to.value, valueOf(parameter.value), count.value));
  return f;
}

function convert(fromBytes: number, read: (from: Code) => Code, store: Store, toBytes: number): Func {
  const [f, [from, to, count]] = functionOf(3);
  const i = f.local(I32);
  f.for(i, i32(0), count.value, 1, () => {
    f.do(store(to.value, read(from.value)));
    f.set(from, add(from.value, i32(fromBytes)));
    f.set(to, add(to.value, i32(toBytes)));
  });
  return f;
}
