// The debugger's own connection to V8's inspector, from the watchdog thread to the main thread: requests as promises, and calls of the
// kernel's functions there (answers.ts). Works while the main thread computes or stands still; not while native code has it.
import { Session } from "node:inspector";
import type { Runtime } from "node:inspector";
import { fault, hasCode } from "../../../../lib/core/errors.ts";
import type { Answers } from "./answers.ts";
import { ANSWERS } from "./handle.ts";

export const HANDLE = `globalThis[Symbol.for(${JSON.stringify(ANSWERS)})]`;
/** What is asked about values keeps them alive; all of it is released at once. */
export const GROUP = "debug";

type Remote = Runtime.RemoteObject;

/** What V8 answers to every kind of evaluation. */
export interface Evaluated {
  readonly result: Remote;
  readonly exceptionDetails?: Runtime.ExceptionDetails;
}

export class Inspector {
  readonly session = new Session();
  #handle: string | undefined;

  constructor() {
    this.session.connectToMainThread();
  }

  /** @throws DEBUG_REFUSED V8 will not */
  post<T = unknown>(method: string, params: object = {}): Promise<T> {
    return new Promise((resolve, reject) => {
      const refuse = ({ message }: Error) => reject(refusal(message.replace(/^Inspector error -?\d+: /, "")));
      try {
        this.session.post(method, params, (error: Error | null, answer?: object) => {
          if (error) refuse(error);
          else resolve(answer as T);
        });
      } catch (error) {
        // It is closed.
        refuse(error as Error);
      }
    });
  }

  /** Not waited for: native code may have the main thread. Refused when the debugger is off, or the thread has gone on: then it is done. */
  quietly(method: string, params: object = {}): void {
    this.post(method, params).catch((error: unknown) => {
      if (!isRefusal(error)) throw error;
    });
  }

  /** In the global scope. @throws DEBUG_REFUSED with what the code threw */
  async evaluate(expression: string, options: Partial<Runtime.EvaluateParameterType> = {}): Promise<Remote> {
    // A breakpoint in what the debugger itself asks for would wait for the debugger.
    const quiet = { silent: true, disableBreaks: true };
    return valueOf(await this.post<Evaluated>("Runtime.evaluate", { expression, ...quiet, ...options }));
  }

  /** Calls a function of answers.ts with plain values. @returns its plain value */
  async ask<N extends keyof Answers>(
    name: N,
    ...given: Parameters<Answers[N]>
  ): Promise<Awaited<ReturnType<Answers[N]>>> {
    const call = `${HANDLE}.${name}(${given.map((one) => JSON.stringify(one)).join(", ")})`;
    return (await this.evaluate(call, { returnByValue: true })).value as never;
  }

  /** The same with values of the main thread's. */
  async call(name: keyof Answers, given: readonly Runtime.CallArgument[]): Promise<Remote> {
    this.#handle ??= (await this.evaluate(HANDLE)).objectId ?? "";
    const functionDeclaration = `function (...given) { return this.${name}(...given); }`;
    const request = { functionDeclaration, objectId: this.#handle, arguments: given, silent: true, objectGroup: GROUP };
    return valueOf(await this.post<Evaluated>("Runtime.callFunctionOn", request));
  }

  close(): void {
    this.session.disconnect();
  }
}

/** A value of the main thread's as an argument. */
export function argumentOf({ objectId, unserializableValue, value }: Remote): Runtime.CallArgument {
  if (objectId !== undefined) return { objectId };
  return unserializableValue !== undefined ? { unserializableValue } : { value: value as unknown };
}

/** @throws DEBUG_REFUSED with what the code threw */
export function valueOf({ result, exceptionDetails: thrown }: Evaluated): Remote {
  if (!thrown) return result;
  const { exception, text } = thrown;
  throw refusal(exception?.description?.split("\n    at ")[0] ?? String(exception?.value ?? text));
}

/** A request that has no answer; its fact becomes the reply's message. */
export function refusal(fact: string): Error {
  return fault("DEBUG_REFUSED", fact, "the session goes on.");
}

export function isRefusal(error: unknown): boolean {
  return hasCode(error, "DEBUG_REFUSED");
}
