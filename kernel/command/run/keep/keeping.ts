// Keeping a run's kernel when it stops, and finding it again: what `run --keep` and `run --resume` do around an ordinary run.
import { resolve } from "node:path";
import { fault } from "../../../../lib/core/errors.ts";
import type { WireMessage } from "../../../wire/frames.ts";
import type { NotebookRun, RunEnd } from "../execute.ts";
import type { RunningKernel } from "../kernel.ts";
import { askKernel } from "../manifest/manifest.ts";
import type { Parameters } from "../parameters.ts";
import { keptFolder, readRecord, sweepKept } from "./folder.ts";
import { endKept, type KeepableKernel, openKeptKernel, takeKeptKernel } from "./kept-kernel.ts";
import { encodeRecord, type KeptRun, parseRecord, type Resume, stopOf } from "./record.ts";

const MINUTE_MS = 60_000;

/** A run that was kept. */
export interface Found {
  readonly output: string;
  readonly run: KeptRun;
}

/**
 * @param path the notebook that was run, or the executed one
 * @param output where the executed one goes
 * @throws RESUME_GONE
 */
export async function findKept(path: string, output: string): Promise<Found> {
  await sweepKept();
  for (const place of new Set([output, resolve(path)])) {
    const record = await readRecord(keptFolder(place));
    if (record !== undefined) return { output: place, run: parseRecord(record) };
  }
  const hint = "it ends after its time, with a finished run and with a new one: run the notebook again, with --keep.";
  throw fault("RESUME_GONE", `no kernel is kept for ${output}.`, hint);
}

/** @returns whether there was one; it is gone */
export async function endEarlier(output: string): Promise<boolean> {
  await sweepKept();
  return endKept(keptFolder(output));
}

/** Of one run: opens its kernel under a keeper and leaves it behind if it stops. */
export class Keeping {
  readonly #folder: string;
  readonly #found: KeptRun | undefined;
  readonly #idleMinutes: number;
  readonly #about: { readonly parameters: Parameters; readonly orderBefore: readonly string[] };
  #process: string | undefined;

  constructor(
    output: string,
    found: KeptRun | undefined,
    idleMinutes: number,
    about: { readonly parameters: Parameters; readonly orderBefore: readonly string[] },
  ) {
    this.#folder = keptFolder(output);
    this.#found = found;
    this.#idleMinutes = idleMinutes;
    this.#about = about;
  }

  async open(cwd: string, onIopub: (message: WireMessage) => void): Promise<KeepableKernel> {
    if (!this.#found) {
      const fresh = await openKeptKernel(this.#folder, cwd, onIopub);
      this.#process = await processOf(fresh);
      return fresh;
    }
    const kernel = await takeKeptKernel(this.#folder, onIopub);
    this.#process = await processOf(kernel);
    if (this.#process === this.#found.process) return kernel;
    await kernel.close();
    const fact = "the process that held the variables has ended since.";
    throw fault("RESUME_GONE", fact, "run the notebook again, with --keep.");
  }

  /** @returns minutes it stays; "lost" when the variables are gone already, and the caller has to close it */
  async leave(
    kernel: KeepableKernel,
    job: NotebookRun,
    end: Exclude<RunEnd, { kind: "finished" }>,
    about: { readonly ms: number; readonly resumes: readonly Resume[] },
  ): Promise<number | "lost"> {
    if (this.#process === undefined || (await processOf(kernel)) !== this.#process) return "lost";
    const record: KeptRun = {
      notebook: job.notebook,
      parameters: this.#about.parameters,
      number: end.number,
      process: this.#process,
      stop: stopOf(end),
      resumes: [...about.resumes],
      displays: job.displays(),
      orderBefore: [...this.#about.orderBefore],
      idleMinutes: this.#idleMinutes,
      ms: about.ms,
    };
    await kernel.leave(encodeRecord(record), Date.now() + this.#idleMinutes * MINUTE_MS);
    return this.#idleMinutes;
  }
}

/** Which process evaluates the cells; undefined: it is gone, or does not answer. */
async function processOf(kernel: RunningKernel): Promise<string | undefined> {
  const data = await askKernel(kernel, "`${process.pid} ${performance.timeOrigin}`");
  const text = data?.["text/plain"];
  return typeof text === "string" ? text : undefined;
}
