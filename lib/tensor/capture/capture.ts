// Capture: a step of tensor operations is traced for the shapes it gets and then replayed without per-operation bookkeeping. What a step costs beyond its
// arithmetic (25-70 µs a call, 500-2,000 calls) disappears; on the `tensorflow` engine the whole step is one call, on `wasm` a list of direct ones, on `webgpu` a list of launches.
//
// Words: a step is a function of feeds and variables that returns tensors and may assign variables; a trace is one real run of it, recorded; a program is what a trace
// compiles to. Everything else that a step reads is a closed-over tensor: tensors do not change, so the program keeps it.
//
// The first two runs with given shapes are traced and computed as usual. Only when both recorded the same program does it take over: a number
// that the host put in (a learning rate that is not a feed), a branch taken otherwise or a tensor exchanged between the two makes them differ, and the step stays uncaptured,
// with the reason in `status`. So do steps that read values back or draw random numbers on the engine, and all steps on engines without a recorder.
import * as tf from "../tf.ts";
import { traceOnTensorflow } from "./tensorflow/trace.ts";
import { traceOnWasm } from "./wasm/trace.ts";
import { traceOnWebgpu } from "./webgpu/trace.ts";

export type Feeds = Readonly<Record<string, tf.Tensor>>;
export type Step = (feeds: Feeds) => readonly tf.Tensor[];

/** One recorded run. */
export interface Trace {
  /** Equal for equal programs. */
  readonly fingerprint: string;
  compile(): Promise<Program>;
  /** Lets go of what it keeps; not after compile, whose program then keeps it. */
  release(): void;
}

export interface Program {
  /** Launches of shaders in a run, where the engine makes such. */
  readonly launches?: number;
  /** Assigns the variables and returns the outputs, which the caller disposes. */
  run(feeds: Feeds): tf.Tensor[];
  dispose(): void;
}

/** A run that was recorded, or the reason why it cannot be replayed; its outputs are real either way. */
export interface Traced {
  readonly outputs: tf.Tensor[];
  readonly result: Trace | { readonly refused: string };
}

export type Tracer = (step: Step, feeds: Feeds, variables: readonly tf.Variable[]) => Traced;

const TRACERS: Readonly<Record<string, Tracer>> = {
  tensorflow: traceOnTensorflow,
  webgpu: traceOnWebgpu,
  wasm: traceOnWasm,
};

export interface CaptureStatus {
  /** Names, types and shapes of the feeds. */
  readonly shapes: string;
  readonly state: "traced once" | "captured" | "uncaptured";
  /** Why it stays uncaptured. */
  readonly why?: string;
  readonly runs: number;
  /** Of a run on webgpu, once captured: launches of shaders. */
  readonly launches?: number;
}

export interface Captured {
  /**
   * One run of the step: traced, replayed or as it is, with the same numbers.
   * @param feeds what changes between runs, by name; they stay the caller's
   * @returns the step's outputs; the caller disposes them
   */
  run(feeds: Feeds): Promise<tf.Tensor[]>;
  status(): readonly CaptureStatus[];
  /** Frees the programs and the closed-over tensors they keep; the variables are the caller's. */
  dispose(): void;
}

/** Programs kept at a time. A training run meets about ten lengths, generation about twenty batch sizes. */
const MAX_PROGRAMS = 64;

type Entry = { shapes: string; runs: number; why?: string; first?: Trace; program?: Program };

/**
 * @param step      called inside a tidy; must not await, read values back or depend on host state that changes
 * @param variables those that the step reads or assigns
 * @example
 * const total = tf.variable(tf.scalar(0));
 * const captured = capture(({ by }) => {
 *   total.assign(tf.add(total, by));
 *   return [tf.mul(by, 2)];
 * }, [total]);
 * const [twice] = await captured.run({ by: tf.scalar(3) });
 */
export function capture(step: Step, variables: readonly tf.Variable[] = []): Captured {
  const entries = new Map<string, Entry>();
  return {
    async run(feeds) {
      const shapes = `${tf.getBackend()} ${shapesOf(feeds)}`;
      const entry = entries.get(shapes) ?? { shapes, runs: 0 };
      // Put back at the end: the map's first entry is then the one unused for longest.
      entries.delete(shapes);
      entries.set(shapes, entry);
      if (entries.size > MAX_PROGRAMS) evict(entries);
      entry.runs += 1;
      if (entry.program) return entry.program.run(feeds);
      const tracer = TRACERS[tf.getBackend()];
      if (!tracer) entry.why = `the ${tf.getBackend()} engine replays nothing yet`;
      if (!tracer || entry.why !== undefined) return tf.tidy(() => [...step(feeds)]);
      const { outputs, result } = tracer(step, feeds, variables);
      await advance(entry, result);
      return outputs;
    },
    status: () =>
      Array.from(entries.values(), ({ shapes, runs, why, program }) => ({
        shapes,
        runs,
        state: program ? "captured" : why === undefined ? "traced once" : "uncaptured",
        ...(why === undefined ? {} : { why }),
        ...(program?.launches === undefined ? {} : { launches: program.launches }),
      })),
    dispose() {
      for (const entry of entries.values()) free(entry);
      entries.clear();
    },
  };
}

/** From one trace to two equal ones to a program. */
async function advance(entry: Entry, result: Traced["result"]): Promise<void> {
  const { first } = entry;
  delete entry.first;
  first?.release();
  if ("refused" in result) entry.why = result.refused;
  else if (!first) entry.first = result;
  else if (first.fingerprint !== result.fingerprint) {
    result.release();
    entry.why =
      "two runs with these shapes did different things: a host number that is no feed, a branch, or another tensor";
  } else {
    try {
      entry.program = await result.compile();
    } catch (error) {
      result.release();
      entry.why = `the recorded step does not compile: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
}

function evict(entries: Map<string, Entry>): void {
  const [oldest] = entries;
  if (!oldest) return;
  free(oldest[1]);
  entries.delete(oldest[0]);
}

function free({ first, program }: Entry): void {
  first?.release();
  program?.dispose();
}

const shapesOf = (feeds: Feeds) =>
  Object.entries(feeds)
    .map(([name, { dtype, shape }]) => `${name}:${dtype}[${shape.join()}]`)
    .join(" ");
