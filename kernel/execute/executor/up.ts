// The main thread's end of the up pipe: messages go out at once and synchronously, printed text is staged for at most FLUSH_MS.
// Safe against a stop at any point: a frame that was cut short is finished by the next call, never torn and never sent twice.
import { performance } from "node:perf_hooks";
import { encodeFrame } from "../pipe.ts";
import type { UpMessage } from "../protocol.ts";
import { FLUSH_MS, FREE, MAIN, SLOT, WATCHDOG, type Shared } from "./shared.ts";
import { stagedFrames, stageText, writeSome, type StreamName, type Tail } from "./staging.ts";

/** Longer texts are sent as frames of their own, in pieces of this many UTF-16 units. */
const PIECE = 2 ** 16;
const FULL_PAUSE_MS = 1;
const pause = new Int32Array(new SharedArrayBuffer(4));

export interface Up {
  text(cell: string, name: StreamName, text: string): void;
  send(message: UpMessage): void;
  /** Sends staged text now. */
  flush(): void;
  /** The next print leaves at once: a cell starts. */
  eager(): void;
  /** From now on every print leaves at once: the process is about to end. */
  unbuffered(): void;
}

export function createUp(shared: Shared): Up {
  const { state } = shared;
  const tail: Tail = { cell: "", name: "stdout", start: 0 };
  let pending: Uint8Array | null = null;
  let sent = 0;
  let lastFlush = 0;
  let buffered = true;

  /** Sends the rest of `pending`. Between the return of the write and `sent += n` V8 never stops the code. */
  function drain(): void {
    while (pending !== null) {
      const n = writeSome(pending, sent);
      sent += n;
      // Full: the wire process reads no faster than front ends take. A stop gets through here, as it would not in a blocking write.
      if (n === 0) Atomics.wait(pause, 0, 0, FULL_PAUSE_MS);
      if (sent >= pending.length) pending = null;
    }
  }

  function write(frames: Uint8Array): void {
    sent = 0;
    pending = frames;
    drain();
  }

  function flushOwned(): void {
    lastFlush = performance.now();
    if ((state[SLOT.staged] ?? 0) === 0) return;
    const frames = stagedFrames(shared);
    sent = 0;
    pending = frames;
    state[SLOT.staged] = 0;
    drain();
  }

  function own(): void {
    for (;;) {
      const holder = Atomics.compareExchange(state, SLOT.lock, FREE, MAIN);
      if (holder === FREE) return;
      if (holder === MAIN) {
        // A stop left it so. Finish its frame; staged text goes out before anything is appended to a half-made segment.
        drain();
        flushOwned();
        return;
      }
      Atomics.wait(state, SLOT.lock, WATCHDOG);
    }
  }

  function release(): void {
    Atomics.store(state, SLOT.lock, FREE);
  }

  return {
    text(cell, name, text) {
      own();
      if (text.length > PIECE) {
        flushOwned();
        for (let at = 0; at < text.length;) {
          let end = Math.min(at + PIECE, text.length);
          if (end < text.length && (text.charCodeAt(end - 1) & 0xfc00) === 0xd800) end--;
          write(encodeFrame({ type: "stream", cell, name, text: text.slice(at, end) }));
          at = end;
        }
      } else if (!stageText(shared, tail, cell, name, text)) {
        flushOwned();
        stageText(shared, tail, cell, name, text);
      }
      if (!buffered || performance.now() - lastFlush > FLUSH_MS) flushOwned();
      release();
      if ((state[SLOT.staged] ?? 0) > 0 && state[SLOT.dirty] === 0) {
        Atomics.store(state, SLOT.dirty, 1);
        Atomics.notify(state, SLOT.dirty);
      }
    },
    send(message) {
      // Encoding runs user code (toJSON), so it happens before the lock is taken.
      const frame = encodeFrame(message);
      own();
      flushOwned();
      write(frame);
      release();
    },
    flush() {
      own();
      flushOwned();
      release();
    },
    eager() {
      lastFlush = -Infinity;
    },
    unbuffered() {
      buffered = false;
      this.flush();
    },
  };
}
