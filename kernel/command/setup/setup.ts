// `blankslate setup`: obtains the native tensor engine. Download (verified), unpack, compile, try, and only then rename into place: a folder that exists is whole.
//
// Each wheel is kept once it is whole, so that a run that was stopped goes on behind its last finished one. Nothing here needs root, and all of it lies in the user's cache folder.
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import {
  BINDING_FILE,
  TENSORFLOW_VERSION,
  cacheFolder,
  installedFlavour,
  nativeEngineFolder,
} from "../../../lib/core/cache.ts";
import type { NativeFlavour } from "../../../lib/core/cache.ts";
import { fault } from "../../../lib/core/errors.ts";
import { removePath, writeDirectoryAtomic } from "../../../lib/core/files.ts";
import { runTool } from "../../execute/tool.ts";
import { compileBinding, findCompiler } from "./compile.ts";
import { downloadWheel, findPython, unpackWheel } from "./python.ts";
import { UNPACKED, wheelsFor } from "./wheels.ts";
import type { Wheel } from "./wheels.ts";

export interface SetupOptions {
  readonly flavour?: NativeFlavour;
  /** Builds it anew although it is there. */
  readonly again?: boolean;
  /** What is being done, one line at a time; without a line break. */
  readonly onLine?: (line: string) => void;
}

export interface SetupState {
  readonly flavour: NativeFlavour;
  readonly folder: string;
  readonly ready: boolean;
  /** What stands in the way of `setup`, in words; empty when it can run (or has run). */
  readonly missing: readonly string[];
}

/** @returns whether the native engine is there, and if not, what `setup` would lack (about 0.3 s then, else nothing) */
export async function setupState(flavour: NativeFlavour = installedFlavour() ?? "cpu"): Promise<SetupState> {
  const folder = nativeEngineFolder(flavour);
  if (existsSync(join(folder, BINDING_FILE))) return { flavour, folder, ready: true, missing: [] };
  const { missing } = await findTools(flavour);
  return { flavour, folder, ready: false, missing };
}

/**
 * Obtains the native engine unless it is there.
 * @returns its folder, the seconds it took (0 when it was there), and whether what was built uses a GPU here
 * @throws SETUP_MISSING            Python 3 with pip, a C++ compiler, or a build for this platform
 * @throws SETUP_INDEX_UNREACHABLE  within 20 s of asking
 * @throws SETUP_CHECKSUM, SETUP_UNPACK, SETUP_COMPILE_FAILED, SETUP_DOES_NOT_LOAD
 */
export async function setup(
  options: SetupOptions = {},
): Promise<{ readonly folder: string; readonly seconds: number; readonly gpu?: boolean }> {
  const { flavour = "cpu", again = false, onLine = () => {} } = options;
  const folder = nativeEngineFolder(flavour);
  if (!again && existsSync(join(folder, BINDING_FILE))) {
    onLine(`TensorFlow ${TENSORFLOW_VERSION} (${flavour}) is set up in ${folder}`);
    return { folder, seconds: 0 };
  }
  const started = performance.now();
  const { python, compiler, wheels, missing } = await findTools(flavour);
  if (!python || !compiler || !wheels)
    throw fault(
      "SETUP_MISSING",
      `the native engine needs ${missing.join(" and ")}.`,
      "without it the wasm engine is used; everything works, more slowly.",
    );
  const megabytes = wheels.reduce((sum, wheel) => sum + wheel.megabytes, 0);
  onLine(
    `TensorFlow ${TENSORFLOW_VERSION} (${flavour}): ${megabytes} MB to download, about ${Math.round(megabytes * UNPACKED[flavour])} MB on disk in ${folder}`,
  );
  const files: string[] = [];
  for (const wheel of wheels) files.push(await obtain(python, wheel, onLine));
  let gpu = false;
  await writeDirectoryAtomic(folder, async (part) => {
    onLine("unpacking the libraries");
    for (const file of files) await unpackWheel(python, file, part);
    onLine(`compiling the binding with ${compiler}`);
    await compileBinding(compiler, part);
    await removePath(join(part, "include"));
    gpu = await tryLoading(part, flavour);
  });
  for (const wheel of wheels) await removePath(downloadFolder(wheel));
  const seconds = (performance.now() - started) / 1_000;
  onLine(`ready after ${Math.round(seconds)} s`);
  return { folder, seconds, gpu };
}

async function findTools(flavour: NativeFlavour) {
  const wheels = wheelsFor(flavour);
  const [python, compiler] = await Promise.all([findPython(), findCompiler()]);
  const missing = [
    ...(wheels
      ? []
      : [
          `a platform with ${flavour === "cuda" ? "CUDA builds" : "builds"} of TensorFlow (this is ${process.platform}-${process.arch})`,
        ]),
    ...(python ? [] : ["Python 3 with pip"]),
    ...(compiler ? [] : ["a C++ compiler (g++ or clang++)"]),
  ];
  return { wheels, python, compiler, missing };
}

const downloadFolder = (wheel: Wheel) =>
  join(cacheFolder(), "downloads", `${wheel.name}-${wheel.version}-${wheel.sha256.slice(0, 12)}`);

/** @returns the verified wheel's path; a folder in place holds a whole one, from this run or an earlier one */
async function obtain(python: string, wheel: Wheel, onLine: (line: string) => void): Promise<string> {
  const folder = downloadFolder(wheel);
  if (!existsSync(folder)) {
    onLine(`downloading ${wheel.name} ${wheel.version} (${wheel.megabytes} MB)`);
    let told = 0;
    await writeDirectoryAtomic(folder, async (part) => {
      await downloadWheel(python, wheel, part, (bytes) => {
        const tenths = Math.floor(bytes / (wheel.megabytes * 1e5));
        if (tenths > told && tenths < 10) onLine(`  ${Math.round(bytes / 1e6)} of ${wheel.megabytes} MB`);
        told = Math.max(told, tenths);
      });
    });
  }
  const file = (await readdir(folder)).find((name) => name.endsWith(".whl"));
  if (!file)
    throw fault("SETUP_UNPACK", `${folder} holds no wheel.`, "remove that folder and run `blankslate setup` again.");
  return join(folder, file);
}

/**
 * In a child: a library that crashes on loading must not take the command line with it. CUDA's runtime is loaded by libtensorflow by name, GPU or not; one that is not found is said
 * nowhere, and everything would be computed on the processor.
 * @returns whether it computes on a GPU
 */
async function tryLoading(folder: string, flavour: NativeFlavour): Promise<boolean> {
  const script = `
    const b = require(${JSON.stringify(join(folder, BINDING_FILE))});
    const gpu = b.isUsingGpuDevice();
    const cuda = ${flavour === "cuda"} && require("fs").readFileSync("/proc/self/maps", "utf8").includes(${JSON.stringify(folder)} + "/nvidia/cuda_runtime/");
    process.stdout.write(JSON.stringify({ version: b.TF_Version, gpu, cuda }))`;
  const { code, stdout, stderr } = await runTool(process.execPath, ["-e", script], { timeoutMs: 120_000 });
  const found = code === 0 ? (JSON.parse(stdout) as { version: string; gpu: boolean; cuda: boolean }) : undefined;
  if (found?.version !== TENSORFLOW_VERSION) {
    throw fault(
      "SETUP_DOES_NOT_LOAD",
      `the compiled engine does not load (exit code ${code}): ${stderr.trim().split("\n").at(-1) ?? ""}`,
      "the system's C library may be too old (glibc 2.27 or newer is needed); the wasm engine works without it.",
    );
  }
  if (flavour === "cuda" && !found.cuda)
    throw fault(
      "SETUP_DOES_NOT_LOAD",
      "libtensorflow does not find CUDA's libraries where the wheels have them.",
      "`blankslate setup` without --cuda obtains the engine for the processor.",
    );
  return found.gpu;
}
