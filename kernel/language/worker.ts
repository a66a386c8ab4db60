// The language worker's thread: one notebook, one question at a time, in order.
// oxlint-disable unicorn/require-post-message-target-origin -- threads have ports, not windows
import { enableCompileCache } from "node:module";
import { parentPort, workerData } from "node:worker_threads";
import type { Asked, Answered, Question } from "./messages.ts";
import type { Places } from "./host.ts";

enableCompileCache();
// After the cache is on: TypeScript is nine megabytes of code.
const [{ createNotebook }, { completeAt }, { inspectAt }, { diagnose }] = await Promise.all([
  import("./notebook.ts"),
  import("./completion.ts"),
  import("./inspection.ts"),
  import("./diagnostics.ts"),
]);

/** So long without a question after the start, and the front end is not in a hurry. */
const IDLE_MS = 500;

const notebook = createNotebook(workerData as Places);

function answer(question: Question): unknown {
  switch (question.kind) {
    case "complete":
      return completeAt(notebook, question.code, question.cursor);
    case "inspect":
      return inspectAt(notebook, question.code, question.cursor, question.detail);
    case "check":
      return diagnose(notebook, question.code);
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

parentPort?.on("message", ({ id, question }: Asked) => {
  try {
    respond({ id, answer: answer(question) });
    // The next question finds the program up to date: the cell itself runs meanwhile, in another process.
    if (question.kind === "remember") notebook.service.getProgram();
  } catch (error) {
    respond({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
});

// The first program parses the libraries: a second that nobody should wait for.
diagnose(notebook, "console.log(1)");
completeAt(notebook, "console.", 8);
// The laboratory's declarations take as long again; they are read while nobody asks, and kept.
const reading = setTimeout(() => diagnose(notebook, 'import "blankslate"'), IDLE_MS);
parentPort?.once("message", () => clearTimeout(reading));
