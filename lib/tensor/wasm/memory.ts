// The wasm engine's memory has an end, and tfjs-backend-wasm does not look whether it was reached: a size above 32 bits wraps around, and so does the allocator's own end of memory (a
// 400 MB tensor got a block that reaches past 4 GiB, and its kernel wrote over others). Here both are errors that name the tensor, before anything is asked for.
import { WASM_LIMIT_BYTES, outOfMemory } from "../memory.ts";
import * as tf from "../tf.ts";
import type { WasmBackend } from "./backend.ts";

/** What the allocator may put around a block, and what C++ takes for itself. */
const SLACK = 2 ** 20;

/** Call once, before the backend makes its first tensor. */
export function guardMemory(backend: WasmBackend): void {
  const { wasm } = backend;
  // Emscripten puts the real functions in place when they are first called.
  wasm["_free"](wasm["_malloc"](16));
  const [allocate, free] = [wasm["_malloc"].bind(wasm), wasm["_free"].bind(wasm)];
  /** Blocks in use: bytes by address. */
  const used = new Map<number, number>();
  let top = 0;
  let shape: readonly number[] | undefined;
  wasm["_malloc"] = (bytes) => {
    // Beyond the top there is room, or the allocator must find a hole: only then is it worth looking for one.
    if (top + bytes + SLACK > WASM_LIMIT_BYTES) {
      const room = largestHole(used, top);
      if (room < bytes + SLACK) throw outOfMemory("wasm", { shape, bytes, room: Math.max(0, room - SLACK) });
    }
    const address = allocate(bytes) >>> 0;
    if (address === 0 && bytes > 0) throw outOfMemory("wasm", { shape, bytes });
    used.set(address, bytes);
    top = Math.max(top, address + bytes);
    return address;
  };
  wasm["_free"] = (address) => {
    used.delete(address >>> 0);
    free(address);
  };
  // On the prototype: recorders put a method of their own before it and take it away again.
  const prototype = Object.getPrototypeOf(backend) as WasmBackend;
  const move = prototype.move.bind(backend);
  prototype.move = (dataId, values, tensorShape, dtype, refCount) => {
    shape = tensorShape;
    try {
      move(dataId, values, tensorShape, dtype, refCount);
    } finally {
      shape = undefined;
    }
  };
  // What is read is a copy, outside this memory: the system may have no room for it.
  const read = prototype.readSync.bind(backend);
  prototype.readSync = (dataId, start, end) => {
    try {
      return read(dataId, start, end);
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause;
      const { shape: copied, dtype } = backend.dataIdMap.get(dataId);
      const bytes = tf.util.sizeFromShape([...copied]) * tf.util.bytesPerElement(dtype);
      throw outOfMemory("wasm", { shape: copied, bytes, cause });
    }
  };
}

/** @returns bytes between two blocks, or behind the last one */
function largestHole(used: ReadonlyMap<number, number>, top: number): number {
  let [hole, end] = [WASM_LIMIT_BYTES - top, 0];
  for (const [address, bytes] of [...used].sort(([a], [b]) => a - b)) {
    hole = Math.max(hole, address - end);
    end = address + bytes;
  }
  return hole;
}
