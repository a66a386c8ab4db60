// A checkpoint's folder: a model folder (model/files.ts), or an adapter's, with two files more: the optimizer's moments, and what run it belongs
// to and how far it was. Schedule, seed (from which every key follows) and cursor (steps times batch) are in the run's options and progress.
import { readdir, readFile, stat, statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { fault, hasCode, isDiskFull } from "../core/errors.ts";
import { recoverDirectory, removePathAtomic, writeDirectoryAtomic, writeFileAtomic } from "../core/files.ts";
import { encodeSafetensors, parseSafetensors, toFloat32 } from "../data/safetensors.ts";
import type { SafetensorsEntry } from "../data/safetensors.ts";
import { load, writeModelFiles } from "../model/files.ts";
import type { Model } from "../model/model.ts";
import * as tf from "../tensor/tf.ts";
import { modelOf } from "./state.ts";
import type { Companions, TrainState } from "./state.ts";

/** How far a run is. */
export interface Progress {
  /** Steps done. */
  readonly step: number;
  /** Tokens read. */
  readonly tokens: number;
  /** Counters of the kind of training, e.g. how many prompts were asked. */
  readonly counters: Readonly<Record<string, number>>;
}

/** What makes two runs the same: a checkpoint of another one is refused. */
export interface Identity {
  readonly kind: string;
  /** Resolved options, JSON. */
  readonly options: unknown;
  /** Hash of the model that training started from; RL's reference, too. */
  readonly startedFrom: string;
  readonly data: string;
  /** Of the examples that the loss is watched on, or null: early stopping goes by them. */
  readonly heldOut: string | null;
  readonly tokenizer: string;
  /** Engines round otherwise, so that on another one it would be another run. */
  readonly engine: string;
  /** Hash of the run and step that this run branched off, or null. */
  readonly forkedFrom: string | null;
}

interface Run {
  readonly identity: Identity;
  readonly progress: Progress;
}

const RUN = "run.json";
const MOMENTS = "moments.safetensors";
const companionFile = (name: string) => `${name}.safetensors`;
const VECTORS = ["theta", "mean", "square"] as const;

const nameOf = (step: number) => `step-${String(step).padStart(6, "0")}`;

/**
 * Whole or not at all: a killed save leaves the checkpoints before it.
 * @throws DISK_FULL  it does not fit; nothing of it is left, and the checkpoints before it are untouched
 */
export async function writeCheckpoint(
  folder: string,
  identity: Identity,
  progress: Progress,
  like: Model,
  state: TrainState,
  companions: Companions = {},
): Promise<void> {
  const model = modelOf(like, state.theta);
  try {
    await writeDirectoryAtomic(join(folder, nameOf(progress.step)), async (part) => {
      await writeModelFiles(model, part);
      await writeFileAtomic(join(part, MOMENTS), await encodeVectors(state, ["mean", "square"]));
      for (const [name, companion] of Object.entries(companions))
        await writeFileAtomic(join(part, companionFile(name)), await encodeVectors(companion, VECTORS));
      const madeBy = { node: process.version };
      await writeFileAtomic(join(part, RUN), `${JSON.stringify({ identity, progress, madeBy }, null, 2)}\n`);
    });
  } catch (error) {
    throw isDiskFull(error) ? await diskFull(folder, progress.step, state, error) : error;
  } finally {
    model.dispose();
  }
}

async function encodeVectors(state: TrainState, names: readonly (typeof VECTORS)[number][]): Promise<Uint8Array> {
  const vectors = new Map<string, SafetensorsEntry>();
  for (const name of names) {
    const values = (await state[name].data()) as Float32Array;
    const data = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    vectors.set(name, { dtype: "F32", shape: [values.length], data });
  }
  return encodeSafetensors(vectors);
}

async function diskFull(folder: string, step: number, { theta }: TrainState, cause: unknown): Promise<Error> {
  const { bavail, bsize } = await statfs(folder);
  const count = (bytes: number) => bytes.toLocaleString("en-US");
  const limit = hasCode(cause, "EFBIG") ? ", and this process may not write a file that large" : "";
  return fault(
    "DISK_FULL",
    `the checkpoint of step ${step} has more than ${count(theta.size * 4 * 3)} bytes; ${count(bavail * bsize)} are free in ${folder}${limit}.`,
    "its earlier checkpoints are whole: make room, and go on with the last one as resumeFrom.",
    cause,
  );
}

/** @throws CHECKPOINT_MISSING */
async function readRequired(path: string, name: string): Promise<Buffer> {
  try {
    // An empty path would be the working directory.
    if (path === "") throw new Error("the path is empty");
    return await readFile(join(path, name));
  } catch (error) {
    throw fault(
      "CHECKPOINT_MISSING",
      `${path === "" ? "the path is empty" : join(path, name)}: no checkpoint can be read.`,
      `${await whichCheckpoint(path)}; without resumeFrom a run starts anew.`,
      error,
    );
  }
}

/**
 * The newest checkpoint in the folder of a run, which a user names as often as one of its checkpoints, or beside the one that is not there. A folder
 * that cannot be listed has none to offer.
 */
async function whichCheckpoint(path: string): Promise<string> {
  for (const folder of path === "" ? [] : [path, dirname(path)]) {
    const names = await readdir(folder).catch(() => []);
    const newest = names
      .filter((name) => /^step-\d+$/.test(name))
      .sort()
      .at(-1);
    if (newest !== undefined) return `name one checkpoint: the newest there is ${join(folder, newest)}`;
  }
  return "name one checkpoint, a folder called step-…";
}

/**
 * @returns which run a checkpoint is of, and how far it was
 * @throws CHECKPOINT_MISSING, CHECKPOINT_DAMAGED
 */
export async function readRun(path: string): Promise<Run> {
  const damaged = (cause?: unknown) =>
    fault("CHECKPOINT_DAMAGED", `${join(path, RUN)} names no run.`, "go on from an earlier checkpoint.", cause);
  if (path !== "") await recoverDirectory(path);
  const text = (await readRequired(path, RUN)).toString("utf8");
  let run: { readonly identity?: Identity; readonly progress?: Progress } | null;
  try {
    run = JSON.parse(text) as typeof run;
  } catch (error) {
    throw damaged(error);
  }
  const { identity, progress } = run ?? {};
  if (!identity || !progress || !Number.isSafeInteger(progress.step)) throw damaged();
  return { identity, progress };
}

/**
 * Puts back what a run trains along with its model.
 * @throws CHECKPOINT_MISSING, CHECKPOINT_DAMAGED, CHECKPOINT_OTHER
 */
export async function readCompanions(path: string, companions: Companions): Promise<void> {
  for (const [name, state] of Object.entries(companions)) {
    const file = companionFile(name);
    if (!(await readdir(path)).includes(file))
      throw fault(
        "CHECKPOINT_OTHER",
        `${path} has no ${name}.`,
        `its run had none: branch off from a run that has a ${name}, or take an algorithm without one.`,
      );
    const { tensors } = parseSafetensors(await readRequired(path, file));
    for (const vector of VECTORS) {
      const entry = tensors.get(vector);
      if (!entry)
        throw fault(
          "CHECKPOINT_DAMAGED",
          `${join(path, companionFile(name))} has no ${vector}.`,
          "go on from an earlier checkpoint.",
        );
      const numbers = toFloat32(entry);
      if (numbers.length !== state.theta.size)
        throw otherShape(path, `${name} ${vector}`, numbers.length, state.theta.size);
      const read = tf.tensor1d(numbers);
      state[vector].assign(read);
      read.dispose();
    }
  }
}

/**
 * Puts a checkpoint's weights and moments into a state.
 * @param path one checkpoint, e.g. ".../step-000100"
 * @throws CHECKPOINT_MISSING, CHECKPOINT_DAMAGED
 * @throws CHECKPOINT_OTHER  it belongs to a model of another shape
 */
export async function readState(path: string, like: Model, state: TrainState): Promise<void> {
  const moments = parseSafetensors(await readRequired(path, MOMENTS)).tensors;
  const momentOf = (name: string) => {
    const entry = moments.get(name);
    if (entry) return toFloat32(entry);
    throw fault("CHECKPOINT_DAMAGED", `${join(path, MOMENTS)} has no ${name}.`, "go on from an earlier checkpoint.");
  };
  const [mean, square] = [momentOf("mean"), momentOf("square")];
  const model = await load(path, { vocab: like.tokenizer, base: like });
  try {
    if (!!model.adapter !== !!like.adapter)
      throw otherShape(path, "adapter", model.parameterCount, like.parameterCount);
    const theta = state.layout.flatOf(model);
    const vectors = { theta, mean: tf.tensor1d(mean), square: tf.tensor1d(square) };
    try {
      for (const name of ["theta", "mean", "square"] as const)
        if (vectors[name].size !== state.theta.size) throw otherShape(path, name, vectors[name].size, state.theta.size);
      for (const name of ["theta", "mean", "square"] as const) state[name].assign(vectors[name]);
    } finally {
      tf.dispose(vectors);
    }
  } finally {
    model.dispose();
  }
}

const otherShape = (path: string, what: string, here: number, wanted: number) =>
  fault(
    "CHECKPOINT_OTHER",
    `${path}: ${what} has ${here} numbers, the model ${wanted}.`,
    "it belongs to a model of another shape.",
  );

/**
 * Removes the oldest checkpoints of a run; those of other runs in the folder, and folders that are no checkpoint, stay.
 * @param keep      how many stay
 * @param keepEvery those of steps that are a multiple of it stay, too
 */
export async function removeOldCheckpoints(
  folder: string,
  identity: Identity,
  { keep, keepEvery }: { readonly keep: number; readonly keepEvery?: number | undefined },
): Promise<void> {
  const own: { path: string; step: number }[] = [];
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    if (!/^step-\d{6,}$/u.test(name) || !(await stat(path)).isDirectory()) continue;
    const run = await readRun(path).catch(nullIfNone);
    if (isDeepStrictEqual(run?.identity, identity)) own.push({ path, step: (run as Run).progress.step });
  }
  own.sort((a, b) => a.step - b.step);
  for (const { path, step } of own.slice(0, Math.max(0, own.length - keep)))
    if (keepEvery === undefined || step % keepEvery !== 0) await removePathAtomic(path);
}

/** What tells no run is not this one's to remove, and no reason to end it. */
function nullIfNone(error: unknown): null {
  if (hasCode(error, "CHECKPOINT_MISSING") || hasCode(error, "CHECKPOINT_DAMAGED")) return null;
  throw error;
}
