// The language worker itself: one notebook, one question at a time, in order, each answered to whoever asked. Reads ahead while nobody asks.
import { flushCompileCache } from "node:module";
import { completeAt } from "./completion.ts";
import { diagnose } from "./diagnostics.ts";
import type { Places } from "./host.ts";
import { inspectAt } from "./inspection.ts";
import type { Answered, Asked, Question } from "./messages.ts";
import { type Notebook, createNotebook } from "./notebook.ts";
import { ALONE_MS } from "./pace.ts";

/** So long without a question, and the front end is not in a hurry. */
const IDLE_MS = 500;
/**
 * Compiled code is kept for the next start so long after the first program, however busy the worker is: its end is a kill. Without it a first cell
 * that declares takes 91 instead of 15 ms.
 */
const SAVE_AFTER_MS = 3_000;
/** Between two steps of reading ahead. */
const PAUSE_MS = 100;
const REPETITIONS = 20;
const PRACTICE_STEPS = 5;
const CELLS_A_STEP = 8;

/** A cell as people write them, under names of its own. */
const practice = (i: number) => `interface Row${i} { id: number; name: string; tags?: string[] }
const rows${i}: Row${i}[] = [1, 2, 3].map((id) => ({ id, name: \`n\${id}\` }));
function find${i}<T extends Row${i}>(all: readonly T[], id: number): T | undefined { return all.find((r) => r.id === id); }
class Table${i} { constructor(readonly rows: Row${i}[]) {} get size() { return this.rows.length; } }
const byName${i} = new Map(rows${i}.map((r) => [r.name, r]));
let total${i} = 0; for (const { id } of rows${i}) total${i} += id;
find${i}(rows${i}, 2)?.name ?? new Table${i}(rows${i}).size + total${i}`;

function repeat(work: (i: number) => unknown): void {
  for (let i = 0; i < REPETITIONS; i++) work(i % 2);
}

/** @returns steps of 60 ms of processor time or less */
function practiceCells(places: Places): (() => void)[] {
  let other: Notebook | undefined = createNotebook(places);
  const cell = (i: number) => {
    if (other === undefined) return;
    diagnose(other, practice(i));
    other.remember(practice(i));
  };
  const step = (first: number) => () => {
    for (let i = first; i < first + CELLS_A_STEP; i++) cell(i);
  };
  const steps = Array.from({ length: PRACTICE_STEPS }, (_, i) => step(i * CELLS_A_STEP));
  return [...steps, () => (other = undefined)];
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
    // V8 compiles what runs often: a user's first cell, Tab and hover then take as long as the hundredth, a third. The cells are another
    // notebook's, which is let go of.
    ...practiceCells(places),
    () => completeAt(notebook, "console.", 8),
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
    waitToRead(PAUSE_MS);
  }
  function waitToRead(forMs: number): void {
    clearTimeout(reading);
    if (ahead.length > 0) reading = setTimeout(readAhead, forMs);
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
      case "settled":
        return null;
    }
  }

  let isAsked = false;
  // The first program: nobody should wait for it. A question that waits already makes it itself.
  setImmediate(() => {
    if (!isAsked) diagnose(notebook, "console.log(1)");
    waitToRead(IDLE_MS);
    setTimeout(flushCompileCache, SAVE_AFTER_MS).unref();
  });
  return ({ id, question }) => {
    isAsked = true;
    try {
      respond({ id, answer: answer(question) });
      // It may have installed something.
      if (question.kind === "remember" && /\bimport\b|\bnpm\b/.test(question.code) && !ahead.includes(readImportables))
        ahead.push(readImportables);
    } catch (error) {
      respond({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
    waitToRead(question.kind === "remember" ? ALONE_MS : IDLE_MS);
  };
}
