// The language service as the session has it: it outlives its worker. A worker that died (its heap full of types, say) is replaced by one
// that is told the cells so far, and asked again; only a question that kills two workers fails. A question that a worker broods over for
// too long is given up with its worker, so that those behind it do not wait as long again; it is never asked twice.
import { fault, hasCode } from "../../lib/core/errors.ts";
import type { LanguageService } from "../language/language.ts";
import { log } from "../wire/log.ts";

/** A cold worker needs 1.5 s of processor time for its first answer; on a crowded machine that was 8 s. */
const PATIENCE_MS = 30_000;

/** "Cannot find name": in TypeScript's words for values, namespaces and shorthand properties. */
const UNKNOWN_NAMES = new Set([2304, 2503, 2552, 18_004]);

interface Asked {
  readonly of: LanguageService;
  /** The cell it is about, for those that declare or check one. */
  readonly cell: string | undefined;
  hung: boolean;
}

/**
 * @param start     makes a service; called again when the one before is gone
 * @param patienceMs for one question, from the moment that nothing is before it
 */
export function lastingLanguage(start: () => LanguageService, patienceMs = PATIENCE_MS): LanguageService {
  let service = start();
  /** Cells the worker took in, since the variables were last lost. */
  let declared: string[] = [];
  /** What it has not answered, in order: it works on the first. */
  let open: Asked[] = [];
  let timer: NodeJS.Timeout | undefined;
  /** The cell that was given up: it comes again, to be declared. */
  let hung: string | undefined;
  let closed = false;

  /** Does nothing if another question has replaced `dead` already. */
  function replace(dead: LanguageService): void {
    if (service !== dead) return;
    log("the language worker is gone; another one takes its place");
    service = start();
    for (const code of declared) {
      answered({ of: service, cell: code, hung: false }, (of) => of.remember(code)).catch((error: unknown) =>
        log(`language: ${String(error).split("\n")[0]}`),
      );
    }
  }

  function watchFirst(): void {
    clearTimeout(timer);
    const [first] = open;
    if (!first) return;
    timer = setTimeout(() => {
      first.hung = true;
      hung = first.cell;
      first.of.close().catch((error: unknown) => log(`language: ${String(error)}`));
    }, patienceMs);
    // A kernel that has nothing else to do may end.
    timer.unref();
  }

  async function answered<T>(asked: Asked, question: (of: LanguageService) => Promise<T>): Promise<T> {
    open.push(asked);
    if (open.length === 1) watchFirst();
    try {
      return await question(asked.of);
    } finally {
      const wasFirst = open[0] === asked;
      open = open.filter((one) => one !== asked);
      if (wasFirst) watchFirst();
    }
  }

  async function ask<T>(question: (of: LanguageService) => Promise<T>, cell?: string): Promise<T> {
    const asked = { of: service, cell, hung: false };
    try {
      return await answered(asked, question);
    } catch (error) {
      if (closed || !hasCode(error, "LANGUAGE_GONE")) throw error;
      replace(asked.of);
      if (asked.hung) {
        throw fault(
          "LANGUAGE_HUNG",
          `no answer within ${patienceMs / 1000} s, so its types are left out and the checker starts anew.`,
          "%check off stops asking.",
          error,
        );
      }
      return answered({ of: service, cell, hung: false }, question);
    }
  }

  return {
    complete: (code, cursor) => ask((of) => of.complete(code, cursor)),
    inspect: (code, cursor, detail) => ask((of) => of.inspect(code, cursor, detail)),
    isComplete: (code) => service.isComplete(code),
    async check(code) {
      const found = await ask((of) => of.check(code), code);
      // A cell that was given up is not declared: what it declared is there for V8, and unknown here.
      return hung === undefined ? found : found.filter((one) => !UNKNOWN_NAMES.has(one.code));
    },
    async remember(code) {
      if (code === hung) return;
      const known = declared;
      // Only after the worker's word: a cell that kills it is not told to the next one.
      await ask((of) => of.remember(code), code);
      known.push(code);
    },
    settled: () => service.settled(),
    async forget() {
      declared = [];
      hung = undefined;
      await ask((of) => of.forget());
    },
    close() {
      closed = true;
      clearTimeout(timer);
      return service.close();
    },
  };
}
