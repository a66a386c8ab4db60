// The language service as the wire process has it: questions to a worker thread, answers as promises. The worker knows types, not
// values; it never runs the user's code.
// oxlint-disable unicorn/require-post-message-target-origin -- threads have ports, not windows
import { Worker } from "node:worker_threads";
import { fault } from "../../lib/core/errors.ts";
import { type CheckLevel, checkLevels } from "../../lib/core/magics.ts";
import type { Completeness } from "./completeness.ts";
import { completeness } from "./completeness.ts";
import type { Completion } from "./completion.ts";
import type { Diagnostic } from "./diagnostics.ts";
import type { Places } from "./host.ts";
import type { Inspection } from "./inspection.ts";
import { isPlain } from "./plain.ts";
import type { Answered, Answers, Asked, Question } from "./messages.ts";
import { ALONE_MS } from "./pace.ts";

export type { Completeness, Completion, Diagnostic, Inspection };

export interface LanguageService {
  /** What may stand at the cursor; positions in code points. */
  complete(code: string, cursor: number): Promise<Completion>;
  inspect(code: string, cursor: number, detail: 0 | 1): Promise<Inspection>;
  /** Whether a console should run the text or ask for another line. Answered here, without the worker. */
  isComplete(code: string): Promise<Completeness>;
  /** Type errors of a cell against the cells remembered so far; none, if it may run. */
  check(code: string): Promise<readonly Diagnostic[]>;
  /** Adds the declarations of a cell that has started to run, whether or not it came to its end. */
  remember(code: string): Promise<void>;
  /** The cell that was remembered last has ended: the worker may read ahead again. */
  settled(): void;
  /** Drops the declarations of all cells: the process that held their values is gone. */
  forget(): Promise<void>;
  close(): Promise<void>;
}

/** Answers what it is asked, in order (serve.ts). */
export interface LanguageWorker {
  post(asked: Asked): void;
  stop(): Promise<void>;
}
export type StartWorker = (
  places: Places,
  events: { readonly message: (answered: Answered) => void; readonly ended: (what: string) => void },
) => LanguageWorker;

interface Waiting {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** Where nothing is checked no cell waits for the worker, so it takes the processor only so long after the end of one. */
const QUIET_MS = 250;

/**
 * The worker warms up by itself and answers in order. It starts at once; where nothing is checked, with the first question, or when the
 * kernel is quiet after a cell.
 * @param startLevel what type errors do until a cell says `%check`
 */
export function startLanguage(
  places: Places,
  startLevel: CheckLevel = "error",
  start: StartWorker = startThread,
): LanguageService {
  let level = startLevel;
  const waiting = new Map<number, Waiting>();
  let next = 0;
  let gone: Error | undefined;
  let worker: LanguageWorker | undefined;
  /** Cells that the worker hears of before the next question, or when the kernel is quiet. */
  const untold: (() => void)[] = [];
  let quiet: NodeJS.Timeout | undefined;
  const startOne = () =>
    start(places, { message: receive, ended: (what) => end(`the language worker is gone: ${what}.`) });
  if (level !== "off") worker = startOne();

  function receive(message: Answered): void {
    const asked = waiting.get(message.id);
    waiting.delete(message.id);
    if ("error" in message)
      asked?.reject(
        fault(
          "LANGUAGE_FAILED",
          `the language service stumbled: ${message.error}`,
          "the cell can still run; %check off stops asking",
        ),
      );
    else asked?.resolve(message.answer);
  }
  function end(what: string): void {
    gone ??= fault("LANGUAGE_GONE", what, "restart the kernel to have completion and type checks again");
    for (const { reject } of waiting.values()) reject(gone);
    waiting.clear();
    tell();
  }

  function tell(): void {
    clearTimeout(quiet);
    for (const one of untold.splice(0)) one();
  }
  function tellAfter(ms: number): void {
    clearTimeout(quiet);
    if (untold.length > 0) quiet = setTimeout(tell, ms).unref();
  }

  function post<Kind extends Question["kind"]>(question: Extract<Question, { kind: Kind }>): Promise<Answers[Kind]> {
    if (gone) return Promise.reject(gone);
    const id = next++;
    worker ??= startOne();
    worker.post({ id, question });
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve: resolve as (answer: unknown) => void, reject });
    });
  }

  function ask<Kind extends Question["kind"]>(question: Extract<Question, { kind: Kind }>): Promise<Answers[Kind]> {
    tell();
    return post(question);
  }

  return {
    complete: (code, cursor) => ask<"complete">({ kind: "complete", code, cursor }),
    inspect: (code, cursor, detail) => ask<"inspect">({ kind: "inspect", code, cursor, detail }),
    isComplete: completeness,
    async check(code) {
      // Holds also where the cell itself does not start for its types.
      level = checkLevels(code).notebook ?? level;
      // What is not checked does not wait for a worker that is still starting.
      if (isPlain(code) || (checkLevels(code).cell ?? level) === "off") return [];
      return ask<"check">({ kind: "check", code, level });
    },
    async remember(code) {
      level = checkLevels(code).notebook ?? level;
      if (isPlain(code)) return;
      const tellNow = () => post<"remember">({ kind: "remember", code });
      if (level !== "off") {
        tell();
        await tellNow();
        return;
      }
      await new Promise<void>((resolve, reject) => {
        untold.push(() => void tellNow().then(() => resolve(), reject));
        tellAfter(ALONE_MS);
      });
    },
    settled() {
      tellAfter(QUIET_MS);
      // One that is gone reads nothing ahead, and whoever asks next hears of it.
      if (worker && level !== "off" && !gone) post<"settled">({ kind: "settled" }).catch(() => undefined);
    },
    async forget() {
      await ask<"forget">({ kind: "forget" });
    },
    async close() {
      if (worker) await worker.stop();
      else end("the language worker was never needed.");
    },
  };
}

/** The worker as a thread of this process. */
export const startThread: StartWorker = (places, { message, ended }) => {
  const worker = new Worker(new URL("worker.mjs", import.meta.url), {
    workerData: places,
    name: "language",
    // Every check leaves much garbage and little else. V8 lets it pile up to four times of what lives, but to less where a heap may
    // not grow beyond 2 GB: 330 instead of 550 MB after 2,400 cells, for 1 ms of processor time each. 90 MB live.
    resourceLimits: { maxYoungGenerationSizeMb: 16, maxOldGenerationSizeMb: 1_000 },
  });
  // A kernel that has nothing else to do may end.
  worker.unref();
  worker.on("message", message);
  worker.on("error", (error) => ended(String(error)));
  worker.on("exit", (code) => ended(`exit code ${code}`));
  return {
    post: (asked) => worker.postMessage(asked),
    stop: async () => void (await worker.terminate()),
  };
};
