// A run is one execution of one cell. Which run a piece of code belongs to travels with it (AsyncLocalStorage) for ever: through
// promises, timers, event listeners and the pipes of child processes, also long after the run ended.
import { AsyncLocalStorage } from "node:async_hooks";

export interface Run {
  /** The wire process's name for the request. */
  readonly cell: string;
  /** Unique in this process, never 0. */
  readonly serial: number;
  readonly count: number;
  readonly silent: boolean;
  readonly allowStdin: boolean;
  /** Work that watches an abort signal. */
  readonly works: Set<AbortController>;
  /** What the cell's code is awaiting: each is called with the error that ends the wait. */
  readonly waits: Set<(error: unknown) => void>;
  /** An interrupt asked its cooperating work to return; the cell goes on with what that returns. */
  asked: boolean;
  /** It is to end: whatever it awaits throws. */
  stopped: boolean;
  /** Its `done` was sent. */
  over: boolean;
}

const runs = new AsyncLocalStorage<Run>();
let latest: Run | undefined;
let serial = 0;

/** @param options.latest whether code that belongs to no run counts for this one from now on */
export function createRun(
  request: Pick<Run, "cell" | "count" | "silent" | "allowStdin">,
  options: { readonly latest: boolean } = { latest: true },
): Run {
  const { cell, count, silent, allowStdin } = request;
  const run: Run = {
    cell,
    count,
    silent,
    allowStdin,
    serial: ++serial,
    works: new Set(),
    waits: new Set(),
    asked: false,
    stopped: false,
    over: false,
  };
  if (options.latest) latest = run;
  return run;
}

export function within<T>(run: Run, work: () => T): T {
  return runs.run(run, work);
}

/** The run this code belongs to; code that belongs to none (a native callback) counts for the latest one. */
export function currentRun(): Run | undefined {
  return runs.getStore() ?? latest;
}

/** The run that is executing now, if one is. */
export function openRun(): Run | undefined {
  return latest && !latest.over ? latest : undefined;
}

export function currentCell(): string {
  return currentRun()?.cell ?? "";
}
