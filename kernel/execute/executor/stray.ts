// Errors outside the cell's own promise: a throw in a timer, a rejection that nobody handles. They are shown in the cell they came
// from, also after it ended, and the process lives on.
import process from "node:process";
import { cellError } from "./fault.ts";
import { currentRun, type Run } from "./run.ts";
import type { Up } from "./up.ts";

/** Per run: a timer that throws a thousand times a second must not fill the notebook. */
const MAX_STRAYS = 50;

export function installStrayErrors(up: Up): void {
  const counts = new WeakMap<Run, number>();
  const report = (thrown: unknown) => {
    const run = currentRun();
    const count = run ? (counts.get(run) ?? 0) + 1 : 1;
    if (run) counts.set(run, count);
    if (count > MAX_STRAYS) return;
    const error = cellError(thrown);
    const last = count === MAX_STRAYS ? ["", "Further errors of this cell's timers and promises are not shown."] : [];
    up.send({ type: "stray", cell: run?.cell ?? "", error: { ...error, traceback: [...error.traceback, ...last] } });
  };
  process.on("uncaughtException", report);
  process.on("unhandledRejection", report);
}
