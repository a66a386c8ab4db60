// Chooses the tensor engine, starts it once, and says which one runs and why.
//
// Order: `tensorflow` when its native library is there, else `webgpu` when there is a hardware adapter, else `wasm`. The environment variable BLANKSLATE_ENGINE, or a name
// given here, overrides that; an engine that was asked for by name and cannot start is an error, never another engine.
import { fault } from "../core/errors.ts";
import { ENGINE_NAMES, isEngineName } from "./engine.ts";
import type { EngineName, EngineStatus } from "./engine.ts";
import { findNative, startTensorflow } from "./native/start.ts";
import * as tf from "./tf.ts";
import { startWasm } from "./wasm/start.ts";
import { findAdapter, mayHaveHardware } from "./webgpu/adapter.ts";
import { startWebgpu } from "./webgpu/start.ts";

export type { EngineName, EngineStatus } from "./engine.ts";

type Started = Omit<EngineStatus, "why">;
const starters: Readonly<Record<EngineName, () => Promise<Started>>> = {
  tensorflow: startTensorflow,
  webgpu: startWebgpu,
  wasm: startWasm,
};

let starting: Promise<EngineStatus> | undefined;
let current: EngineStatus | undefined;
const started = new Map<EngineName, Promise<Started>>();

/**
 * Starts the tensor engine; every asynchronous helper of the laboratory awaits it first. Later calls cost nothing.
 * @param name  this engine and no other; without it the first call chooses and later calls keep what runs
 * @returns what runs and why
 * @throws ENGINE_UNKNOWN      no engine has this name
 * @throws ENGINE_UNAVAILABLE  the engine asked for is not installed here, or its library does not load
 */
export function startEngine(name?: EngineName): Promise<EngineStatus> {
  if (name !== undefined && current?.name !== name) return useEngine(name);
  starting ??= choose();
  return starting;
}

/** @returns the running engine, or undefined before the first `startEngine` has finished */
export function engineStatus(): EngineStatus | undefined {
  return current;
}

/** Switches to an engine by name. Tensors of the engine before stay valid: they move over when they are first used. */
export function useEngine(name: EngineName): Promise<EngineStatus> {
  starting = activate(name, "asked for by name");
  return starting;
}

async function choose(): Promise<EngineStatus> {
  const wanted = process.env["BLANKSLATE_ENGINE"];
  if (wanted) {
    if (!isEngineName(wanted)) {
      throw fault(
        "ENGINE_UNKNOWN",
        `BLANKSLATE_ENGINE is "${wanted}".`,
        `it may be one of ${ENGINE_NAMES.join(", ")}, or unset.`,
      );
    }
    return activate(wanted, "BLANKSLATE_ENGINE asks for it");
  }
  const problems: string[] = [];
  // What does not start is said in the status, and so by `doctor`: a broken engine must not look like an absent one.
  const attempt = async (name: EngineName, why: string): Promise<EngineStatus | undefined> => {
    try {
      return await activate(name, [why, ...problems].join("; "));
    } catch (error) {
      problems.push(`the ${name} engine is there but does not start: ${firstLine(error)}`);
      return undefined;
    }
  };
  const native = findNative() && (await attempt("tensorflow", "its native library is set up"));
  if (native) return native;
  const gpu = await hardwareName((fact) => problems.push(fact));
  const onGpu = gpu && (await attempt("webgpu", `${gpu} is here and no native engine is set up`));
  if (onGpu) return onGpu;
  return activate("wasm", problems.join("; ") || "no native engine is set up; `blankslate setup` obtains it");
}

/** @returns the name of a hardware adapter; none when Dawn does not load here, which `tell` hears */
async function hardwareName(tell: (fact: string) => void): Promise<string | undefined> {
  if (!mayHaveHardware()) return undefined;
  try {
    const found = await findAdapter();
    return found && !found.software ? found.name : undefined;
  } catch (error) {
    tell(`there is a GPU, but WebGPU does not start: ${firstLine(error)}`);
    return undefined;
  }
}

const firstLine = (error: unknown) => (error instanceof Error ? error.message : String(error)).split("\n")[0];

async function activate(name: EngineName, why: string): Promise<EngineStatus> {
  if (!isEngineName(name))
    throw fault("ENGINE_UNKNOWN", `no engine is called "${String(name)}".`, `there are ${ENGINE_NAMES.join(", ")}.`);
  let start = started.get(name);
  if (!start) started.set(name, (start = starters[name]()));
  const engine = await start.catch((error: unknown) => {
    started.delete(name);
    throw error;
  });
  if (!(await tf.setBackend(name)))
    throw fault("ENGINE_UNAVAILABLE", `the ${name} engine did not become active.`, "run `blankslate doctor`.");
  current = { ...engine, why };
  return current;
}
