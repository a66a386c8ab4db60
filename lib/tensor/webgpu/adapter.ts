// Finds a WebGPU adapter through Dawn (npm `webgpu`, prebuilt for every platform). A software adapter counts as one only when the engine is asked for by name: it is slower than
// the wasm engine by far, and there for tests.
import { existsSync } from "node:fs";

export interface FoundAdapter {
  readonly adapter: GPUAdapter;
  readonly gpu: GPU;
  /** As the driver calls it. */
  readonly name: string;
  /** Whether the processor plays the device. */
  readonly software: boolean;
}

/** Dawn ends when the garbage collector takes its first object, and calls into its devices then end the process: 4 of 28 runs did. */
const alive: object[] = [];

/** @returns the adapter, or undefined when the system has none; throws when Dawn is not there for this platform */
export async function findAdapter(): Promise<FoundAdapter | undefined> {
  // Imported late: 21 MB that most sessions never need.
  const { create, globals } = await import("webgpu");
  // tfjs names GPUBuffer, GPUBufferUsage and their like as a browser has them.
  Object.assign(globalThis, globals);
  const gpu = create([]);
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
  alive.push(gpu);
  if (!adapter) return undefined;
  alive.push(adapter);
  const { vendor, architecture, description, isFallbackAdapter } = adapter.info;
  return { adapter, gpu, name: description || `${vendor} ${architecture}`.trim(), software: isFallbackAdapter };
}

/**
 * Whether looking for a hardware adapter is worth it. On Linux a graphics device is a file; without one Dawn would load for nothing and complain of a missing Vulkan on standard error.
 */
export function mayHaveHardware(): boolean {
  return process.platform !== "linux" || ["/dev/dri", "/dev/nvidiactl", "/dev/dxg"].some((path) => existsSync(path));
}
