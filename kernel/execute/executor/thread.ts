// Starts the watchdog thread, and what the two threads share.
import { writeSync } from "node:fs";
import { MessageChannel, Worker, type MessagePort } from "node:worker_threads";
import { createShared, type Shared } from "./shared.ts";

/** What the watchdog gets. */
export interface WatchdogData {
  readonly shared: Shared;
  /** Answers to prompt() go out here. */
  readonly answers: MessagePort;
}

export interface Watching {
  readonly worker: Worker;
  readonly shared: Shared;
  /** Answers to prompt() arrive here. */
  readonly answers: MessagePort;
}

export function startWatchdog(): Watching {
  const shared = createShared();
  const { port1: answers, port2 } = new MessageChannel();
  const workerData: WatchdogData = { shared, answers: port2 };
  const worker = new Worker(new URL("watchdog.ts", import.meta.url), { workerData, transferList: [port2] });
  // Without its watchdog this process could not be reached any more.
  worker.once("error", (error) => {
    writeSync(2, `the watchdog thread failed: ${error.stack ?? String(error)}\n`);
    process.exit(1);
  });
  return { worker, shared, answers };
}
