// `node lib/tensor/probe.ts`: tries every engine and prints what it found as one JSON line. A script of its own, run as a child by `blankslate doctor`,
// because a broken native library can end the process that loads it; then the exit code is the finding.
import { availableParallelism } from "node:os";
import { startEngine, useEngine } from "./backend.ts";
import { ENGINE_NAMES } from "./engine.ts";
import type { EngineName, EngineStatus } from "./engine.ts";
import { memory } from "./memory.ts";
import type { EngineMemory } from "./memory.ts";
import { findNative } from "./native/start.ts";
import * as tf from "./tf.ts";

export interface EngineFinding {
  readonly name: EngineName;
  readonly works: boolean;
  readonly version?: string;
  readonly threads?: number;
  readonly device?: EngineStatus["device"];
  readonly deviceName?: string;
  /** Of a 512 x 512 product, the best of five: what the engine can do, not what a model will. */
  readonly gigaflops?: number;
  /** After the trial: what it left behind, and the most it can hold, where there is such a limit. */
  readonly memory?: EngineMemory;
  /** The engine's folder, where it has one of its own. */
  readonly folder?: string;
  /** Why it does not work. */
  readonly problem?: string;
}

export interface Probe {
  readonly engines: readonly EngineFinding[];
  /** What a notebook gets, and why; `problem` when BLANKSLATE_ENGINE asks for what is not there. */
  readonly chosen: EngineStatus | { readonly problem: string };
  readonly cores: number;
}

const SIZE = 512;

async function measureGigaflops(): Promise<number> {
  const a = tf.ones([SIZE, SIZE]);
  let best = Infinity;
  for (let i = 0; i < 5; i++) {
    const start = performance.now();
    const product = tf.matMul(a, a);
    await product.data();
    best = Math.min(best, performance.now() - start);
    product.dispose();
  }
  a.dispose();
  return Math.round((2 * SIZE ** 3) / best / 1e5) / 10;
}

const say = (error: unknown) => (error instanceof Error ? error.message : String(error));

async function tryEngine(name: EngineName): Promise<EngineFinding> {
  const folder = name === "tensorflow" ? findNative()?.folder : undefined;
  const where = folder === undefined ? {} : { folder };
  try {
    const { why: _, ...status } = await useEngine(name);
    // A GPU played by the processor takes seconds for the product, and nobody should compute on it.
    const played = name === "webgpu" && status.device === "cpu";
    const measured = played ? {} : { gigaflops: await measureGigaflops() };
    return { ...status, works: true, ...measured, memory: memory(), ...where };
  } catch (error) {
    return { name, works: false, problem: say(error), ...where };
  }
}

/** @returns every engine tried, and the one that would be chosen */
export async function probe(): Promise<Probe> {
  // The choice first: it must not be coloured by what the trials below load.
  const chosen = await startEngine().catch((error: unknown) => ({ problem: say(error) }));
  const engines: EngineFinding[] = [];
  for (const name of ENGINE_NAMES) engines.push(await tryEngine(name));
  return { engines, chosen, cores: availableParallelism() };
}

if (import.meta.main) process.stdout.write(`${JSON.stringify(await probe())}\n`);
