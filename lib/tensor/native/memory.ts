// libtensorflow says in its own words that memory is out, after it has tried; here they become the laboratory's error, with the tensor's shape.
import { outOfMemory } from "../memory.ts";
import type { Binding } from "./binding.ts";

/** "OOM when allocating tensor with shape[40000,40000] and type float on /job:localhost/…" */
const OUT_OF_MEMORY = /OOM when allocating tensor with shape\[([\d,]*)\] and type (\w+)/;
const WIDE = /int64|double|complex/;

/** @returns the binding, with errors that say what did not fit */
export function guardMemory(binding: Binding): Binding {
  const guarded =
    <A extends unknown[], R>(call: (...args: A) => R) =>
    (...args: A): R => {
      try {
        return call(...args);
      } catch (error) {
        throw explained(error);
      }
    };
  return Object.create(binding, {
    executeOp: { value: guarded(binding.executeOp.bind(binding)) },
    runSavedModel: { value: guarded(binding.runSavedModel.bind(binding)) },
  }) as Binding;
}

function explained(error: unknown): unknown {
  const found = OUT_OF_MEMORY.exec(error instanceof Error ? error.message : String(error));
  if (!found) return error;
  const shape = (found[1] as string).split(",").filter(Boolean).map(Number);
  const bytes = shape.reduce((product, size) => product * size, WIDE.test(found[2] as string) ? 8 : 4);
  const room = process.availableMemory();
  return outOfMemory("tensorflow", { shape, bytes, ...(room < bytes ? { room } : {}), cause: error });
}
