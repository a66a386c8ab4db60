// The user's own frames of a stack with their source lines. Words: a frame is *own* in a cell or in a file of the user's; it belongs
// to a *library* in node_modules or in the laboratory; Node's and the kernel's are left out.
import { readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { sourceOf } from "./sources.ts";

/** Own frames shown; the innermost tells where, the others how it got there. */
const MAX_OWN = 12;
/** Frames of a library shown in one run of them. */
const MAX_LIBRARY = 4;
/** Source lines shown before the failing one. */
const LEAD = 2;
const MAX_LINE = 500;
/** Longer stacks are messages; their frames stand at the end. */
const MAX_STACK = 2 ** 18;

export const RED = "\x1b[31m";
// Bold alone, never bold red or cyan: JupyterLab draws those at 2 : 1 on its dark and light error grounds.
const BOLD = "\x1b[1m";
export const PLAIN = "\x1b[0m";
const DIM = "\x1b[2m";

/** Where V8 saw it, for values that have no stack of their own: a position in the script, not in the cell. */
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

let full = false;

/** `%traceback full`: libraries', the laboratory's and Node's frames too, all of them. */
export function showAllFrames(all: boolean): void {
  full = all;
}

/** @param advised the error says what its caller did wrong: the laboratory's own frames are left out */
export function stackLines(stack: string, advised: boolean, at?: ThrownAt): string[] {
  const text = stack.length > MAX_STACK ? stack.slice(-MAX_STACK) : stack;
  let frames = text
    .split("\n")
    .map(parseFrame)
    .filter((frame) => frame !== undefined);
  // A syntax error's stack says where the parser was called; V8 says where the text is wrong.
  const thrownAt = at && !frames.some((frame) => sourceOf(frame.file)) ? frameOf(at) : undefined;
  if (thrownAt) frames = [thrownAt, ...frames];
  if (full) return group(frames.filter((frame) => sourceOf(frame.file) || !frame.file.startsWith(MACHINERY)));
  frames = frames.filter((frame) => !isInternal(frame) && !(advised && frame.file.startsWith(LABORATORY)));
  return group(frames);
}

/** The lines for a value without a stack. */
export function placeLines(at: ThrownAt | undefined): string[] {
  const frame = at && frameOf(at);
  return frame ? ["", ...frameLines(frame, true)] : [];
}

function group(frames: readonly Frame[]): string[] {
  const lines: string[] = [];
  const most = full ? Infinity : MAX_LIBRARY;
  let own = 0;
  let library = 0;
  let repeats = 0;
  const rest = (count: number, what: string) => count > 0 && lines.push(`    ${DIM}… ${count} more ${what}${PLAIN}`);
  frames.forEach((frame, i) => {
    const before = frames[i - 1];
    if (before && frame.file === before.file && frame.line === before.line && frame.column === before.column) {
      repeats++;
      return;
    }
    rest(repeats, "times the same");
    repeats = 0;
    if (isOwn(frame)) {
      rest(library - most, "frames of libraries");
      library = 0;
      if (++own <= MAX_OWN) lines.push("", ...frameLines(frame, own === 1));
    } else if (++library <= most) {
      if (library === 1) lines.push("");
      lines.push(`    ${DIM}at ${frame.name} ${pathOf(frame.file)}:${frame.line}:${frame.column}${PLAIN}`);
    }
  });
  rest(repeats, "times the same");
  rest(library - most, "frames of libraries");
  rest(own - MAX_OWN, "frames");
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
/** What runs cells: below every frame of theirs. */
const MACHINERY = new URL("./", import.meta.url).href;
const LABORATORY = new URL("../../../lib/", import.meta.url).href;
/** Where the laboratory's own errors are made. */
const MAKER = new URL("core/errors.ts", LABORATORY).href;

function isInternal({ file, line }: Frame): boolean {
  return (
    line === 0 ||
    file.startsWith("node:") ||
    file.startsWith(KERNEL) ||
    file === MAKER ||
    /^(?:evalmachine\.)?<anonymous>/.test(file)
  );
}

function isOwn({ file }: Frame): boolean {
  const foreign = file.startsWith("node:") || file.includes("/node_modules/") || file.startsWith(LABORATORY);
  return sourceOf(file) !== undefined || !foreign;
}

function frameLines(frame: Frame, detailed: boolean): string[] {
  const cell = sourceOf(frame.file);
  const lines = cell ? cell.lines() : fileLines(frame.file);
  // A magic's line is shorter than what it expands to.
  const column = cell && frame.column > (lines?.[frame.line - 1]?.length ?? 0) + 1 ? 1 : frame.column;
  return [
    placeLine(cell?.label || pathOf(frame.file), frame.line, column, frame.name),
    ...(lines ? excerpt(lines, frame.line, column, detailed ? { lead: LEAD, width: 1 } : { lead: 0, width: 0 }) : []),
  ];
}

function pathOf(file: string): string {
  return file.startsWith("file:") ? fileURLToPath(file.replace(/\?.*$/, "")) : file;
}

export function placeLine(where: string, line: number, column: number, name: string): string {
  const within = name && name !== "eval" ? ` in ${name.replace(/^async /, "")}` : "";
  return `${BOLD}${where.startsWith("In[") ? `Cell ${where}` : where}, line ${line}:${column}${PLAIN}${within}`;
}

/** @param style.width length of the underline, 0 for none */
export function excerpt(
  lines: readonly string[],
  line: number,
  column: number,
  { lead = LEAD, width }: { readonly lead?: number; readonly width: number },
): string[] {
  if (line < 1 || line > lines.length) return [];
  const digits = String(line).length;
  const shown: string[] = [];
  for (let n = Math.max(1, line - lead); n <= line; n++) {
    const text = lines[n - 1] ?? "";
    const cut = text.length > MAX_LINE ? `${text.slice(0, MAX_LINE)}…` : text;
    shown.push(`${n === line ? `${RED}>${PLAIN}` : " "} ${String(n).padStart(digits)} ${DIM}|${PLAIN} ${cut}`);
  }
  const before = (lines[line - 1] ?? "").slice(0, column - 1).replace(/[^\t]/g, " ");
  if (width > 0 && column <= MAX_LINE) {
    shown.push(`  ${" ".repeat(digits)} ${DIM}|${PLAIN} ${before}${RED}${"^".repeat(width)}${PLAIN}`);
  }
  return shown;
}

function fileLines(file: string): readonly string[] | undefined {
  try {
    const path = pathOf(file);
    return statSync(path).size > 2 ** 20 ? undefined : readFileSync(path, "utf8").split("\n");
  } catch {
    return undefined; // Moved or generated: the place is shown without its line.
  }
}
