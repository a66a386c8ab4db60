// Any thrown value becomes a CellError: its name, its message and a traceback of the user's own frames with their source lines.
// Never throws, whatever the value does in its getters and traps; at most MAX_TRACEBACK in all.
import { readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { inspect, types } from "node:util";
import type { CellError } from "../protocol.ts";
import { sourceOf } from "./sources.ts";
import type { CellSyntaxError } from "./transform.ts";

/** UTF-16 units of a whole traceback: front ends keep every one of them in the notebook's file. */
const MAX_TRACEBACK = 2 ** 16 - 4_096;
const MAX_MESSAGE = 20_000;
const MAX_FRAMES = 12;
const MAX_CAUSES = 4;
/** Source lines shown before the failing one. */
const LEAD = 2;

const RED = "\x1b[31m";
const BOLD = "\x1b[1m";
const CYAN = "\x1b[36m";
const DIM = "\x1b[2m";
const PLAIN = "\x1b[0m";

/** Where V8 saw it, for values that have no stack of their own. */
export interface ThrownAt {
  readonly url: string;
  readonly line: number;
  readonly column: number;
}

interface Frame {
  readonly name: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export function cellError(thrown: unknown, at?: ThrownAt): CellError {
  try {
    return describe(thrown, at);
  } catch {
    // Whatever it is, the cell must get its reply.
    return {
      ename: "Uncaught",
      evalue: "a value that cannot be shown",
      traceback: ["Uncaught: a value that cannot be shown"],
    };
  }
}

/** A syntax error that the transform found, at its place in the cell. */
export function syntaxError(error: CellSyntaxError, count: number, source: string): CellError {
  const lines = source.split(/\r\n|[\n\r\u2028\u2029]/);
  const width = Math.max(1, Math.min(error.length, (lines[error.line - 1] ?? "").length - error.column + 1));
  return limited("SyntaxError", error.message, [
    "",
    place(`In[${count > 0 ? count : "-"}]`, error.line, error.column, ""),
    ...excerpt(lines, error.line, error.column, width),
  ]);
}

/** The cell was stopped: what the reply says. */
export function interruptedError(detail = "The cell was stopped; variables are kept."): CellError {
  return { ename: "Interrupted", evalue: detail, traceback: [`${RED}${BOLD}Interrupted${PLAIN}: ${detail}`] };
}

function describe(thrown: unknown, at?: ThrownAt): CellError {
  if (!isErrorLike(thrown)) {
    const frame = at && frameOf(at);
    return limited("Uncaught", inspected(thrown), frame ? ["", ...frameLines(frame, true)] : []);
  }
  const ename = textOf(thrown, "name") ?? className(thrown) ?? "Error";
  const evalue = textOf(thrown, "message") ?? "";
  const lines = [...stackLines(thrown, at)];
  let cause: unknown = valueOf(thrown, "cause");
  for (let depth = 0; cause !== undefined && cause !== null && depth < MAX_CAUSES; depth++) {
    const name = isErrorLike(cause)
      ? `${textOf(cause, "name") ?? "Error"}: ${textOf(cause, "message") ?? ""}`
      : inspected(cause);
    lines.push(
      "",
      `Caused by ${RED}${cut(name, MAX_MESSAGE)}${PLAIN}`,
      ...(isErrorLike(cause) ? stackLines(cause) : []),
    );
    cause = isErrorLike(cause) ? valueOf(cause, "cause") : undefined;
  }
  const errors = valueOf(thrown, "errors");
  if (Array.isArray(errors) && !types.isProxy(errors)) {
    for (const error of errors.slice(0, MAX_FRAMES) as unknown[]) {
      const name = isErrorLike(error)
        ? `${textOf(error, "name") ?? "Error"}: ${textOf(error, "message") ?? ""}`
        : inspected(error);
      lines.push(
        "",
        `One of the errors: ${RED}${cut(name, MAX_MESSAGE)}${PLAIN}`,
        ...(isErrorLike(error) ? stackLines(error) : []),
      );
    }
  }
  return limited(ename, evalue, lines);
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
    return undefined;
  }
}

function inspected(value: unknown): string {
  if (typeof value === "string") return cut(value, MAX_MESSAGE);
  try {
    return cut(
      inspect(value, { depth: 1, maxArrayLength: 20, maxStringLength: 2_000, customInspect: !types.isProxy(value) }),
      MAX_MESSAGE,
    );
  } catch {
    return `a ${typeof value} that cannot be shown`;
  }
}

function stackLines(error: object, at?: ThrownAt): string[] {
  const stack = textOf(error, "stack") ?? "";
  let frames = stack
    .split("\n")
    .map(parseFrame)
    .filter((frame) => frame !== undefined);
  // A syntax error's stack says where the parser was called; V8 says where the text is wrong.
  const thrownAt = at && !frames.some((frame) => sourceOf(frame.file)) ? frameOf(at) : undefined;
  if (thrownAt) frames = [thrownAt, ...frames];
  frames = frames.filter((frame) => !isInternal(frame));
  const lines: string[] = [];
  let shown = 0;
  let repeats = 0;
  let before = "";
  for (const frame of frames) {
    const key = `${frame.name} ${frame.file}:${frame.line}:${frame.column}`;
    if (key === before) {
      repeats++;
      continue;
    }
    if (repeats > 0) lines.push(`    ${DIM}… the same frame ${repeats} more times${PLAIN}`);
    repeats = 0;
    before = key;
    if (++shown > MAX_FRAMES) continue;
    const own = isOwn(frame);
    if (own || lines.length === 0) lines.push("");
    lines.push(
      ...(own
        ? frameLines(frame, lines.length <= 1)
        : [`    ${DIM}at ${frame.name} ${frame.file}:${frame.line}:${frame.column}${PLAIN}`]),
    );
  }
  if (repeats > 0) lines.push(`    ${DIM}… the same frame ${repeats} more times${PLAIN}`);
  if (shown > MAX_FRAMES) lines.push(`    ${DIM}… ${shown - MAX_FRAMES} more frames${PLAIN}`);
  return lines;
}

/** A place in a cell's script as a frame; undefined for places outside cells and in code the transform added. */
function frameOf({ url, line, column }: ThrownAt): Frame | undefined {
  const own = sourceOf(url)?.locate(line, column);
  return own && { name: "", file: url, ...own };
}

const FRAME = /^ +at (?:(.*) \((.+):(\d+):(\d+)\)|(?:async )?(.+):(\d+):(\d+))$/;

function parseFrame(text: string): Frame | undefined {
  const found = FRAME.exec(text.length > 2_000 ? "" : text);
  if (!found) return undefined;
  const [, name = "", file, line, column, bareFile, bareLine, bareColumn] = found;
  return { name, file: file ?? bareFile ?? "", line: Number(line ?? bareLine), column: Number(column ?? bareColumn) };
}

const KERNEL = new URL("../../", import.meta.url).href;

function isInternal({ file, line }: Frame): boolean {
  return (
    line === 0 ||
    file.startsWith("node:") ||
    file.startsWith(KERNEL) ||
    file.startsWith("<anonymous>") ||
    file === "evalmachine.<anonymous>"
  );
}

/** The user's own: a cell, or a file outside node_modules. */
function isOwn({ file }: Frame): boolean {
  return sourceOf(file) !== undefined || !file.includes("/node_modules/");
}

function frameLines(frame: Frame, detailed: boolean): string[] {
  const cell = sourceOf(frame.file);
  const lines = cell ? cell.lines() : fileLines(frame.file);
  return [
    place(cell?.label || frame.file.replace(/^file:\/\//, ""), frame.line, frame.column, frame.name),
    ...(lines ? excerpt(lines, frame.line, frame.column, 1, detailed ? LEAD : 0, detailed) : []),
  ];
}

function place(where: string, line: number, column: number, name: string): string {
  const within = name && name !== "eval" ? ` in ${name.replace(/^async /, "")}` : "";
  return `${CYAN}${where.startsWith("In[") ? `Cell ${where}` : where}, line ${line}:${column}${PLAIN}${within}`;
}

function excerpt(
  lines: readonly string[],
  line: number,
  column: number,
  width: number,
  lead = LEAD,
  caret = true,
): string[] {
  if (line < 1 || line > lines.length) return [];
  const digits = String(line).length;
  const shown: string[] = [];
  for (let n = Math.max(1, line - lead); n <= line; n++) {
    shown.push(
      `${n === line ? `${RED}>${PLAIN}` : " "} ${String(n).padStart(digits)} ${DIM}|${PLAIN} ${cut(lines[n - 1] ?? "", 500)}`,
    );
  }
  const before = (lines[line - 1] ?? "").slice(0, column - 1).replace(/[^\t]/g, " ");
  if (caret && column <= 500)
    shown.push(`  ${" ".repeat(digits)} ${DIM}|${PLAIN} ${before}${RED}${"^".repeat(width)}${PLAIN}`);
  return shown;
}

function fileLines(file: string): readonly string[] | undefined {
  try {
    const path = file.startsWith("file:") ? fileURLToPath(file) : file;
    return statSync(path).size > 2 ** 20 ? undefined : readFileSync(path, "utf8").split("\n");
  } catch {
    return undefined; // Moved or generated: the place is shown without its line.
  }
}

function limited(ename: string, evalue: string, lines: readonly string[]): CellError {
  const name = cut(ename, 200);
  const message = cut(evalue, MAX_MESSAGE);
  const traceback = [`${RED}${BOLD}${name}${PLAIN}${message ? `: ${message}` : ""}`];
  let room = MAX_TRACEBACK - traceback[0]!.length;
  for (const line of lines) {
    room -= line.length + 1;
    if (room < 0) {
      traceback.push("… the rest of the traceback is left out");
      break;
    }
    traceback.push(line);
  }
  return { ename: name, evalue: message, traceback };
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length)}… ${text.length - length} more characters`;
}
