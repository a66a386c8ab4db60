// Runs code with V8's own REPL semantics, through this thread's own inspector session: redeclaration, top-level await, closures
// that see current values, top-level loops at full speed.
//
// Code that was stopped after its first await never settles its promise; whoever stops it ends the run (run-cell.ts).
import { Session } from "node:inspector";
import type { Runtime } from "node:inspector";
import { promiseHooks } from "node:v8";
import { cellError } from "./fault.ts";
import type { ThrownAt } from "./traceback.ts";
import type { CellError } from "../protocol.ts";

type Outcome =
  | { readonly kind: "value"; readonly value: unknown }
  | { readonly kind: "error"; readonly error: CellError }
  /** Stopped during its synchronous part. */
  | { readonly kind: "stopped" };

export interface Evaluator {
  /** `done` is called once, or never when the code is stopped after its first await. Start it from a microtask. */
  evaluate(code: string, done: (outcome: Outcome) => void): void;
  /** Forgets evaluations that will never settle. */
  abandon(): void;
  /** This thread's session; a new one after `abandon`. */
  session(): Session;
}

const CAPTURE = Symbol.for("blankslate.capture");
const GROUP = "cell";

interface Connection {
  readonly session: Session;
  /** A remote object of our own function: it hands values of the inspector back to this thread. */
  readonly captureId: string;
}

export function createEvaluator(): Evaluator {
  let captured: unknown;
  // V8 reports a pending evaluation whose promise was collected by calling into JavaScript during garbage collection, which is
  // fatal. So every pending promise is held here, and a session whose evaluations were stopped is closed before they are let go.
  const pending = new Set<{ promise: unknown }>();

  function connect(): Connection {
    const session = new Session();
    session.connect();
    let captureId = "";
    Object.defineProperty(globalThis, CAPTURE, {
      configurable: true,
      value: (value: unknown) => void (captured = value),
    });
    session.post(
      "Runtime.evaluate",
      { expression: `globalThis[Symbol.for("${CAPTURE.description}")]` },
      (_error, answer) => {
        captureId = answer.result.objectId ?? "";
      },
    );
    Reflect.deleteProperty(globalThis, CAPTURE);
    return { session, captureId };
  }
  let connection: Connection | undefined = connect();
  /** Being closed. A stop may unwind this code anywhere: whoever comes next begins where it was left. */
  let closing: Connection | undefined;

  function close(): void {
    closing ??= connection;
    connection = undefined;
    // Calls back into JavaScript, where a stop can end it; then the next call goes on from here.
    closing?.session.disconnect();
    closing = undefined;
    pending.clear();
  }

  function current(): Connection {
    if (closing) close();
    return (connection ??= connect());
  }

  /** The value behind a remote object. */
  function take({ session, captureId }: Connection, remote: Runtime.RemoteObject): unknown {
    if (remote.objectId === undefined && remote.unserializableValue === undefined) return remote.value;
    const argument: Runtime.CallArgument =
      remote.objectId === undefined
        ? { unserializableValue: remote.unserializableValue! }
        : { objectId: remote.objectId };
    captured = undefined;
    session.post("Runtime.callFunctionOn", {
      objectId: captureId,
      functionDeclaration: "function (value) { this(value); }",
      arguments: [argument],
      silent: true,
    });
    const value = captured;
    captured = undefined;
    return value;
  }

  return {
    session: () => current().session,
    abandon() {
      if (pending.size > 0 || closing) close();
    },
    evaluate(code, done) {
      const mine = current();
      const held = { promise: undefined as unknown };
      pending.add(held);
      // The first promise made is the evaluation's own.
      const unhook = promiseHooks.onInit((promise) => {
        held.promise ??= promise;
        unhook();
      }) as () => void;
      const request = { expression: code, replMode: true, awaitPromise: true, objectGroup: GROUP };
      mine.session.post("Runtime.evaluate", request, (error: Error | null, answer?: object) => {
        pending.delete(held);
        if (error) return done({ kind: "stopped" });
        const { result, exceptionDetails: details } = answer as Runtime.EvaluateReturnType;
        const thrown = details ? details.exception : result;
        const value = thrown ? take(mine, thrown) : undefined;
        mine.session.post("Runtime.releaseObjectGroup", { objectGroup: GROUP });
        if (!details) return done({ kind: "value", value });
        done({ kind: "error", error: cellError(thrown ? value : details.text, placeOf(details)) });
      });
      unhook();
    },
  };
}

function placeOf(details: Runtime.ExceptionDetails): ThrownAt {
  const frame = details.stackTrace?.callFrames[0];
  return frame
    ? { url: frame.url, line: frame.lineNumber + 1, column: frame.columnNumber + 1 }
    : { url: details.url ?? "", line: details.lineNumber + 1, column: details.columnNumber + 1 };
}
