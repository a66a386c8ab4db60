// The thread in which files that are not text are read: a damaged one can throw anything, reject where nobody listens, or never end, and all
// of that stays here (reader.ts replaces a thread that does not answer). One read at a time; rows leave in batches, each asked for.
// oxlint-disable unicorn/require-post-message-target-origin -- threads have ports, not windows
import { setImmediate } from "node:timers/promises";
import { parentPort } from "node:worker_threads";
import type { MessagePort } from "node:worker_threads";
import type { Answer, ForeignFormat, ForeignRow, Question } from "./question.ts";

export interface Opened {
  /** That the rows take when they are decoded, as the file says; 0 when it does not. */
  readonly bytes: number;
  readonly rows: AsyncIterable<ForeignRow>;
}

type Open = (path: string, columns: readonly string[] | undefined) => Promise<Opened>;
const OPENERS: Readonly<Record<ForeignFormat, () => Promise<Open>>> = {
  parquet: async () => (await import("./parquet.ts")).openParquet,
  arrow: async () => (await import("./arrow.ts")).openArrow,
};
/** Rows per message: few enough to start at once, many enough that messages cost nothing beside decoding. */
const BATCH_ROWS = 1000;

const port = parentPort as MessagePort;
let rows: AsyncIterator<ForeignRow> | undefined;
/** A rejection that nobody awaited, of the read that goes on: its file is damaged, whatever rows it gives. */
let stray: { readonly error: unknown } | undefined;
process.on("unhandledRejection", (error) => {
  stray ??= { error };
});

async function nextBatch(): Promise<Answer> {
  const batch: ForeignRow[] = [];
  for (;;) {
    const { value, done } = (await rows?.next()) ?? { done: true, value: undefined };
    if (done) return { type: "rows", rows: batch, done: true };
    batch.push(value);
    if (batch.length === BATCH_ROWS) return { type: "rows", rows: batch, done: false };
  }
}

async function opened({ format, path, columns }: Extract<Question, { type: "open" }>): Promise<Answer> {
  stray = undefined;
  const open = await OPENERS[format]();
  const found = await open(path, columns);
  rows = found.rows[Symbol.asyncIterator]();
  return { type: "opened", bytes: found.bytes };
}

async function answer(question: Question): Promise<Answer> {
  try {
    const reply = await (question.type === "open" ? opened(question) : nextBatch());
    await setImmediate();
    if (stray) throw stray.error;
    return reply;
  } catch (error) {
    // The read has settled; what it left behind rejects in this turn, not in the next read's.
    await setImmediate();
    return { type: "refused", reason: error instanceof Error ? error.message : String(error) };
  }
}

port.on("message", (question: Question) => void answer(question).then((reply) => port.postMessage(reply)));
