// Starts the `webgpu` engine: tfjs-backend-webgpu on Dawn's device.
//
// The package's own registration is not used: it looks for a browser's navigator when it is imported, and asks for features in a way that Dawn refuses.
import { fault } from "../../core/errors.ts";
import type { EngineStatus } from "../engine.ts";
import * as tf from "../tf.ts";
import { findAdapter } from "./adapter.ts";
import type { WebgpuBackend } from "./backend.ts";
import { nameKernels, reportFailures } from "./failures.ts";
import { installKernels } from "./kernels/install.ts";

/** As much of them as the adapter has; the defaults are what every phone has. */
const LIMITS = [
  "maxComputeWorkgroupStorageSize",
  "minStorageBufferOffsetAlignment",
  "maxComputeWorkgroupsPerDimension",
  "maxStorageBufferBindingSize",
  "maxStorageBuffersPerShaderStage",
  "maxBufferSize",
  "maxComputeWorkgroupSizeX",
  "maxComputeInvocationsPerWorkgroup",
] as const;

/**
 * Opens the device and registers the backend (0.2 s).
 * @throws ENGINE_UNAVAILABLE no adapter, or Dawn is not there for this platform
 */
export async function startWebgpu(): Promise<Omit<EngineStatus, "why">> {
  const found = await findAdapter().catch((error: unknown) => {
    const fact = error instanceof Error ? error.message : String(error);
    throw fault("ENGINE_UNAVAILABLE", `Dawn does not load: ${fact}`, "`npm ci` obtains it for this platform.", error);
  });
  if (!found)
    throw fault(
      "ENGINE_UNAVAILABLE",
      "no WebGPU adapter was found.",
      "it needs a GPU with a Vulkan, Metal or D3D12 driver; on Linux also libvulkan1.",
    );
  const { adapter, gpu, name, software } = found;
  const requiredLimits = Object.fromEntries(LIMITS.map((limit) => [limit, adapter.limits[limit]]));
  // Subgroups only where a shader can ask which of its group's it is in.
  // Products in 16 bits (sums in 32) by wish alone: what the inputs lose is more than the tolerances that models are held to.
  const wanted = [
    "timestamp-query",
    ...(gpu.wgslLanguageFeatures.has("subgroup_id") ? ["subgroups"] : []),
    ...(process.env["BLANKSLATE_WEBGPU_F16"] === "1" ? ["shader-f16"] : []),
  ];
  const requiredFeatures = (wanted as GPUFeatureName[]).filter((feature) => adapter.features.has(feature));
  const device = await adapter.requestDevice({ requiredLimits, requiredFeatures });
  const { WebGPUBackend, version } = await asInBrowser(gpu, async () => {
    const module = await import("@tensorflow/tfjs-backend-webgpu");
    // The one it registered would open a device of its own.
    tf.removeBackend("webgpu");
    return { WebGPUBackend: module.WebGPUBackend, version: tf.version_core };
  });
  const backend = await asInBrowser(gpu, () => Promise.resolve(new WebGPUBackend(device, adapter.info)));
  reportFailures(backend as unknown as WebgpuBackend, name);
  installKernels(backend as unknown as WebgpuBackend);
  nameKernels();
  tf.registerBackend("webgpu", () => backend);
  return { name: "webgpu", version, threads: 1, device: software ? "cpu" : "gpu", deviceName: name };
}

/** tfjs looks for `navigator.gpu`. It is taken away again: what a process's globals hold of Dawn can keep it from ending. */
async function asInBrowser<T>(gpu: GPU, work: () => Promise<T>): Promise<T> {
  Object.defineProperty(globalThis.navigator, "gpu", { value: gpu, configurable: true });
  try {
    return await work();
  } finally {
    Reflect.deleteProperty(globalThis.navigator, "gpu");
  }
}
