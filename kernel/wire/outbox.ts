// The one way out of a socket: a queue with one send in flight. zeromq.js throws EBUSY on the second of two overlapping sends, so
// code that does not wait loses messages (20,000 sends in one tick: 19,487 lost). Everybody pushes; nobody else sends.
// Bounded by its sources: what a cell prints comes at a pace (session/streams.ts), and replies are one per request. What ZeroMQ holds for
// a subscriber that hangs is bounded by time (sockets.ts).
import { log } from "./log.ts";

export type Frames = readonly Uint8Array[];

export class Outbox {
  readonly #send: (frames: Frames) => Promise<void>;
  #queue: Frames[] = [];
  #bytes = 0;
  #running: Promise<void> | null = null;

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
      }
    }
    this.#running = null;
  }
}

function sizeOf(frames: Frames): number {
  return frames.reduce((sum, frame) => sum + frame.byteLength, 0);
}
