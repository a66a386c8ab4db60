// Memory in words: what the running engine holds, and the error when a tensor does not fit.
import { fault } from "../core/errors.ts";
import type { BlankslateError } from "../core/errors.ts";
import type { EngineName } from "./engine.ts";
import * as tf from "./tf.ts";

export interface EngineMemory {
  /** Alive, of all engines. */
  readonly tensors: number;
  /** Their content; several tensors may share one. */
  readonly bytes: number;
  /** What the engine has taken for it from the system or the device, where it says: with what it keeps for the next tensors. */
  readonly takenBytes?: number;
  /** The most it can take, where there is such a limit. */
  readonly limitBytes?: number;
}

/** A wasm memory of 32-bit addresses. */
export const WASM_LIMIT_BYTES = 2 ** 32;

/**
 * @returns what the tensors of this process take now
 * @example memory().tensors // 0 before the first tensor
 */
export function memory(): EngineMemory {
  const { numTensors: tensors, numBytes: bytes } = tf.memory();
  // No backend, no engine: asking for it would start tfjs's own default.
  const backend = tf.engine().backendName ? (tf.backend() as unknown as Partial<Wasm & Webgpu>) : {};
  if (backend.wasm) return { tensors, bytes, takenBytes: backend.wasm.HEAPU8.byteLength, limitBytes: WASM_LIMIT_BYTES };
  if (backend.bufferManager) return { tensors, bytes, takenBytes: backend.bufferManager.numBytesAllocated };
  return { tensors, bytes };
}

type Wasm = { readonly wasm: { readonly HEAPU8: Uint8Array } };
type Webgpu = { readonly bufferManager: { readonly numBytesAllocated: number } };

export interface Unfit {
  /** Of the tensor that did not fit, where it is known. */
  readonly shape?: readonly number[] | undefined;
  readonly bytes: number;
  /** The most that could have been had, where it is known. */
  readonly room?: number;
  readonly cause?: unknown;
}

/** @returns an error that names the tensor, what is in use, and what would fit */
export function outOfMemory(engine: EngineName, { shape, bytes, room, cause }: Unfit): BlankslateError {
  const held = memory();
  const what = shape ? `a tensor of shape [${shape.join(", ")}]` : "a tensor";
  const full = `the ${engine} engine has no ${bytesText(bytes)} for ${what}`;
  const state = `${held.tensors.toLocaleString("en")} tensors hold ${bytesText(held.bytes)}`;
  const fits =
    room === undefined
      ? "smaller batches need less"
      : room < 2 ** 20
        ? "nothing more would fit"
        : `${bytesText(room)} would fit, ${Math.floor((100 * room) / bytes)} % of it`;
  return fault(
    "OUT_OF_MEMORY",
    `${full}: ${state}.`,
    `${fits}. Dispose tensors that are not needed, or lower batch, tokensAtOnce or rowsAtOnce.`,
    cause,
  );
}

/**
 * Ends at once what cannot end well: numbers that are more than the engine can ever hold, or than this machine has free.
 * @param what that would hold them
 * @throws OUT_OF_MEMORY
 */
export function refuseBeyondMemory(bytes: number, what: string): void {
  const room = Math.min(memory().limitBytes ?? Infinity, process.availableMemory());
  if (bytes <= room) return;
  throw fault(
    "OUT_OF_MEMORY",
    `${what} takes ${bytesText(bytes)} for its weights alone; there are ${bytesText(room)}.`,
    "make it smaller; training takes about four times as much as the weights.",
  );
}

/** @example bytesText(3 * 2 ** 20) // "3.0 MiB" */
export function bytesText(bytes: number): string {
  for (const [unit, size] of UNITS) if (bytes >= size) return `${(bytes / size).toFixed(1)} ${unit}`;
  return `${bytes} bytes`;
}
const UNITS = [
  ["GiB", 2 ** 30],
  ["MiB", 2 ** 20],
  ["KiB", 2 ** 10],
] as const;
