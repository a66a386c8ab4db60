// The interrupt ladder, climbed by the watchdog thread:
//   1. work that watches an abort signal is told, and may return what it has within GRACE_MS;
//   2. a main thread that answers its messages ends what the cell awaits, so that `finally` blocks run;
//   3. a main thread that does not answer is stopped wherever it is: no `catch` or `finally` of the user runs, variables stay.
// A second interrupt climbs past the first rung. The wire process's last resort, a new process, is not here.
import { Session } from "node:inspector";
import { setTimeout as delay } from "node:timers/promises";
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

/** For a cell on its way to the main thread to begin; longer means that a timer of an earlier cell is spinning there. */
const BEGIN_MS = 100;
/** How often the way is cleared for it. */
const CLEARINGS = 5;

/** No cell's serial: what is done to it is done to nobody. */
const NOBODY = -1;

interface Ports {
  /** Cells passed on to the main thread so far. */
  readonly passed: () => number;
  readonly post: (rung: Rung) => void;
  /** Work that heeds its signal was found: nobody should lose patience for GRACE_MS. */
  readonly grace: () => void;
}

export interface Ladder {
  /** What to do on an interrupt; `force` skips the first rung. Resolves to whether it came to its end: false for one that only hurries another. */
  interrupt(force: boolean): Promise<boolean>;
  /** Goes through the motions and stops nothing: the first interrupt finds the code compiled. */
  rehearse(): Promise<void>;
}

export function createLadder({ state }: Shared, { post, grace, passed }: Ports): Ladder {
  let ping = 0;
  let asked = 0;
  let climbing: { hurry: boolean } | undefined;
  let stopping: Promise<void> | undefined;

  const running = () => Atomics.load(state, SLOT.running);

  /** Code that has run so long without a pause: had the main thread been asked when it began, it would not have answered in time. */
  function isSpinning(): boolean {
    const since = Atomics.load(state, SLOT.inside);
    return since !== 0 && ((Date.now() - since) | 0) >= ANSWER_MS;
  }

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
    const answered = isSpinning() ? undefined : send("stop", serial);
    if (answered && (await until(() => over() || answered(), ANSWER_MS))) {
      if (serial === 0 || (await until(over, UNWIND_MS))) return;
      // It answers and the run goes on: the cell catches what ends its waits. The run is ended without it.
      const settled = send("settle", serial);
      if (await until(() => over() || settled(), ANSWER_MS)) return;
    }
    for (let attempt = 0; attempt < ATTEMPTS && !over(); attempt++) {
      stopping ??= ask("Runtime.terminateExecution").finally(() => (stopping = undefined));
      await Promise.race([stopping, delay(ANSWER_MS)]);
      const settled = send("settle", serial);
      if (await until(() => over() || settled(), ANSWER_MS)) break;
    }
    await comeToRest();
  }

  /**
   * A stop that comes when the main thread has just ended the code by itself unwinds whatever runs next. That must not be the next
   * cell, so messages without meaning go first, until the stop was answered and so were they.
   */
  async function comeToRest(): Promise<void> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const answered = send("settle", 0);
      if ((await until(answered, ANSWER_MS)) && !stopping) return;
    }
  }

  async function interrupt(force: boolean): Promise<boolean> {
    if (climbing) {
      climbing.hurry = true;
      // Wakes the wait on the first rung.
      Atomics.add(state, SLOT.event, 1);
      Atomics.notify(state, SLOT.event);
      return false;
    }
    const mine = (climbing = { hurry: force });
    // An interrupt means the cell that was sent last, also when a busy machine has not begun it: then nothing seems to run.
    const meant = passed();
    const begun = () => Atomics.load(state, SLOT.begun) >= meant;
    try {
      for (let clearing = 0; clearing < CLEARINGS; clearing++) {
        const there = await until(begun, BEGIN_MS);
        await climb(running(), mine);
        if (there) break;
      }
      return true;
    } finally {
      climbing = undefined;
    }
  }

  return {
    interrupt,
    async rehearse() {
      await climb(NOBODY, { hurry: true });
      if (running() === 0) await comeToRest();
      // What changes nothing stands in for the stop.
      await ask("Schema.getDomains");
    },
  };
}

/**
 * Resolves when the main thread's inspector has done it, whatever the main thread runs. A connection each time: an open one makes Node wait,
 * and say so, when the process ends.
 */
async function ask(method: "Runtime.terminateExecution" | "Schema.getDomains"): Promise<void> {
  const session = new Session();
  session.connectToMainThread();
  await new Promise<void>((resolve) => session.post(method, () => resolve()));
  session.disconnect();
}
