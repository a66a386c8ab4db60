// The end of a process that a debugger is connected to. Node waits for the connection to be closed, and says so in the cell's output; so the
// watchdog closes it first.
import type { Worker } from "node:worker_threads";
import { SLOT, type Shared } from "../shared.ts";

const PART_MS = 500;

/** On the main thread, which takes V8's farewell between the short waits. */
export function partFromDebugger(watchdog: Worker, { state }: Shared): void {
  if (Atomics.load(state, SLOT.debugging) === 0) return;
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  watchdog.postMessage("parting");
  const pause = new Int32Array(new SharedArrayBuffer(4));
  const end = performance.now() + PART_MS;
  while (Atomics.load(state, SLOT.debugging) !== 0 && performance.now() < end) Atomics.wait(pause, 0, 0, 1);
}
