// Any thrown value becomes a CellError: its name, its message and a traceback.
// Never throws, whatever the value does in its getters and traps; at most MAX_TRACEBACK in all.
import { inspect, types } from "node:util";
import type { CellError } from "../protocol.ts";
import { excerpt, placeLine, placeLines, PLAIN, RED, stackLines, type ThrownAt } from "./traceback.ts";
import type { CellSyntaxError } from "./transform.ts";

/** UTF-16 units of a whole traceback: front ends keep every one of them in the notebook's file. */
const MAX_TRACEBACK = 2 ** 16 - 4_096;
const MAX_MESSAGE = 20_000;
const MAX_CAUSES = 4;
/** Of an AggregateError. */
const MAX_ERRORS = 12;

/** How V8 quotes the script where it reads a live import. */
const LIVE = /\(0 , \$\$imports\.([\w$]+)\)|\$\$imports\.([\w$]+)/g;

export function cellError(thrown: unknown, at?: ThrownAt): CellError {
  try {
    return describe(thrown, at);
  } catch {
    // Whatever it is, the cell must get its reply.
    const evalue = "a value that cannot be shown";
    return { ename: "Uncaught", evalue, traceback: [`Uncaught: ${evalue}`] };
  }
}

/** A syntax error that the transform found, at its place in the cell. */
export function syntaxError(error: CellSyntaxError, count: number, source: string): CellError {
  // As parsers here count them, and front ends: a line separator inside of a line ends none.
  const lines = source.split(/\r?\n/);
  const { message, line, column } = error;
  const width = Math.max(1, Math.min(error.length, (lines[line - 1] ?? "").length - column + 1));
  const place = placeLine(`In[${count > 0 ? count : "-"}]`, line, column, "");
  return limited("SyntaxError", message, ["", place, ...excerpt(lines, line, column, { width })]);
}

/** The cell was stopped: what the reply says. */
export function interruptedError(): CellError {
  return limited("Interrupted", "The cell was stopped; variables are kept.", []);
}

function describe(thrown: unknown, at?: ThrownAt): CellError {
  if (!isErrorLike(thrown)) return limited("Uncaught", inspected(thrown), placeLines(at));
  const lines = stackOf(thrown, at);
  let cause: unknown = valueOf(thrown, "cause");
  for (let depth = 0; cause !== undefined && cause !== null && depth < MAX_CAUSES; depth++) {
    lines.push(...related("Caused by", cause));
    cause = isErrorLike(cause) ? valueOf(cause, "cause") : undefined;
  }
  const errors = valueOf(thrown, "errors");
  if (Array.isArray(errors) && !types.isProxy(errors)) {
    for (const error of errors.slice(0, MAX_ERRORS) as unknown[]) lines.push(...related("One of the errors:", error));
  }
  return limited(textOf(thrown, "name") ?? className(thrown) ?? "Error", textOf(thrown, "message") ?? "", lines);
}

function related(how: string, thrown: unknown): string[] {
  const own = isErrorLike(thrown);
  const head = own ? `${textOf(thrown, "name") ?? "Error"}: ${textOf(thrown, "message") ?? ""}` : inspected(thrown);
  return ["", `${how} ${RED}${cut(head, MAX_MESSAGE)}${PLAIN}`, ...(own ? stackOf(thrown) : [])];
}

function stackOf(error: object, at?: ThrownAt): string[] {
  // An error with a fact and a hint says what the caller did wrong: the place of the call is what counts.
  const advised = textOf(error, "hint") !== undefined && textOf(error, "fact") !== undefined;
  return stackLines(textOf(error, "stack") ?? "", advised, at);
}

function isErrorLike(value: unknown): value is object {
  if (typeof value !== "object" || value === null || types.isProxy(value)) return false;
  return types.isNativeError(value) || (textOf(value, "stack") !== undefined && textOf(value, "message") !== undefined);
}

function valueOf(value: object, key: string): unknown {
  try {
    return (value as Record<string, unknown>)[key];
  } catch {
    return undefined; // A getter that throws has nothing to say here.
  }
}

function textOf(value: object, key: string): string | undefined {
  const text = valueOf(value, key);
  return typeof text === "string" ? text : undefined;
}

function className(value: object): string | undefined {
  try {
    return value.constructor.name || undefined;
  } catch {
    return undefined; // No prototype, or a constructor that throws.
  }
}

function inspected(value: unknown): string {
  if (typeof value === "string") return cut(value, MAX_MESSAGE);
  const options = { depth: 1, maxArrayLength: 20, maxStringLength: 2_000, customInspect: !types.isProxy(value) };
  try {
    return cut(inspect(value, options), MAX_MESSAGE);
  } catch {
    return `a ${typeof value} that cannot be shown`;
  }
}

function limited(ename: string, evalue: string, lines: readonly string[]): CellError {
  const name = cut(ename, 200);
  const message = cut(evalue, MAX_MESSAGE).replace(LIVE, "$1$2");
  const traceback = [`${RED}${name}${PLAIN}${message ? `: ${message}` : ""}`];
  let room = MAX_TRACEBACK - message.length;
  for (const line of lines) {
    room -= line.length + 1;
    if (room < 0)
      return { ename: name, evalue: message, traceback: [...traceback, "… the rest of the traceback is left out"] };
    traceback.push(line);
  }
  return { ename: name, evalue: message, traceback };
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length)}… ${text.length - length} more characters`;
}
