// What an engine is to the rest of the laboratory.

/**
 * `tensorflow`: libtensorflow through tfjs-node, on CPU or CUDA. `webgpu`: any GPU with a driver, through Dawn. `wasm`: the embedded default that works after `npm ci`.
 */
export type EngineName = "tensorflow" | "webgpu" | "wasm";
/** In the order of preference. */
export const ENGINE_NAMES: readonly EngineName[] = ["tensorflow", "webgpu", "wasm"];

export interface EngineStatus {
  readonly name: EngineName;
  /** Of the library that computes: libtensorflow's or the tfjs backend's. */
  readonly version: string;
  /** Why this engine and no other, in words. */
  readonly why: string;
  /** Threads of the processor that one operation may use. */
  readonly threads: number;
  /** "cpu", or the kind of accelerator: NVIDIA's through CUDA, any through WebGPU. */
  readonly device: "cpu" | "cuda" | "gpu";
  /** What the accelerator's driver calls it, where the engine says. */
  readonly deviceName?: string;
}

export function isEngineName(name: string): name is EngineName {
  return (ENGINE_NAMES as readonly string[]).includes(name);
}
