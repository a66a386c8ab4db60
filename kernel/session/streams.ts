// Printed text on its way to iopub: joined into few messages, in order, none after the cell's idle. The first text of a quiet cell goes
// out almost at once, later text at most ten times a second. What comes faster than the receiver can take is not dropped and not
// hoarded: `full` says so, and the supervisor stops reading until there is room.
//
// Two paces. Jupyter Server drops output above 1 MB/s over 3 s (and counts anew after each idle), so cells of notebook front ends, which
// say which cell they run, stay below that; other clients (nbclient, consoles) take what they are given.

export type StreamName = "stdout" | "stderr";

/** Sends one stream message. @returns its size in bytes */
export type Publish = (cell: string, name: StreamName, text: string) => number;

export interface Pace {
  /** Bytes that may go out at once after a pause. */
  readonly burstBytes: number;
  readonly bytesPerSecond: number;
}
export const SERVER_PACE: Pace = { burstBytes: 1_500_000, bytesPerSecond: 470_000 };
export const DIRECT_PACE: Pace = { burstBytes: 16_000_000, bytesPerSecond: 10_000_000 };

/** Between two flushes: ten messages a second, far below the 1,000 that Jupyter Server allows. */
const INTERVAL_MS = 100;
/** Before the first text of a quiet kernel: lets the lines of one burst travel together. */
const FIRST_MS = 8;
/** UTF-16 units in one message. */
const MAX_MESSAGE = 2 ** 20;
/** UTF-16 units that may wait; above it, `full`. */
const MAX_WAITING = 2 ** 20;
/** Alternations between stdout and stderr kept in one flush; a cell that alternates more gets its streams joined from there on. */
const MAX_RUNS = 40;

interface Waiting {
  readonly cell: string;
  readonly runs: { name: StreamName; parts: string[] }[];
}

export class Streams {
  readonly #publish: Publish;
  readonly #full: (full: boolean) => void;
  #waiting = new Map<string, Waiting>();
  #units = 0;
  #timer: NodeJS.Timeout | null = null;
  #lastFlush = -Infinity;
  #pace: Pace = DIRECT_PACE;
  #allowance = DIRECT_PACE.burstBytes;
  #allowanceAt = performance.now();

  /**
   * @param full called with true when no more should come, with false when more may
   */
  constructor(publish: Publish, full: (full: boolean) => void) {
    this.#publish = publish;
    this.#full = full;
  }

  /** A cell begins: the receiver's count starts anew. */
  begin(pace: Pace): void {
    this.#pace = pace;
    this.#allowance = pace.burstBytes;
    this.#allowanceAt = performance.now();
    this.#lastFlush = -Infinity;
  }

  write(cell: string, name: StreamName, text: string): void {
    let waiting = this.#waiting.get(cell);
    if (!waiting) this.#waiting.set(cell, (waiting = { cell, runs: [] }));
    const run = openRun(waiting, name);
    run.parts.push(text);
    this.#units += text.length;
    if (this.#units >= MAX_WAITING) {
      this.#tick();
      if (this.#units >= MAX_WAITING) this.#full(true);
    } else if (!this.#timer) {
      const due = Math.max(FIRST_MS, this.#lastFlush + INTERVAL_MS - performance.now());
      this.#timer = setTimeout(() => this.#tick(), due);
    }
  }

  /** Sends what waits for this cell (for all, without one), whatever the pace: something else is about to follow it. */
  flush(cell?: string): void {
    for (const waiting of cell === undefined ? this.#waiting.values() : [this.#waiting.get(cell)]) {
      if (waiting) this.#send(waiting, Infinity);
    }
    this.#settle();
  }

  /** Sends what waits at the allowed pace. Resolves when nothing waits; soon after `hurry`. */
  async drained(): Promise<void> {
    while (this.#waiting.size > 0 && this.#refill() < this.#units) {
      await new Promise<void>((resolve) => setTimeout(resolve, INTERVAL_MS));
      this.#tick();
    }
    this.flush();
  }

  /** An interrupted cell shall end now: the rest of its text goes out at once. */
  hurry(): void {
    this.#allowance = Infinity;
  }

  #tick(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#refill();
    for (const waiting of this.#waiting.values()) {
      if (this.#allowance <= 0) break;
      this.#send(waiting, this.#allowance);
    }
    this.#settle();
    if (this.#waiting.size > 0) this.#timer = setTimeout(() => this.#tick(), INTERVAL_MS);
  }

  #refill(): number {
    const now = performance.now();
    const earned = ((now - this.#allowanceAt) / 1000) * this.#pace.bytesPerSecond;
    // Left alone at Infinity (hurry) until the next cell begins.
    if (this.#allowance !== Infinity) this.#allowance = Math.min(this.#pace.burstBytes, this.#allowance + earned);
    this.#allowanceAt = now;
    return this.#allowance;
  }

  /** Sends up to `limit` bytes of a cell's text, from its beginning. */
  #send(waiting: Waiting, limit: number): void {
    let left = limit;
    while (waiting.runs.length > 0 && left > 0) {
      const run = waiting.runs[0];
      if (!run) break;
      const text = run.parts.length === 1 ? (run.parts[0] ?? "") : run.parts.join("");
      let end = Math.min(text.length, MAX_MESSAGE, Math.max(1, Math.floor(left)));
      // Never between the halves of a surrogate pair.
      if (end < text.length && (text.charCodeAt(end - 1) & 0xfc00) === 0xd800) end += 1;
      const piece = text.slice(0, end);
      const bytes = this.#publish(waiting.cell, run.name, piece);
      this.#units -= piece.length;
      left -= bytes;
      this.#allowance -= bytes;
      if (end < text.length) run.parts = [text.slice(end)];
      else waiting.runs.shift();
    }
    if (waiting.runs.length === 0) this.#waiting.delete(waiting.cell);
  }

  #settle(): void {
    this.#lastFlush = performance.now();
    if (this.#units < MAX_WAITING / 2) this.#full(false);
    if (this.#waiting.size === 0 && this.#timer) {
      clearTimeout(this.#timer);
      this.#timer = null;
    }
  }
}

function openRun(waiting: Waiting, name: StreamName) {
  const { runs } = waiting;
  const last = runs.at(-1);
  if (last?.name === name) return last;
  const joined = runs.length >= MAX_RUNS ? runs.findLast((run) => run.name === name) : undefined;
  if (joined) return joined;
  const run = { name, parts: [] as string[] };
  runs.push(run);
  return run;
}
