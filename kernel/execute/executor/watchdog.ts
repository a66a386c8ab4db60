// The watchdog thread: reads what the wire process sends, also while the main thread is busy with a cell; stops cells, brings
// answers to prompt(), sends text that the main thread printed and has no time to send. Ends the process when the wire process is gone.
// oxlint-disable unicorn/require-post-message-target-origin -- threads have ports, not windows
import { Socket } from "node:net";
import { parentPort, workerData } from "node:worker_threads";
import { FrameReader } from "../pipe.ts";
import { DOWN_FD, type DownMessage } from "../protocol.ts";
import { createDesk } from "./debug/desk.ts";
import { createLadder } from "./ladder.ts";
import { FLUSH_MS, SLOT } from "./shared.ts";
import { createSideWriter } from "./side-writer.ts";
import { killGroup, type Orphaned } from "./orphan.ts";
import type { WatchdogData } from "./thread.ts";

/** A main thread that does not end by itself within this time is ended. */
const LEAVE_MS = 400;

const { shared, answers } = workerData as WatchdogData;
const { state } = shared;
const main = parentPort!;
const writer = createSideWriter(shared);
/** Cells passed on to the main thread. */
let passed = 0;
const debug = createDesk(writer, state);
const ladder = createLadder(shared, {
  passed: () => passed,
  post: (rung) => main.postMessage(rung),
  grace: () => writer.send({ type: "grace" }),
});

function leave(): void {
  debug.end();
  main.postMessage({ type: "exit" } satisfies DownMessage);
  setTimeout(() => process.kill(process.pid, "SIGKILL"), LEAVE_MS);
}

/** The wire process is gone, and cannot end what cells have started. */
function leaveWithChildren(): void {
  debug.end();
  main.postMessage({ type: "orphaned" } satisfies Orphaned);
  setTimeout(killGroup, LEAVE_MS);
}

/** Messages for the main thread that came while a cell is being stopped: the stop must not hit them. */
const held: DownMessage[] = [];
let stopping = false;

async function interrupt(force: boolean): Promise<void> {
  stopping = true;
  debug.end();
  if (!(await ladder.interrupt(force))) return;
  debug.again();
  stopping = false;
  // An interrupt among them holds back those behind it again.
  for (const message of held.splice(0)) receive(message);
}

function receive(message: DownMessage): void {
  if (
    stopping &&
    (held.length > 0 || message.type !== "interrupt") &&
    !["input", "exit", "debug"].includes(message.type)
  ) {
    held.push(message);
    return;
  }
  switch (message.type) {
    case "interrupt":
      interrupt(message.force).catch((error: unknown) => {
        throw error;
      });
      return;
    case "debug":
      debug.receive(message);
      return;
    case "input":
      answers.postMessage({ cell: message.cell, value: message.value });
      Atomics.add(state, SLOT.typing, 1);
      Atomics.notify(state, SLOT.typing);
      return;
    case "exit":
      leave();
      return;
    case "rehearse":
      void ladder.rehearse();
      // Behind a cell it would be in the way of the next one.
      if (Atomics.load(state, SLOT.running) === 0) main.postMessage(message);
      return;
    case "execute":
      passed++;
      main.postMessage(message);
      return;
    default:
      main.postMessage(message);
  }
}

async function sendStagedText(): Promise<never> {
  for (;;) {
    const dirty = Atomics.waitAsync(state, SLOT.dirty, 0);
    if (dirty.async) await dirty.value;
    await new Promise((resolve) => setTimeout(resolve, FLUSH_MS));
    Atomics.store(state, SLOT.dirty, 0);
    writer.flush();
  }
}

// The main thread says when it listens, and when it is about to end.
main.once("message", () => {
  main.once("message", () => debug.close());
  const reader = new FrameReader<DownMessage>();
  const down = new Socket({ fd: DOWN_FD, readable: true, writable: false });
  down.on("data", (bytes: Buffer) => {
    for (const message of reader.push(bytes)) receive(message);
  });
  down.on("end", leaveWithChildren);
  down.on("error", leaveWithChildren);
});
await sendStagedText();
