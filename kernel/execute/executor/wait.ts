// What a cell awaits ends when the cell is stopped: the transform sends every `await` of a cell through here, so that an interrupt
// raises an error there, `finally` blocks run, and no loop goes on in the background. Awaits inside libraries are left alone.
import { fault } from "../../../lib/core/errors.ts";
import { currentRun, type Run } from "./run.ts";

const AWAIT_SYMBOL = Symbol.for("blankslate.await");

function stopError(): Error {
  return fault("Interrupted", "the cell was stopped while it waited.", "variables are kept.");
}

/**
 * What code of a stopped cell awaits that caught the error and went on: it goes no further, and is collected. A new promise each
 * time, since one that is shared would keep all of it alive.
 */
function never(): Promise<never> {
  return new Promise(() => undefined);
}

/** @returns what to await instead of the value: it ends early when the run is stopped */
export function guard(value: unknown): unknown {
  const run = currentRun();
  if (!run || run.over) return run?.stopped ? never() : value;
  return (typeof value === "object" && value !== null) || typeof value === "function" ? guarded(run, value) : value;
}

/**
 * An async function around `new Promise` with `then(resolve, reject)`, no more: V8 follows exactly these links when it writes the
 * asynchronous part of a stack trace, so the cell's own line stays in it.
 */
async function guarded(run: Run, value: unknown): Promise<unknown> {
  let stop: ((error: unknown) => void) | undefined;
  try {
    return await new Promise((resolve, reject) => {
      stop = reject;
      run.waits.add(reject);
      Promise.resolve(value).then(resolve, reject);
    });
  } finally {
    if (stop) run.waits.delete(stop);
    if (run.over && run.stopped) await never();
  }
}

/** For `for await`: the same, for every step. */
async function* each(values: AsyncIterable<unknown> | Iterable<unknown>): AsyncGenerator {
  const run = currentRun();
  if (!run || (run.over && !run.stopped)) return yield* values;
  const iterator = Symbol.asyncIterator in values ? values[Symbol.asyncIterator]() : values[Symbol.iterator]();
  let finished = false;
  try {
    for (;;) {
      const step = (await guard(iterator.next())) as IteratorResult<unknown>;
      finished = step.done === true;
      if (finished) return undefined;
      yield step.value;
    }
  } finally {
    if (!finished) await iterator.return?.();
  }
}

/** Ends everything the run's code awaits, once: what its `finally` blocks await then goes through. @returns whether there was something */
export function endWaits(run: Run): boolean {
  const waits = [...run.waits];
  run.waits.clear();
  for (const reject of waits) reject(stopError());
  return waits.length > 0;
}

export function installGuard(): void {
  Object.defineProperty(globalThis, AWAIT_SYMBOL, { configurable: true, value: Object.assign(guard, { each }) });
}
