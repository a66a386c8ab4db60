// Starts the embedded engine: tfjs-backend-wasm from node_modules, with its own .wasm file beside it. Always there after `npm ci`.
import { fault } from "../../core/errors.ts";
import type { EngineStatus } from "../engine.ts";
import * as tf from "../tf.ts";
import type { WasmBackend } from "./backend.ts";
import { tapKernels } from "./calls.ts";
import { guardMemory } from "./memory.ts";
import { installProducts } from "./product/kernels.ts";
import { installRows } from "./rows/kernels.ts";
import { installValues } from "./values/kernels.ts";

export async function startWasm(): Promise<Omit<EngineStatus, "why">> {
  // Imported late: on import it makes itself the default backend, and tensors made before an engine starts would then be an error.
  const wasm = await import("@tensorflow/tfjs-backend-wasm");
  if (!(await withoutProcessHandlers(() => tf.setBackend("wasm")))) {
    throw fault(
      "ENGINE_UNAVAILABLE",
      "the wasm engine did not start.",
      "this Node may lack WebAssembly; run `blankslate doctor`.",
    );
  }
  const backend = tf.backend() as unknown as WasmBackend;
  guardMemory(backend);
  tapKernels(backend);
  installProducts(backend);
  installRows(backend);
  installValues(backend);
  // Once more: kernels look their functions up when the backend becomes active, now through the tap.
  await tf.setBackend("wasm");
  return { name: "wasm", version: wasm.version_wasm, threads: wasm.getThreadsCount(), device: "cpu" };
}

/** Emscripten's loader installs handlers that end the process on any unhandled rejection; a cell's stray promise must not do that. */
async function withoutProcessHandlers<T>(load: () => Promise<T>): Promise<T> {
  const events = ["uncaughtException", "unhandledRejection"] as const;
  const before = events.map((event) => new Set(process.listeners(event as "uncaughtException")));
  const result = await load();
  events.forEach((event, i) => {
    for (const listener of process.listeners(event as "uncaughtException"))
      if (!before[i]?.has(listener)) process.removeListener(event, listener);
  });
  return result;
}
