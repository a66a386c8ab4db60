// Errors outside the cell's own promise: a throw in a timer, a rejection that nobody handles. They are shown in the cell they came
// from, also after it ended, and the process lives on.
import process from "node:process";
import { cellError } from "./fault.ts";
import { currentCell } from "./run.ts";
import type { Up } from "./up.ts";

export function installStrayErrors(up: Up): void {
  const report = (error: unknown) => up.send({ type: "stray", cell: currentCell(), error: cellError(error) });
  process.on("uncaughtException", report);
  process.on("unhandledRejection", report);
}
