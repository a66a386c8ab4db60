// prompt(), confirm() and alert(), as browsers have them: the main thread waits, the watchdog thread brings the answer.
import { receiveMessageOnPort, type MessagePort } from "node:worker_threads";
import { fault } from "../../../lib/core/errors.ts";
import { currentRun } from "./run.ts";
import { SLOT, type Shared } from "./shared.ts";
import type { Up } from "./up.ts";

export interface Ask {
  /** @returns what was typed; null when it was cancelled. @throws STDIN_NOT_ALLOWED when nobody can answer (a notebook run unattended) */
  (text: string, password: boolean): string | null;
}

export function createAsk(up: Up, shared: Shared, answers: MessagePort): Ask {
  const { state } = shared;
  return (text, password) => {
    const run = currentRun();
    if (!run || run.over || !run.allowStdin) {
      throw fault(
        "STDIN_NOT_ALLOWED",
        "this cell cannot ask for input.",
        "run it in a front end that allows input, or set a variable instead.",
      );
    }
    // An answer that came after its question was interrupted is nobody's.
    while (receiveMessageOnPort(answers) !== undefined);
    Atomics.store(state, SLOT.typing, 1);
    up.send({ type: "input", cell: run.cell, prompt: text, password });
    for (;;) {
      const seen = Atomics.load(state, SLOT.typing);
      const answer = receiveMessageOnPort(answers);
      if (answer?.message.cell === run.cell) {
        Atomics.store(state, SLOT.typing, 0);
        return answer.message.value;
      }
      // The watchdog adds 1 with every answer it posts; 1 s is only a net below that.
      Atomics.wait(state, SLOT.typing, seen, 1_000);
    }
  };
}

export function installInput(ask: Ask): void {
  const globals = {
    /** @param options.password hides what is typed */
    prompt(text: unknown = "", initial?: unknown, options?: { readonly password?: boolean }): string | null {
      const typed = ask(String(text), options?.password === true);
      return typed === "" && typeof initial === "string" ? initial : typed;
    },
    confirm: (text: unknown = "") => /^\s*y(es)?\s*$/i.test(ask(`${String(text)} [y/N] `, false) ?? ""),
    alert: (text: unknown = "") => void ask(`${String(text)} [Enter] `, false),
  };
  for (const [name, value] of Object.entries(globals)) {
    Object.defineProperty(globalThis, name, { configurable: true, writable: true, value });
  }
}
