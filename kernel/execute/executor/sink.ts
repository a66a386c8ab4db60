// Where prints and displays go instead of the cell's output: code that runs inside `intoSink` writes there, through promises and
// timers too, also long after. Output widgets are sinks.
import { AsyncLocalStorage } from "node:async_hooks";
import type { MimeBundle } from "../../../lib/core/host.ts";

export type Sunk =
  | { readonly type: "stream"; readonly name: "stdout" | "stderr"; readonly text: string }
  | {
      readonly type: "display";
      readonly data: MimeBundle;
      readonly metadata: MimeBundle;
      readonly displayId?: string;
      readonly update: boolean;
    }
  | { readonly type: "clear"; readonly wait: boolean };

export type Sink = (output: Sunk) => void;

const SINKS = Symbol.for("blankslate.sinks");
/** One for the process: widgets that a cell imports are another copy of this module than a packed executor's. */
const sinks = ((globalThis as { [SINKS]?: AsyncLocalStorage<Sink> })[SINKS] ??= new AsyncLocalStorage<Sink>());

export function currentSink(): Sink | undefined {
  return sinks.getStore();
}

export function intoSink<T>(sink: Sink, work: () => T): T {
  return sinks.run(sink, work);
}
