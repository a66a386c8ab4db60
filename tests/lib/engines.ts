// The tensor engines that tests of numbers run on: wasm always, the native one where it is set up; webgpu, where a test asks for it, on the software adapter that Chromium brings.
import { existsSync } from "node:fs";
import { useEngine } from "../../lib/tensor/backend.ts";
import type { EngineName } from "../../lib/tensor/backend.ts";
import { mayHaveHardware } from "../../lib/tensor/webgpu/adapter.ts";
import { findNative } from "../../lib/tensor/native/start.ts";

export const engines: readonly EngineName[] = findNative() ? ["wasm", "tensorflow"] : ["wasm"];

export const useEngineNamed = (name: EngineName) => useEngine(name);

/** Debian's chromium package; the loader (libvulkan1) is a package of its own. */
const SWIFTSHADER = "/usr/lib/chromium/vk_swiftshader_icd.json";
const LOADERS = ["x86_64", "aarch64"].map((machine) => `/usr/lib/${machine}-linux-gnu/libvulkan.so.1`);
const isThere = existsSync(SWIFTSHADER) && LOADERS.some((path) => existsSync(path));
/** Whoever names a driver, or has a GPU, tests on that: its absence is then a failed test. */
const isNamed = process.env["VK_DRIVER_FILES"] !== undefined || mayHaveHardware();
if (isThere && !isNamed) process.env["VK_DRIVER_FILES"] = SWIFTSHADER;
else if (process.env["CI"] && !isNamed)
  throw new Error("the webgpu engine cannot be tested: install chromium and libvulkan1");

/** Every engine that can be tested here. On webgpu values are read with `await x.data()`. */
export const allEngines: readonly EngineName[] = isThere || isNamed ? [...engines, "webgpu"] : engines;
