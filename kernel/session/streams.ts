// What cells show on its way to iopub, in order, none of it after the cell's idle. Text is joined into few messages: the first of a quiet
// cell goes out at once, later text at most ten times a second. A *piece* (a figure, a widget's message) is a message of its own
// and waits only behind what the pace holds back. What comes faster than the receiver can take is not dropped and not hoarded: `full`
// says so, and the supervisor stops reading until there is room.
//
// Two paces. Jupyter Server drops output above 1 MB/s or 1,000 messages/s over 3 s (and counts anew after each idle), so cells of notebook
// front ends, which say which cell they run, stay below that; other clients (nbclient, consoles) take what they are given.

export type StreamName = "stdout" | "stderr";

/** Sends one stream message. @returns its size in bytes */
export type Publish = (cell: string, name: StreamName, text: string) => number;

export interface Piece {
  /** Sends it. @returns its size in bytes */
  send(): number;
  /** About its size in bytes; asked for only when it has to wait. */
  size(): number;
}

export interface Pace {
  /** Bytes that may go out at once after a pause. */
  readonly burstBytes: number;
  readonly bytesPerSecond: number;
  /** What a message costs at least, in bytes: bounds their number too. */
  readonly messageBytes: number;
}
/** In 3 s at most 2.91 MB and 2,771 messages. */
export const SERVER_PACE: Pace = { burstBytes: 1_500_000, bytesPerSecond: 470_000, messageBytes: 1_050 };
/** 8,000 messages at once, then 5,000 a second: about what nbclient takes. */
export const DIRECT_PACE: Pace = { burstBytes: 16_000_000, bytesPerSecond: 10_000_000, messageBytes: 2_000 };

/** Between two flushes: ten messages a second, far below the 1,000 that Jupyter Server allows. */
const INTERVAL_MS = 100;
/** UTF-16 units in one message. */
const MAX_MESSAGE = 2 ** 20;
/** UTF-16 units of text and bytes of pieces that may wait; above it, `full`. */
const MAX_WAITING = 2 ** 20;
/** Alternations between stdout and stderr kept in one flush; a cell that alternates more gets its streams joined from there on. */
const MAX_RUNS = 40;

interface TextRun {
  readonly name: StreamName;
  parts: string[];
}
interface HeldPiece {
  readonly piece: Piece;
  readonly units: number;
}
interface Waiting {
  readonly cell: string;
  readonly runs: (TextRun | HeldPiece)[];
}

export class Streams {
  readonly #publish: Publish;
  readonly #full: (full: boolean) => void;
  #waiting = new Map<string, Waiting>();
  #units = 0;
  /** Calls off the next flush; null while none is planned. */
  #callOff: (() => void) | null = null;
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
    openRun(this.#of(cell), name).parts.push(text);
    this.#units += text.length;
    if (this.#units >= MAX_WAITING) {
      this.#tick();
      if (this.#units >= MAX_WAITING) this.#full(true);
    } else this.#flushAfter(this.#lastFlush + INTERVAL_MS - performance.now());
  }

  /** Behind what the cell has shown so far; at once, when the pace allows it. */
  post(cell: string, piece: Piece): void {
    const before = this.#waiting.get(cell);
    if (this.#refill() > 0 && before) this.#send(before, this.#allowance);
    if (this.#allowance > 0) {
      this.#charge(piece.send());
    } else {
      const units = Math.max(piece.size(), this.#pace.messageBytes);
      this.#of(cell).runs.push({ piece, units });
      this.#units += units;
      this.#flushAfter(INTERVAL_MS);
    }
    this.#settle();
    if (this.#units >= MAX_WAITING) this.#full(true);
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

  #of(cell: string): Waiting {
    let waiting = this.#waiting.get(cell);
    if (!waiting) this.#waiting.set(cell, (waiting = { cell, runs: [] }));
    return waiting;
  }

  #charge(bytes: number): number {
    const cost = Math.max(bytes, this.#pace.messageBytes);
    this.#allowance -= cost;
    return cost;
  }

  #tick(): void {
    this.#planNothing();
    this.#refill();
    for (const waiting of this.#waiting.values()) {
      if (this.#allowance <= 0) break;
      this.#send(waiting, this.#allowance);
    }
    this.#settle();
    if (this.#waiting.size > 0) this.#flushAfter(INTERVAL_MS);
  }

  #refill(): number {
    const now = performance.now();
    const earned = ((now - this.#allowanceAt) / 1000) * this.#pace.bytesPerSecond;
    // Left alone at Infinity (hurry) until the next cell begins.
    if (this.#allowance !== Infinity) this.#allowance = Math.min(this.#pace.burstBytes, this.#allowance + earned);
    this.#allowanceAt = now;
    return this.#allowance;
  }

  /** Sends up to `limit` bytes of what a cell has waiting, from its beginning. */
  #send(waiting: Waiting, limit: number): void {
    let left = limit;
    while (waiting.runs.length > 0 && left > 0) {
      const run = waiting.runs[0];
      if (!run) break;
      if ("piece" in run) {
        waiting.runs.shift();
        this.#units -= run.units;
        left -= this.#charge(run.piece.send());
        continue;
      }
      const text = run.parts.length === 1 ? (run.parts[0] ?? "") : run.parts.join("");
      let end = Math.min(text.length, MAX_MESSAGE, Math.max(1, Math.floor(left)));
      // Never between the halves of a surrogate pair.
      if (end < text.length && (text.charCodeAt(end - 1) & 0xfc00) === 0xd800) end += 1;
      const piece = text.slice(0, end);
      left -= this.#charge(this.#publish(waiting.cell, run.name, piece));
      this.#units -= piece.length;
      if (end < text.length) run.parts = [text.slice(end)];
      else waiting.runs.shift();
    }
    if (waiting.runs.length === 0) this.#waiting.delete(waiting.cell);
  }

  #settle(): void {
    this.#lastFlush = performance.now();
    if (this.#units < MAX_WAITING / 2) this.#full(false);
    if (this.#waiting.size === 0) this.#planNothing();
  }

  /** Unless a flush is planned already. */
  #flushAfter(ms: number): void {
    if (this.#callOff) return;
    if (ms > 0) {
      const timer = setTimeout(() => this.#tick(), ms);
      this.#callOff = () => clearTimeout(timer);
    } else {
      // What came in one piece from the executor leaves in one message.
      const turn = setImmediate(() => this.#tick());
      this.#callOff = () => clearImmediate(turn);
    }
  }

  #planNothing(): void {
    this.#callOff?.();
    this.#callOff = null;
  }
}

function openRun({ runs }: Waiting, name: StreamName): TextRun {
  const last = runs.at(-1);
  if (last && "name" in last && last.name === name) return last;
  if (runs.length >= MAX_RUNS) {
    // Never past a piece: what was printed after a figure stays below it.
    for (let i = runs.length - 1; i >= 0; i--) {
      const run = runs[i];
      if (!run || "piece" in run) break;
      if (run.name === name) return run;
    }
  }
  const run: TextRun = { name, parts: [] };
  runs.push(run);
  return run;
}
