// The language worker's thread: one notebook, one question at a time, in order.
// oxlint-disable unicorn/require-post-message-target-origin -- threads have ports, not windows
import { enableCompileCache } from "node:module";
import { join } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import { cacheFolder } from "../../lib/core/cache.ts";
import type { Asked, Answered, Question } from "./messages.ts";
import type { Places } from "./host.ts";

enableCompileCache(join(cacheFolder(), "compile"));
// After the cache is on: TypeScript is nine megabytes of code.
const [{ createNotebook }, { completeAt }, { inspectAt }, { diagnose }] = await Promise.all([
  import("./notebook.ts"),
  import("./completion.ts"),
  import("./inspection.ts"),
  import("./diagnostics.ts"),
]);

/** So long without a question, and the front end is not in a hurry. */
const IDLE_MS = 500;

/**
 * Read ahead while nobody asks, one after another, so that a question waits for one of them at most: the laboratory's declarations and
 * those of the packages in it, 0.7 s of processor time in all.
 */
const AHEAD: readonly (() => unknown)[] = [
  () => completeAt(notebook, "console.", 8),
  // V8 compiles what runs often: the first Tab and hover of a user then take as long as the hundredth, a third.
  () => repeat((i) => completeAt(notebook, `JSON.p; ${i}`, 6)),
  () => repeat((i) => inspectAt(notebook, `parseInt; ${i}`, 3, 0)),
  () => diagnose(notebook, 'import "@tensorflow/tfjs-core"'),
  () => diagnose(notebook, 'import "danfojs-node"'),
  () => diagnose(notebook, 'import "blankslate"'),
  readImportables,
];

function readImportables(): void {
  notebook.importables.read();
}

const REPETITIONS = 20;
function repeat(work: (i: number) => unknown): void {
  for (let i = 0; i < REPETITIONS; i++) work(i % 2);
}

const notebook = createNotebook(workerData as Places);

function answer(question: Question): unknown {
  switch (question.kind) {
    case "complete":
      return completeAt(notebook, question.code, question.cursor);
    case "inspect":
      return inspectAt(notebook, question.code, question.cursor, question.detail);
    case "check":
      return diagnose(notebook, question.code, question.level);
    default:
      notebook.remember(question.code);
      return null;
    case "forget":
      notebook.forget();
      return null;
  }
}

function respond(message: Answered): void {
  parentPort?.postMessage(message);
}

const ahead = [...AHEAD];

parentPort?.on("message", ({ id, question }: Asked) => {
  try {
    respond({ id, answer: answer(question) });
    // The next question finds the program up to date: the cell itself runs meanwhile, in another process.
    if (question.kind === "remember") notebook.service.getProgram();
    // It may have installed something.
    if (question.kind === "remember" && /\bimport\b|\bnpm\b/.test(question.code) && !ahead.includes(readImportables))
      ahead.push(readImportables);
  } catch (error) {
    respond({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
});

// The first program parses the libraries: half a second that nobody should wait for.
diagnose(notebook, "console.log(1)");

let reading = setTimeout(readAhead, IDLE_MS);
function readAhead(): void {
  ahead.shift()?.();
  if (ahead.length > 0) reading = setTimeout(readAhead, IDLE_MS);
}
parentPort?.on("message", () => {
  clearTimeout(reading);
  if (ahead.length > 0) reading = setTimeout(readAhead, IDLE_MS);
});
