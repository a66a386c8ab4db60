// The memory that the main thread (user code) and the watchdog thread share: a few counters and the text printed but not yet sent.
//
// Stopping a cell unwinds the main thread wherever V8 looks for it: at function entries and loop back edges, nowhere else. So a
// change of two counters is written as straight-line code without calls, and whoever finds the lock in the main thread's own name
// is that thread itself, after a stop.

/** Indices into `state`. */
export const SLOT = {
  /** Who may write to the up pipe: FREE, MAIN or WATCHDOG. */
  lock: 0,
  /** Bytes of `staging` in use. */
  staged: 1,
  /** 1 while there may be staged text that the watchdog should send soon. */
  dirty: 2,
  /** Counts everything the watchdog may wait for: answers to its pings, ends of runs. */
  event: 3,
  /** The last ping the main thread answered. */
  pong: 4,
  /** The serial of the run that is executing, 0 when none is. */
  running: 5,
  /** How many pieces of work of the running cell (of any cell, when none runs) watch an abort signal. */
  cooperating: 6,
  /** 1 while the main thread is blocked in prompt(). */
  typing: 7,
  /** How many cells the main thread has begun. */
  begun: 8,
  /** When the running cell's code was entered (the low half of Date.now()); 0 once it has returned to the event loop. */
  inside: 9,
  /** 1 while the debugger holds a connection to the main thread. */
  debugging: 10,
} as const;

export const FREE = 0;
export const MAIN = 1;
export const WATCHDOG = 2;

/** Printed text waits at most this long; the watchdog sends it when the main thread is busy. */
export const FLUSH_MS = 50;

/** 256 KiB: a cell printing 100,000 short lines needs about ten system calls. */
const STAGING_BYTES = 2 ** 18;

export interface Shared {
  readonly state: Int32Array<SharedArrayBuffer>;
  readonly staging: Uint8Array<SharedArrayBuffer>;
}

export function createShared(): Shared {
  return {
    state: new Int32Array(new SharedArrayBuffer(Object.keys(SLOT).length * 4)),
    staging: new Uint8Array(new SharedArrayBuffer(STAGING_BYTES)),
  };
}

/** Tells the watchdog that something it may be waiting for has happened. */
export function signalEvent(state: Int32Array): void {
  Atomics.add(state, SLOT.event, 1);
  Atomics.notify(state, SLOT.event);
}

/** Waits for the next `signalEvent`, at most `timeoutMs`. Only for the watchdog: it never blocks its event loop. */
export async function nextEvent(state: Int32Array, seen: number, timeoutMs: number): Promise<void> {
  const wait = Atomics.waitAsync(state, SLOT.event, seen, timeoutMs);
  if (wait.async) await wait.value;
}
