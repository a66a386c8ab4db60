// The watchdog's end of the up pipe: sends the text that the main thread staged and has no time to send, and what the watchdog itself
// has to say. Never blocks: a watchdog that waited for a full pipe could not stop the cell that filled it.
import { encodeFrame } from "../pipe.ts";
import type { UpMessage } from "../protocol.ts";
import { FREE, SLOT, WATCHDOG, type Shared } from "./shared.ts";
import { stagedFrames, writeSome } from "./staging.ts";

const RETRY_MS = 5;

export interface SideWriter {
  send(message: UpMessage): void;
  flush(): void;
}

export function createSideWriter(shared: Shared): SideWriter {
  const { state } = shared;
  const queue: Uint8Array[] = [];
  /** Being written; while there is something here, the lock is ours. */
  let pending: Uint8Array | undefined;
  let sent = 0;
  let retry: NodeJS.Timeout | undefined;

  function later(): void {
    retry ??= setTimeout(() => {
      retry = undefined;
      pump();
    }, RETRY_MS);
  }

  function pump(): void {
    if (!pending) {
      if (queue.length === 0 && state[SLOT.staged] === 0) return;
      // The main thread is writing; or it was stopped there, and finishes with its next message.
      if (Atomics.compareExchange(state, SLOT.lock, FREE, WATCHDOG) !== FREE) return later();
      pending = Buffer.concat([stagedFrames(shared), ...queue.splice(0)]);
      state[SLOT.staged] = 0;
      sent = 0;
    }
    sent += writeSome(pending, sent);
    if (sent < pending.length) return later();
    pending = undefined;
    Atomics.store(state, SLOT.lock, FREE);
    Atomics.notify(state, SLOT.lock);
  }

  return {
    send(message) {
      queue.push(encodeFrame(message));
      pump();
    },
    flush: pump,
  };
}
