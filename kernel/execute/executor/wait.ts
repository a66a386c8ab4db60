// What a cell awaits ends when the cell is stopped: the transform sends every `await` of a cell through `guard`, so that an
// interrupt raises an error there, `finally` blocks run, and no loop goes on in the background.
import { fault } from "../../../lib/core/errors.ts";
import { currentRun, type Run } from "./run.ts";

export const AWAIT_SYMBOL = Symbol.for("blankslate.await");

function stopError(): Error {
  return fault("Interrupted", "the cell was stopped while it waited.", "variables are kept.");
}

/** @returns the value itself, or a promise that ends early when the run is stopped */
function guard(value: unknown): unknown {
  const run = currentRun();
  if (!run || run.over) return value;
  if (run.stopped && run.works.size === 0) throw stopError();
  if (typeof value !== "object" && typeof value !== "function") return value;
  return new Promise((resolve, reject) => {
    run.waits.add(reject);
    Promise.resolve(value).then(
      (result) => {
        run.waits.delete(reject);
        resolve(result);
      },
      (error: unknown) => {
        run.waits.delete(reject);
        reject(error);
      },
    );
  });
}

/** Ends everything the run's code awaits. @returns whether there was something */
export function endWaits(run: Run): boolean {
  const waits = [...run.waits];
  run.waits.clear();
  for (const reject of waits) reject(stopError());
  return waits.length > 0;
}

export function installGuard(): void {
  Object.defineProperty(globalThis, AWAIT_SYMBOL, { configurable: true, value: guard });
}
