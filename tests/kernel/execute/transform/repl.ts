// A REPL for tests: cells go through the transform into V8's own Runtime.evaluate, each REPL in a fresh context.
import { Session } from "node:inspector";
import { createRequire } from "node:module";
import vm from "node:vm";
import { transformCell } from "../../../../kernel/execute/executor/transform.ts";
import type { CellScript, CellSyntaxError, Position } from "../../../../kernel/execute/executor/transform.ts";

export type Outcome =
  | { readonly kind: "value"; readonly value: unknown }
  | { readonly kind: "none" }
  | { readonly kind: "syntax"; readonly error: CellSyntaxError }
  | { readonly kind: "thrown"; readonly text: string; readonly at: Position | undefined };

export type Importer = (specifier: string, attributes?: unknown, required?: readonly string[]) => Promise<unknown>;

/** Imports what Node has; a name that a cell uses and the module lacks is an error, as with a static import. */
export const nodeImporter: Importer = async (specifier, attributes, required = []) => {
  const namespace = (await import(
    specifier,
    attributes === undefined ? {} : { with: attributes as ImportAttributes }
  )) as object;
  const missing = required.find((name) => !(name in namespace));
  if (missing !== undefined)
    throw new SyntaxError(`The requested module '${specifier}' does not provide an export named '${missing}'`);
  return namespace;
};

let count = 0;

export class Repl {
  readonly #session = new Session();
  readonly #name = `repl ${++count}`;
  readonly #context = vm.createContext(vm.constants.DONT_CONTEXTIFY, { name: this.#name }) as Record<
    PropertyKey,
    unknown
  >;
  #contextId = 0;

  constructor(importer: Importer = nodeImporter, globals: Readonly<Record<string, unknown>> = {}) {
    this.#context[Symbol.for("blankslate.import")] = Object.assign(importer, {
      meta: { url: "file:///notebook/cell.ts", dirname: "/notebook" },
    });
    // Awaits as they are: nothing here is interrupted.
    const identity = (value: unknown) => value;
    this.#context[Symbol.for("blankslate.await")] = Object.assign(identity, { each: identity });
    Object.assign(this.#context, {
      console,
      setTimeout,
      setImmediate,
      process,
      require: createRequire(import.meta.url),
      ...globals,
    });
    this.#session.connect();
    this.#session.on("Runtime.executionContextCreated", ({ params: { context } }) => {
      if (context.name === this.#name) this.#contextId = context.id;
    });
    this.#session.post("Runtime.enable");
  }

  async run(source: string): Promise<Outcome> {
    const cell = transformCell(source);
    if ("error" in cell) return { kind: "syntax", error: cell.error };
    return this.#evaluate(cell);
  }

  /** V8's own reading of a script, without the transform. */
  async runPlain(code: string): Promise<Outcome> {
    return this.#evaluate({ code, hasResult: true, names: [], imports: [], locate: () => undefined });
  }

  async #evaluate(cell: CellScript): Promise<Outcome> {
    const answer = await new Promise<Answer>((resolve, reject) => {
      // From a microtask: a synchronous call from here may abort the process.
      void Promise.resolve().then(() =>
        this.#session.post(
          "Runtime.evaluate",
          { expression: cell.code, replMode: true, awaitPromise: true, contextId: this.#contextId },
          (error, result) => (error ? reject(new Error(error.message)) : resolve(result as Answer)),
        ),
      );
    });
    const thrown = answer.exceptionDetails;
    if (thrown) {
      const frame = thrown.stackTrace?.callFrames.find((f) => f.url === "");
      const { lineNumber, columnNumber } = frame ?? thrown;
      const text =
        thrown.exception?.description?.split("\n")[0] ?? JSON.stringify(thrown.exception?.value ?? thrown.text);
      return { kind: "thrown", text, at: cell.locate(lineNumber + 1, columnNumber + 1) };
    }
    if (!cell.hasResult) return { kind: "none" };
    return { kind: "value", value: this.#read(answer.result) };
  }

  /** The live value, not a copy: parked on the context's global by the inspector. */
  #read(result: Answer["result"]): unknown {
    if (result.objectId === undefined)
      return result.unserializableValue === undefined ? result.value : Number(result.unserializableValue);
    this.#session.post("Runtime.callFunctionOn", {
      functionDeclaration: "function () { globalThis.result$ = this; }",
      objectId: result.objectId,
    });
    return this.#context["result$"];
  }

  close(): void {
    this.#session.disconnect();
  }
}

interface Answer {
  readonly result: { readonly objectId?: string; readonly value?: unknown; readonly unserializableValue?: string };
  readonly exceptionDetails?: {
    readonly text: string;
    readonly lineNumber: number;
    readonly columnNumber: number;
    readonly exception?: { readonly description?: string; readonly value?: unknown };
    readonly stackTrace?: {
      readonly callFrames: readonly {
        readonly url: string;
        readonly lineNumber: number;
        readonly columnNumber: number;
      }[];
    };
  };
}
