// What an engine is to the rest of the laboratory.

/** `tensorflow`: libtensorflow through tfjs-node, on CPU or CUDA. `wasm`: the embedded default that works after `npm ci`. */
export type EngineName = "tensorflow" | "wasm";
export const ENGINE_NAMES: readonly EngineName[] = ["tensorflow", "wasm"];

export interface EngineStatus {
  readonly name: EngineName;
  /** Of the library that computes: libtensorflow's or tfjs-backend-wasm's. */
  readonly version: string;
  /** Why this engine and no other, in words. */
  readonly why: string;
  /** Threads that one operation may use. */
  readonly threads: number;
  /** "cpu", or the kind of accelerator. */
  readonly device: "cpu" | "cuda";
}

export function isEngineName(name: string): name is EngineName {
  return (ENGINE_NAMES as readonly string[]).includes(name);
}
