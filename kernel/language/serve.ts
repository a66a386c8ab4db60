// The language worker itself: one notebook, one question at a time, in order, each answered to whoever asked. Reads ahead while nobody asks.
import { completeAt } from "./completion.ts";
import { diagnose } from "./diagnostics.ts";
import type { Places } from "./host.ts";
import { inspectAt } from "./inspection.ts";
import type { Answered, Asked, Question } from "./messages.ts";
import { createNotebook } from "./notebook.ts";

/** So long without a question, and the front end is not in a hurry. */
const IDLE_MS = 500;
const REPETITIONS = 20;

function repeat(work: (i: number) => unknown): void {
  for (let i = 0; i < REPETITIONS; i++) work(i % 2);
}

/**
 * Answers questions for ever.
 * @param places  of the notebook
 * @param respond sends an answer
 * @returns what is to be called with every question
 */
export function serve(places: Places, respond: (answer: Answered) => void): (asked: Asked) => void {
  const notebook = createNotebook(places);
  /**
   * Read ahead while nobody asks, one after another, so that a question waits for one of them at most: the laboratory's declarations and
   * those of the packages in it, 0.7 s of processor time in all.
   */
  const ahead: (() => unknown)[] = [
    () => completeAt(notebook, "console.", 8),
    // V8 compiles what runs often: the first Tab and hover of a user then take as long as the hundredth, a third.
    () => repeat((i) => completeAt(notebook, `JSON.p; ${i}`, 6)),
    () => repeat((i) => inspectAt(notebook, `parseInt; ${i}`, 3, 0)),
    () => diagnose(notebook, 'import "@tensorflow/tfjs-core"'),
    () => diagnose(notebook, 'import "danfojs-node"'),
    () => diagnose(notebook, 'import "blankslate"'),
    readImportables,
  ];
  let reading: NodeJS.Timeout | undefined;

  function readImportables(): void {
    notebook.importables.read();
  }

  function readAhead(): void {
    ahead.shift()?.();
    waitToRead();
  }
  function waitToRead(): void {
    clearTimeout(reading);
    if (ahead.length > 0) reading = setTimeout(readAhead, IDLE_MS);
  }

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

  // The first program parses the libraries: half a second that nobody should wait for.
  diagnose(notebook, "console.log(1)");
  waitToRead();
  return ({ id, question }) => {
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
    waitToRead();
  };
}
