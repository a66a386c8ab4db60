// Checkpoints: a folder per step from which a run goes on as if it had never stopped, bit for bit on CPU; or from which another run branches
// off. Going on from the wrong place is refused; there is no fresh start by mistake. What lies in a folder is in checkpoint-files.ts.
import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { fault } from "../core/errors.ts";
import { nullable, required, shaped, text, whole } from "../core/options.ts";
import type { ExampleSet } from "../data/example.ts";
import { hashExamples, isStream } from "../data/stream.ts";
import type { ExampleStream } from "../data/stream.ts";
import type { Model } from "../model/model.ts";
import * as tf from "../tensor/tf.ts";
import { readCompanions, readRun, readState, removeOldCheckpoints, writeCheckpoint } from "./checkpoint-files.ts";
import type { Identity, Progress } from "./checkpoint-files.ts";
import type { Watch } from "./run.ts";
import type { Companions, TrainState } from "./state.ts";
import { withRoom } from "./room.ts";

export interface CheckpointOptions {
  /** Checkpoints are its subfolders step-000001, ... */
  readonly folder: string;
  /** Steps between checkpoints; the last step is always one, and the one after which the run is interrupted. */
  readonly every: number;
  /** How many of this run's latest ones stay, at least 1; default: all. */
  readonly keep?: number;
  /** Those of steps that are a multiple of it stay, however old. */
  readonly keepEvery?: number;
}

/** Of the options that every training has. */
export const CHECKPOINT_RULES = {
  checkpoint: nullable(
    shaped<CheckpointOptions>({
      folder: required(text),
      every: required(whole(1)),
      keep: whole(1),
      keepEvery: whole(1),
    }),
  ),
  resumeFrom: nullable(text),
  forkFrom: nullable(text),
};

/** Options that change no number of a run. */
const NO_PART = ["checkpoint", "resumeFrom", "forkFrom", "samples"];

/** @param options resolved */
async function identityOf(
  kind: string,
  model: Model,
  data: ExampleSet | ExampleStream,
  options: object,
  forkFrom: string | null,
  heldOut: ExampleSet | undefined,
): Promise<Identity> {
  const kept = Object.entries(options).filter(([name]) => !NO_PART.includes(name));
  const forked = forkFrom === null ? null : JSON.stringify(await readRun(forkFrom));
  return {
    kind,
    options: JSON.parse(JSON.stringify(Object.fromEntries(kept))) as unknown,
    startedFrom: await model.hash(),
    data: isStream(data) ? (await data.survey()).hash : hashExamples(data.examples),
    heldOut: heldOut ? hashExamples(heldOut.examples) : null,
    tokenizer: model.tokenizer.hash,
    engine: tf.getBackend(),
    forkedFrom: forked === null ? null : createHash("sha256").update(forked).digest("hex"),
  };
}

/**
 * @param same what of the identity must be equal
 * @throws CHECKPOINT_OTHER  the checkpoint belongs to another run; says which part differs
 */
async function goOn(
  path: string,
  identity: Identity,
  same: readonly (keyof Identity)[],
  model: Model,
  state: TrainState,
  companions: Companions,
): Promise<Progress> {
  const run = await readRun(path);
  const differs = same.filter((part) => !isDeepStrictEqual(run.identity[part], identity[part]));
  if (differs.length > 0)
    throw fault(
      "CHECKPOINT_OTHER",
      `${path} belongs to another run: ${differs.join(", ")} differ${details(run.identity, identity, differs)}.`,
      same.includes("options")
        ? `${differs.includes("engine") ? `call \`await useEngine("${run.identity.engine}")\` first; ` : ""}resume with the model, data and options that the run began with; to change data, options or engine give it as forkFrom.`
        : "a branch begins with the model that the run began with, and RL's from a checkpoint of RL.",
    );
  await readState(path, model, state);
  await readCompanions(path, companions);
  return run.progress;
}

/** What can be told of what differs; of hashes nothing can. */
function details(there: Identity, here: Identity, differs: readonly (keyof Identity)[]): string {
  const told = differs.flatMap((part) => {
    if (part === "kind" || part === "engine") return [[part, there[part], here[part]] as const];
    if (part !== "options") return [];
    const [before, now] = [there, here].map(({ options }) => options as Readonly<Record<string, unknown>>);
    return [...new Set([...Object.keys(before ?? {}), ...Object.keys(now ?? {})])]
      .filter((name) => !isDeepStrictEqual(before?.[name], now?.[name]))
      .map((name) => [name, before?.[name], now?.[name]] as const);
  });
  const text = (value: unknown) => (value === undefined ? "none" : JSON.stringify(value));
  return told.length === 0
    ? ""
    : ` (${told.map(([name, before, now]) => `${name} was ${text(before)}, is ${text(now)}`).join("; ")})`;
}

/** What a run does about checkpoints, by its options. */
export interface Saver {
  readonly done: Progress;
  /**
   * @param last  whether the run ends here, before its last step
   * @returns false when it waited for room and was interrupted; see Watch.onPause
   */
  after(step: number, tokens: number, counters: Progress["counters"], last?: boolean): Promise<boolean>;
  /** The run was interrupted: what is done since the last checkpoint is written, so that it goes on from where it was. */
  interrupted(): Promise<void>;
}

/** What belongs to a run beside its model and data. */
interface Beside {
  readonly companions?: Companions;
  readonly heldOut?: ExampleSet | undefined;
  readonly watch?: Watch;
}

/**
 * Reads the checkpoint to go on from, if there is one to, into `state`.
 * @throws CHECKPOINT_MISSING  nothing to go on from is there
 * @throws CHECKPOINT_OTHER, CHECKPOINT_DAMAGED
 */
export async function makeSaver(
  kind: string,
  model: Model,
  data: ExampleSet | ExampleStream,
  options: {
    readonly steps: number;
    readonly checkpoint: CheckpointOptions | null;
    readonly resumeFrom: string | null;
    readonly forkFrom?: string | null;
  },
  state: TrainState,
  { companions = {}, heldOut, watch = {} }: Beside = {},
): Promise<Saver> {
  const { checkpoint, resumeFrom, forkFrom = null, steps } = options;
  let done: Progress = { step: 0, tokens: 0, counters: {} };
  if (checkpoint === null && resumeFrom === null && forkFrom === null)
    return { done, after: () => Promise.resolve(true), interrupted: () => Promise.resolve() };
  const identity = await identityOf(kind, model, data, options, forkFrom, heldOut);
  const whole = Object.keys(identity) as (keyof Identity)[];
  if (resumeFrom !== null) done = await goOn(resumeFrom, identity, whole, model, state, companions);
  // The model stays what a run compares itself with (RL's reference), so a branch has the same.
  else if (forkFrom !== null)
    done = await goOn(
      forkFrom,
      identity,
      // RL counts updates and prompts, which no other training has counted.
      kind === "rl" ? ["kind", "startedFrom", "tokenizer"] : ["startedFrom", "tokenizer"],
      model,
      state,
      companions,
    );
  /** How far the run is, and whether that is written. */
  let latest = done;
  let isWritten = true;
  const save = async ({ folder, keep, keepEvery }: CheckpointOptions): Promise<boolean> => {
    const write = () => writeCheckpoint(folder, identity, latest, model, state, companions);
    if (!(await withRoom(folder, write, watch))) return false;
    isWritten = true;
    if (keep !== undefined) await removeOldCheckpoints(folder, identity, { keep, keepEvery });
    return true;
  };
  return {
    done,
    async after(step, tokens, counters, last = step === steps) {
      latest = { step, tokens, counters };
      isWritten = false;
      if (checkpoint === null || (step % checkpoint.every !== 0 && !last)) return true;
      return save(checkpoint);
    },
    async interrupted() {
      if (checkpoint !== null && !isWritten) await save(checkpoint);
    },
  };
}
