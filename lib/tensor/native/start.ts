// Starts the `tensorflow` engine: tfjs-node's backend in JavaScript, from node_modules, on the binding that `blankslate setup` compiled.
//
// The package's own entry is not used: it looks for a binary through node-pre-gyp that nobody downloads here, and makes itself the default backend on import.
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import util from "node:util";
import { BINDING_FILE, TENSORFLOW_VERSION, installedFlavour, nativeEngineFolder } from "../../core/cache.ts";
import type { NativeFlavour } from "../../core/cache.ts";
import { fault } from "../../core/errors.ts";
import type { EngineStatus } from "../engine.ts";
import * as tf from "../tf.ts";
import type { Binding } from "./binding.ts";
import { installKernels } from "./kernels.ts";
import { guardMemory } from "./memory.ts";

const PACKAGE = "@tensorflow/tfjs-node-gpu";

/** @returns the folder of the native engine that would be used, or undefined when none is set up */
export function findNative(): { readonly folder: string; readonly flavour: NativeFlavour } | undefined {
  const flavour = installedFlavour();
  return flavour && { folder: nativeEngineFolder(flavour), flavour };
}

/**
 * Registers the backend and its kernels, and loads the library (about 0.4 s).
 * @throws ENGINE_UNAVAILABLE nothing is set up, or the library does not load
 */
export async function startTensorflow(): Promise<Omit<EngineStatus, "why">> {
  const native = findNative();
  if (!native)
    throw fault(
      "ENGINE_UNAVAILABLE",
      "the tensorflow engine is not set up.",
      "`blankslate setup` obtains it; it needs Python 3 with pip and a C++ compiler.",
    );
  const binding = guardMemory(loadBinding(join(native.folder, BINDING_FILE)));
  const require = createRequire(import.meta.url);
  restoreRemovedUtilities();
  const { NodeJSKernelBackend } = require(`${PACKAGE}/dist/nodejs_kernel_backend.js`) as {
    NodeJSKernelBackend: new (binding: Binding, packageName: string) => tf.KernelBackend;
  };
  require(`${PACKAGE}/dist/register_all_kernels.js`);
  installKernels();
  tf.registerBackend("tensorflow", () => new NodeJSKernelBackend(binding, PACKAGE));
  const device = binding.isUsingGpuDevice() ? "cuda" : "cpu";
  return {
    name: "tensorflow",
    version: TENSORFLOW_VERSION,
    threads: availableParallelism(),
    device,
  };
}

function loadBinding(file: string): Binding {
  // TensorFlow greets on fd 2 with its CPU features, oneDNN and CUDA; what is left at 2 are errors. Read by the library when it is loaded.
  process.env["TF_CPP_MIN_LOG_LEVEL"] ??= "2";
  // oneDNN announces itself whatever the level above says.
  process.env["TF_ENABLE_ONEDNN_OPTS"] ??= "0";
  try {
    return createRequire(import.meta.url)(file) as Binding;
  } catch (error) {
    const fact = error instanceof Error ? error.message : String(error);
    throw fault(
      "ENGINE_UNAVAILABLE",
      `the native library does not load: ${fact}`,
      "`blankslate setup --again` builds it anew.",
      error,
    );
  }
}

/** tfjs-node 4.22 calls two functions of `util`: one that Node 23 removed, and one that warns of its own deprecation. */
function restoreRemovedUtilities(): void {
  const target = util as unknown as Record<string, unknown>;
  target["isNullOrUndefined"] ??= (value: unknown) => value === null || value === undefined;
  target["isArray"] = Array.isArray;
}
