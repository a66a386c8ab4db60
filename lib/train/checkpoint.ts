// Checkpoints: a folder per step from which a run goes on as if it had never stopped, bit for bit on CPU. Such a folder is a model folder
// (model/files.ts) with two files more: the optimizer's moments, and what run it belongs to and how far it was.
// Going on from the wrong place is refused; there is no fresh start by mistake.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fault } from "../core/errors.ts";
import { recoverDirectory, writeDirectoryAtomic, writeFileAtomic } from "../core/files.ts";
import type { ExampleSet } from "../data/example.ts";
import { hashExamples, isStream } from "../data/stream.ts";
import type { ExampleStream } from "../data/stream.ts";
import { encodeSafetensors, parseSafetensors, toFloat32 } from "../data/safetensors.ts";
import type { SafetensorsEntry } from "../data/safetensors.ts";
import { load, writeModelFiles } from "../model/files.ts";
import type { Model } from "../model/model.ts";
import * as tf from "../tensor/tf.ts";
import { flatWeights, modelOf } from "./state.ts";
import type { TrainState } from "./state.ts";

export interface CheckpointOptions {
  /** Checkpoints are its subfolders step-000001, ... */
  readonly folder: string;
  /** Steps between checkpoints; the last step is always one. */
  readonly every: number;
}

/** How far a run is. */
interface Progress {
  /** Steps done. */
  readonly step: number;
  /** Tokens read. */
  readonly tokens: number;
  /** Counters of the kind of training, e.g. how many prompts were asked. */
  readonly counters: Readonly<Record<string, number>>;
}

/** What makes two runs the same: a checkpoint of another one is refused. */
interface Identity {
  readonly kind: string;
  /** Resolved options, JSON. */
  readonly options: unknown;
  /** Hash of the model that training started from; RL's reference, too. */
  readonly startedFrom: string;
  readonly data: string;
  readonly tokenizer: string;
}

/** Options that change no number of a run. */
const NO_PART = ["checkpoint", "resumeFrom", "samples"];

/** @param options resolved */
async function identityOf(
  kind: string,
  model: Model,
  data: ExampleSet | ExampleStream,
  options: object,
): Promise<Identity> {
  const kept = Object.entries(options).filter(([name]) => !NO_PART.includes(name));
  return {
    kind,
    options: JSON.parse(JSON.stringify(Object.fromEntries(kept))) as unknown,
    startedFrom: await model.hash(),
    data: isStream(data) ? (await data.survey()).hash : hashExamples(data.examples),
    tokenizer: model.tokenizer.hash,
  };
}

const RUN = "run.json";
const MOMENTS = "moments.safetensors";

/** Whole or not at all: a killed save leaves the checkpoints before it. */
async function writeCheckpoint(
  { folder }: CheckpointOptions,
  identity: Identity,
  progress: Progress,
  like: Model,
  state: TrainState,
): Promise<void> {
  const model = modelOf(like, state.theta);
  try {
    await writeDirectoryAtomic(join(folder, `step-${String(progress.step).padStart(6, "0")}`), async (part) => {
      await writeModelFiles(model, part);
      const moments = new Map<string, SafetensorsEntry>();
      for (const name of ["mean", "square"] as const) {
        const values = (await state[name].data()) as Float32Array;
        const data = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
        moments.set(name, { dtype: "F32", shape: [values.length], data });
      }
      await writeFileAtomic(join(part, MOMENTS), encodeSafetensors(moments));
      await writeFileAtomic(join(part, RUN), `${JSON.stringify({ identity, progress }, null, 2)}\n`);
    });
  } finally {
    model.dispose();
  }
}

/**
 * Puts a checkpoint's weights and moments into a state.
 * @param path one checkpoint, e.g. ".../step-000100"
 * @throws CHECKPOINT_MISSING  nothing to go on from is there
 * @throws CHECKPOINT_OTHER    it belongs to another run; says which part differs
 */
async function readCheckpoint(path: string, identity: Identity, like: Model, state: TrainState): Promise<Progress> {
  const read = async (name: string) => {
    try {
      return await readFile(join(path, name));
    } catch (error) {
      throw fault(
        "CHECKPOINT_MISSING",
        `${join(path, name)} cannot be read.`,
        "name one checkpoint, a folder called step-…; without resumeFrom a run starts anew.",
        error,
      );
    }
  };
  await recoverDirectory(path);
  const run = JSON.parse((await read(RUN)).toString("utf8")) as { identity: Identity; progress: Progress };
  const differs = (["kind", "options", "startedFrom", "data", "tokenizer"] as const).filter(
    (part) => JSON.stringify(run.identity[part]) !== JSON.stringify(identity[part]),
  );
  if (differs.length > 0)
    throw fault(
      "CHECKPOINT_OTHER",
      `${path} belongs to another run: ${differs.join(", ")} differ.`,
      "resume with the model, data and options that the run began with; to train on from its weights, load the folder as a model.",
    );
  const moments = parseSafetensors(await read(MOMENTS)).tensors;
  const model = await load(path, { vocab: like.tokenizer, base: like });
  const [count] = state.theta.shape as [number];
  const vectors = {
    theta: flatWeights(model),
    mean: tf.tensor1d(toFloat32(moments.get("mean") as SafetensorsEntry), "float32"),
    square: tf.tensor1d(toFloat32(moments.get("square") as SafetensorsEntry), "float32"),
  };
  model.dispose();
  for (const name of ["theta", "mean", "square"] as const) {
    if (vectors[name].size !== count)
      throw fault(
        "CHECKPOINT_OTHER",
        `${path}: ${name} has ${vectors[name].size} numbers, the model ${count}.`,
        "it is damaged.",
      );
    state[name].assign(vectors[name]);
  }
  tf.dispose(vectors);
  return run.progress;
}

/** What a run does about checkpoints, by its options. */
export interface Saver {
  readonly done: Progress;
  /** @param last  whether the run ends here, before its last step */
  after(step: number, tokens: number, counters: Progress["counters"], last?: boolean): Promise<void>;
}

/** Reads the checkpoint to go on from, if there is one to, into `state`. */
export async function makeSaver(
  kind: string,
  model: Model,
  data: ExampleSet | ExampleStream,
  options: {
    readonly steps: number;
    readonly checkpoint: CheckpointOptions | null;
    readonly resumeFrom: string | null;
  },
  state: TrainState,
): Promise<Saver> {
  const { checkpoint, resumeFrom, steps } = options;
  const fresh = { step: 0, tokens: 0, counters: {} };
  if (checkpoint === null && resumeFrom === null) return { done: fresh, after: async () => {} };
  const identity = await identityOf(kind, model, data, options);
  const done = resumeFrom === null ? fresh : await readCheckpoint(resumeFrom, identity, model, state);
  return {
    done,
    async after(step, tokens, counters, last = step === steps) {
      if (checkpoint === null || (step % checkpoint.every !== 0 && !last)) return;
      await writeCheckpoint(checkpoint, identity, { step, tokens, counters }, model, state);
    },
  };
}
