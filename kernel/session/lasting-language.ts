// The language service as the session has it: it outlives its worker. A worker that died (its heap full of types, say) is replaced by one
// that is told the cells so far, and asked again; only a question that kills two workers fails.
import { hasCode } from "../../lib/core/errors.ts";
import type { LanguageService } from "../language/language.ts";
import { log } from "../wire/log.ts";

/** @param start makes a service; called again when the one before is gone */
export function lastingLanguage(start: () => LanguageService): LanguageService {
  let service = start();
  /** Cells the worker took in, since the variables were last lost. */
  let declared: string[] = [];
  let closed = false;

  /** Does nothing if another question has replaced `dead` already. */
  function replace(dead: LanguageService): void {
    if (service !== dead) return;
    log("the language worker is gone; another one takes its place");
    service = start();
    for (const code of declared) {
      service.remember(code).catch((error: unknown) => log(`language: ${String(error).split("\n")[0]}`));
    }
  }

  async function ask<T>(question: (of: LanguageService) => Promise<T>): Promise<T> {
    const asked = service;
    try {
      return await question(asked);
    } catch (error) {
      if (closed || !hasCode(error, "LANGUAGE_GONE")) throw error;
      replace(asked);
      return question(service);
    }
  }

  return {
    complete: (code, cursor) => ask((of) => of.complete(code, cursor)),
    inspect: (code, cursor, detail) => ask((of) => of.inspect(code, cursor, detail)),
    isComplete: (code) => service.isComplete(code),
    check: (code) => ask((of) => of.check(code)),
    async remember(code) {
      const known = declared;
      // Only after the worker's word: a cell that kills it is not told to the next one.
      await ask((of) => of.remember(code));
      known.push(code);
    },
    async forget() {
      declared = [];
      await ask((of) => of.forget());
    },
    close() {
      closed = true;
      return service.close();
    },
  };
}
