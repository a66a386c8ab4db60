// The one way out of a socket: a queue with one send in flight. zeromq.js throws EBUSY on the second of two overlapping sends, so
// code that does not wait loses messages (20,000 sends in one tick: 19,487 lost). Everybody pushes; nobody else sends.
// Bounded by its sources: whoever produces without end looks at `bytes` and stops for `room()`.
import { log } from "./log.ts";

/** Above this, sources of output wait. The largest real message, a figure, has 6 MiB. */
export const OUTBOX_ROOM_BYTES = 16 * 2 ** 20;

export type Frames = readonly Uint8Array[];

export class Outbox {
  readonly #send: (frames: Frames) => Promise<void>;
  #queue: Frames[] = [];
  #bytes = 0;
  #running: Promise<void> | null = null;
  #waiting: (() => void)[] = [];

  constructor(send: (frames: Frames) => Promise<void>) {
    this.#send = send;
  }

  push(frames: Frames): void {
    this.#queue.push(frames);
    this.#bytes += sizeOf(frames);
    this.#running ??= this.#run();
  }

  /** Bytes accepted and not yet handed to ZeroMQ. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Resolves as soon as less than OUTBOX_ROOM_BYTES wait. */
  async room(): Promise<void> {
    while (this.#bytes >= OUTBOX_ROOM_BYTES) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Resolves when all that was pushed is handed to ZeroMQ. */
  async flushed(): Promise<void> {
    while (this.#running) await this.#running;
  }

  async #run(): Promise<void> {
    // Starts in a later microtask, so that `#running` is set before the queue can run dry.
    await Promise.resolve();
    while (this.#queue.length > 0) {
      const batch = this.#queue;
      this.#queue = [];
      for (const frames of batch) {
        try {
          await this.#send(frames);
        } catch (error) {
          // A peer that is gone. The socket lives, and so do the other peers.
          log(`a message could not be sent: ${String(error)}`);
        }
        this.#bytes -= sizeOf(frames);
        if (this.#bytes < OUTBOX_ROOM_BYTES && this.#waiting.length > 0) {
          for (const go of this.#waiting.splice(0)) go();
        }
      }
    }
    this.#running = null;
  }
}

function sizeOf(frames: Frames): number {
  return frames.reduce((sum, frame) => sum + frame.byteLength, 0);
}
