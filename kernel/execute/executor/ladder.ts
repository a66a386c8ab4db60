// The interrupt ladder, climbed by the watchdog thread:
//   1. work that watches an abort signal is told, and may return what it has within GRACE_MS;
//   2. a main thread that answers its messages ends what the cell awaits, so that `finally` blocks run;
//   3. a main thread that does not answer is stopped wherever it is: no `catch` or `finally` of the user runs, variables stay.
// A second interrupt climbs past the first rung. The wire process's last resort, a new process, is not here.
import { Session } from "node:inspector";
import { GRACE_MS } from "../../../lib/core/host.ts";
import { nextEvent, SLOT, type Shared } from "./shared.ts";

/** Messages that the main thread answers by setting `pong` to `ping` and signalling an event. */
export type Rung = { readonly type: "abort" | "stop" | "settle"; readonly ping: number; readonly serial: number };

/** A main thread that runs no code answers within 1 ms; busy machines take longer. */
const ANSWER_MS = 20;
/** For `finally` blocks after the second rung. */
const UNWIND_MS = 60;
/** Stops are repeated this often: the next one waits for a native call to return. */
const ATTEMPTS = 200;

export interface Ladder {
  readonly post: (rung: Rung) => void;
  /** Work that heeds its signal was found: nobody should lose patience for GRACE_MS. */
  readonly grace: () => void;
}

/** @returns what to do on an interrupt; `force` skips the first rung */
export function createLadder({ state }: Shared, { post, grace }: Ladder): (force: boolean) => Promise<void> {
  let ping = 0;
  let asked = 0;
  let climbing: { serial: number; hurry: boolean } | undefined;

  const running = () => Atomics.load(state, SLOT.running);

  async function until(met: () => boolean, timeoutMs: number): Promise<boolean> {
    const end = performance.now() + timeoutMs;
    for (;;) {
      const seen = Atomics.load(state, SLOT.event);
      if (met()) return true;
      const left = end - performance.now();
      if (left <= 0) return false;
      await nextEvent(state, seen, left);
    }
  }

  function send(type: Rung["type"], serial: number): () => boolean {
    const mine = ++ping;
    post({ type, ping: mine, serial });
    return () => Atomics.load(state, SLOT.pong) >= mine;
  }

  async function climb(serial: number, climb: { hurry: boolean }): Promise<void> {
    const over = () => serial !== 0 && running() !== serial;
    if (!climb.hurry && Atomics.load(state, SLOT.cooperating) > 0 && asked !== serial) {
      asked = serial;
      grace();
      send("abort", serial);
      const returned = () => over() || climb.hurry;
      if ((await until(returned, GRACE_MS)) && over()) return;
    }
    const answered = send("stop", serial);
    if (await until(() => over() || answered(), ANSWER_MS)) {
      if (serial === 0 || (await until(over, UNWIND_MS))) return;
      // It answers and the run goes on: the cell catches what ends its waits. The run is ended without it.
      const settled = send("settle", serial);
      if (await until(() => over() || settled(), ANSWER_MS)) return;
    }
    for (let attempt = 0; attempt < ATTEMPTS && !over(); attempt++) {
      await terminate(ANSWER_MS);
      const settled = send("settle", serial);
      if (await until(() => over() || settled(), ANSWER_MS)) return;
    }
  }

  return async (force) => {
    const serial = running();
    if (climbing) {
      climbing.hurry = true;
      // Wakes the wait on the first rung.
      Atomics.add(state, SLOT.event, 1);
      Atomics.notify(state, SLOT.event);
      return;
    }
    climbing = { serial, hurry: force };
    try {
      await climb(serial, climbing);
    } finally {
      climbing = undefined;
    }
  };
}

/** A connection per stop: an open one makes Node wait, and say so, when the process ends. */
async function terminate(timeoutMs: number): Promise<void> {
  const session = new Session();
  session.connectToMainThread();
  try {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      session.post("Runtime.terminateExecution", () => {
        clearTimeout(timer);
        resolve();
      });
    });
  } finally {
    session.disconnect();
  }
}
