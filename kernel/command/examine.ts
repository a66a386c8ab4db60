// What `doctor` and `start` know of this machine: runtime, engines, GPU, Jupyter, kernels. Each question is one function, costs at most a few
// seconds and answers "not there" as a fact, not as an error.
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { availableParallelism, cpus, totalmem } from "node:os";
import { join } from "node:path";
import { cacheFolder } from "../../lib/core/cache.ts";
import { hasCode } from "../../lib/core/errors.ts";
import { runTool } from "../execute/tool.ts";
import { activePrefix, dataSearchPath, findKernelspecs, type FoundKernelspec } from "./jupyter-paths.ts";
import { installationOf, KERNEL_NAME, ROOT } from "./kernel-argv.ts";
import { setupState, type SetupState } from "./setup/setup.ts";

/** The environment that `blankslate lab` makes when there is no JupyterLab. */
export const PRIVATE_ENVIRONMENT = join(cacheFolder(), "jupyterlab");
const PRIVATE_JUPYTER = join(
  PRIVATE_ENVIRONMENT,
  ...(process.platform === "win32" ? ["Scripts", "jupyter.exe"] : ["bin", "jupyter"]),
);

/** What lib/tensor/probe.ts prints. It runs in a process of its own: a broken native library ends whoever loads it. */
interface Probe {
  readonly engines: readonly {
    readonly name: string;
    readonly works: boolean;
    readonly version?: string;
    readonly threads?: number;
    readonly device?: string;
    readonly deviceName?: string;
    readonly gigaflops?: number;
    readonly memory?: { readonly tensors: number; readonly bytes: number; readonly limitBytes?: number };
    readonly folder?: string;
    readonly problem?: string;
  }[];
  readonly chosen: { readonly name: string; readonly why: string } | { readonly problem: string };
}

export interface Examination {
  readonly blankslate: { readonly version: string; readonly root: string };
  readonly runtime: { readonly node: string; readonly path: string; readonly pinned: boolean; readonly v8: string };
  readonly machine: {
    readonly platform: string;
    readonly cpu: string;
    readonly cores: number;
    readonly memoryGiB: number;
  };
  readonly gpu: { readonly name: string; readonly driver: string; readonly memory: string } | undefined;
  /** An error when the probe itself died: then `problem` is what it wrote last. */
  readonly engines: Probe | { readonly problem: string };
  readonly native: SetupState;
  readonly jupyter: JupyterFinding;
  readonly kernels: readonly (FoundKernelspec & { readonly state: KernelState })[];
}

/** `here`: starts this installation. `elsewhere`: another one. `broken`: names a file that is gone. */
type KernelState = "here" | "elsewhere" | "broken";

export interface JupyterFinding {
  /** JupyterLab's version, undefined when there is none on PATH and none that `blankslate lab` obtained. */
  readonly lab: string | undefined;
  /** The program `jupyter` that has it. */
  readonly program: string;
  readonly dataPath: readonly string[];
  readonly prefix: string | undefined;
}

/** Asks everything, side by side. */
export async function examine(): Promise<Examination> {
  const [blankslate, gpu, engines, native, jupyter, kernels] = await Promise.all([
    findVersion(),
    findGpu(),
    probeEngines(),
    setupState(),
    findJupyter(),
    findKernels(),
  ]);
  const { node, v8 } = process.versions;
  const pinned = process.execPath.startsWith(join(ROOT, "node_modules"));
  const machine = {
    platform: `${process.platform}-${process.arch}`,
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
  };
  return {
    blankslate,
    runtime: { node, path: process.execPath, pinned, v8 },
    machine,
    gpu,
    engines,
    native,
    jupyter,
    kernels,
  };
}

async function findVersion(): Promise<Examination["blankslate"]> {
  const { version } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")) as { version: string };
  return { version, root: ROOT };
}

/** @returns the first NVIDIA GPU as its driver names it */
export async function findGpu(): Promise<Examination["gpu"]> {
  const query = ["--query-gpu=name,driver_version,memory.total", "--format=csv,noheader"];
  const answer = await ask("nvidia-smi", query, 10_000);
  const [name, driver, memory] = answer?.split("\n")[0]?.split(", ") ?? [];
  return name && driver && memory ? { name, driver, memory } : undefined;
}

async function probeEngines(): Promise<Examination["engines"]> {
  const script = join(ROOT, "lib", "tensor", "probe.ts");
  const flags = ["--disable-warning=ExperimentalWarning"];
  const { code, stdout, stderr } = await runTool(process.execPath, [...flags, script], { timeoutMs: 120_000 });
  const line = stdout.split("\n").findLast((text) => text.startsWith("{"));
  if (code === 0 && line !== undefined) return JSON.parse(line) as Probe;
  return { problem: `the probe ended with code ${code}: ${stderr.trim().split("\n").slice(-3).join(" ")}` };
}

export async function findJupyter(): Promise<JupyterFinding> {
  let program = "jupyter";
  let lab = await ask(program, ["lab", "--version"], 30_000);
  if (lab === undefined && existsSync(PRIVATE_JUPYTER))
    lab = await ask((program = PRIVATE_JUPYTER), ["lab", "--version"], 30_000);
  return { lab: lab?.trim() || undefined, program, dataPath: dataSearchPath(), prefix: activePrefix() };
}

/** @returns Blankslate's kernelspecs, and whatever has its name */
export async function findKernels(): Promise<Examination["kernels"]> {
  const found = await findKernelspecs(dataSearchPath());
  return found
    .filter(({ name, argv }) => name === KERNEL_NAME || installationOf(argv) !== undefined)
    .map((spec) => ({ ...spec, state: stateOf(spec.argv) }));
}

function stateOf(argv: readonly string[]): KernelState {
  const [node = ""] = argv;
  const installation = installationOf(argv);
  const files = [node, ...(installation === undefined ? [] : [join(installation, "kernel", "cli.mjs")])];
  if (!files.every((file) => existsSync(file))) return "broken";
  return installation === ROOT && node === process.execPath ? "here" : "elsewhere";
}

/** @returns what the program printed, undefined when it is missing, fails or takes too long */
async function ask(program: string, args: readonly string[], timeoutMs: number): Promise<string | undefined> {
  try {
    const { code, stdout } = await runTool(program, args, { timeoutMs });
    return code === 0 ? stdout : undefined;
  } catch (error) {
    if (hasCode(error, "TOOL_MISSING") || hasCode(error, "TOOL_TIMEOUT")) return undefined;
    throw error;
  }
}
