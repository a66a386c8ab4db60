// Rows of Parquet and Arrow files, read in a thread of their own under limits: whatever is in the file, the caller gets rows or a fault
// with a code, and the process goes on. One byte of a Parquet file can otherwise end a Node process from inside try and catch.
import { statSync } from "node:fs";
import { once } from "node:events";
import { setInterval } from "node:timers/promises";
import { Worker } from "node:worker_threads";
// oxlint-disable unicorn/require-post-message-target-origin -- threads have ports, not windows
import { fault, hasCode } from "../../core/errors.ts";
import type { Row } from "../json-lines.ts";
import type { Answers, ForeignFormat, Question, Refusal } from "./question.ts";

/** Of the thread's JavaScript heap; a row group of 128 MB, the largest that writers make by default, decodes in about half of it. */
const HEAP_MB = 2048;
/** Work without an answer: decoding runs at 50 MB/s and more, so a good file of any size stays far below. */
const HANG_MS = 1000;
const HANG_MS_PER_MB = 100;
/** How many times its own size a file is believed to be once it is decoded; a million equal rows compress to a 220th. */
const RATIO = 1000;
/** Examples differ, so each takes some bytes; a damaged count of rows that are not there would otherwise fill the caller's memory. */
const ROWS_AT_LEAST = 100_000;
const ROWS_PER_BYTE = 8;
/** The limits are of the thread's own processor time, because a busy machine lets time pass without work; idle waiting is cut off too, later. */
const WAITING_FACTOR = 30;
const LOOK_MS = 100;

let idle: Worker | undefined;

function takeWorker(): Worker {
  const worker =
    idle ?? new Worker(new URL("worker.ts", import.meta.url), { resourceLimits: { maxOldGenerationSizeMb: HEAP_MB } });
  idle = undefined;
  worker.ref();
  return worker;
}

/**
 * @param columns which to decode, so that wide files are read fast; all when left out
 * @throws DATA_MISSING  there is no such file
 * @throws PARQUET_INVALID, ARROW_INVALID  the file is damaged, of another format, or does not end
 */
export async function* readForeign(
  format: ForeignFormat,
  path: string,
  columns?: readonly string[],
): AsyncGenerator<Row> {
  const bytes = sizeOf(path);
  const maxRows = ROWS_AT_LEAST + bytes * ROWS_PER_BYTE;
  const worker = takeWorker();
  let healthy = false;
  try {
    const opened = await ask(worker, { type: "open", format, path, columns }, hangMs(bytes));
    healthy = opened.type === "refused";
    if (opened.type !== "opened") throw invalid(format, path, opened.reason);
    const limitMs = hangMs(Math.max(bytes, Math.min(opened.bytes, RATIO * bytes)));
    for (let number = 1; ;) {
      const answer = await ask(worker, { type: "more" }, limitMs);
      healthy = answer.type === "refused" || (answer.type === "rows" && answer.done);
      if (answer.type !== "rows") throw invalid(format, path, answer.reason);
      for (const values of answer.rows) yield { values, line: number++ };
      if (number > maxRows) throw invalid(format, path, `it has more than ${maxRows} rows in ${bytes} bytes`);
      if (answer.done) break;
    }
  } finally {
    // A thread that hangs is of no use, and one that was left in the middle still has rows.
    if (healthy && !idle) (idle = worker).unref();
    else await worker.terminate();
  }
}

const hangMs = (bytes: number): number => HANG_MS + (bytes / 2 ** 20) * HANG_MS_PER_MB;

function sizeOf(path: string): number {
  try {
    return statSync(path).size;
  } catch (error) {
    if (hasCode(error, "ENOENT")) throw fault("DATA_MISSING", `${path} is not there.`, "check the path.", error);
    throw error;
  }
}

const invalid = (format: ForeignFormat, path: string, reason: string, cause?: unknown) =>
  fault(
    format === "parquet" ? "PARQUET_INVALID" : "ARROW_INVALID",
    `${path}: ${reason.replace(/\.?$/u, ".")}`,
    "fetch or write the file again; other programs may read what a damaged file still holds.",
    cause,
  );

/** The thread itself is lost, not only its read. */
interface Lost {
  readonly type: "lost";
  readonly reason: string;
}

/** Asks and waits; a thread that works on and on without an answer, or dies, is lost. */
async function ask<T extends Question["type"]>(
  worker: Worker,
  question: Extract<Question, { readonly type: T }>,
  limitMs: number,
): Promise<Answers[T] | Refusal | Lost> {
  const waiting = new AbortController();
  const { signal } = waiting;
  worker.postMessage(question);
  const died = (async (): Promise<Lost> => {
    const [error] = (await once(worker, "error", { signal })) as [unknown];
    const outOfMemory = hasCode(error, "ERR_WORKER_OUT_OF_MEMORY");
    return { type: "lost", reason: outOfMemory ? `reading it takes more than ${HEAP_MB} MB` : String(error) };
  })();
  const answered = once(worker, "message", { signal }).then(([answer]) => answer as Answers[T] | Refusal);
  const hung = hangs(worker, limitMs, signal);
  try {
    return await Promise.race([answered, died, hung]);
  } finally {
    waiting.abort();
    await Promise.allSettled([answered, died, hung]);
  }
}

/** Resolves when the thread has worked, or waited far longer, without an answer; never once `signal` is aborted. */
async function hangs(worker: Worker, limitMs: number, signal: AbortSignal): Promise<Lost> {
  const [worked, begun] = [await workedMs(worker), performance.now()];
  for await (const _ of setInterval(LOOK_MS, undefined, { signal, ref: false }))
    if ((await workedMs(worker)) - worked > limitMs || performance.now() - begun > limitMs * WAITING_FACTOR) break;
  return { type: "lost", reason: `no row after ${Math.round(limitMs / 1000)} s of reading` };
}

/** Processor time of a thread; 0 of one that is not yet, or no longer, running. */
async function workedMs(worker: Worker): Promise<number> {
  try {
    const { user, system } = await worker.cpuUsage();
    return (user + system) / 1000;
  } catch (error) {
    if (hasCode(error, "ERR_WORKER_NOT_RUNNING")) return 0;
    throw error;
  }
}
