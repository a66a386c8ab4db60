// The tensor engines that tests of numbers run on: wasm always, the native one where it is set up.
import { useEngine } from "../../lib/tensor/backend.ts";
import type { EngineName } from "../../lib/tensor/backend.ts";
import { findNative } from "../../lib/tensor/native/start.ts";

export const engines: readonly EngineName[] = findNative() ? ["wasm", "tensorflow"] : ["wasm"];

export const useEngineNamed = (name: EngineName) => useEngine(name);
