// What every cell's script was: its name in stack traces, its source lines and the way back from the script's positions.
// Stack traces of any error, also those a cell prints itself, name the cell's own lines.
import type { Locate } from "./transform.ts";

/** Ends every script of the user's. V8 lets a debugger look at scripts with such a line before they run (debug/scripts.ts); nobody else reads it. */
export const SOURCE_MARK = "//# sourceMappingURL=blankslate:own";

export interface CellSource {
  /** "In[12]"; "" for a file, which is known by its path. */
  readonly label: string;
  readonly lines: () => readonly string[];
  readonly locate: Locate;
}

/** What is kept of a cell for as long as the process lives: its text, and a function that all cells share. */
interface Remembered {
  readonly source: string;
  readonly relocate: Relocate;
}

/** Makes a cell's `locate` again: the maps of all cells would take a hundred times the memory of their text. */
export type Relocate = (source: string) => Locate;

const cells = new Map<string, Remembered>();
const files = new Map<string, CellSource>();
/** Those made last: a traceback asks about one cell many times. */
const located = new Map<string, Locate>();
const MAX_LOCATED = 16;
/** Scripts without a number (silent cells, user expressions) come by the thousand and are seldom asked for. */
const MAX_UNNUMBERED = 200;
const UNNUMBERED = "In[-]";
const unnumbered: string[] = [];
let repeats = 1;

/** A file that was compiled to other positions: its own URL stands in stack traces. */
export function rememberFile(url: string, source: string, locate: Locate): void {
  files.set(url, { label: "", lines: () => linesOf(source), locate });
}

/** @returns the name to give V8 (`//# sourceURL=`): the label, made unique when a count comes again */
export function rememberSource(count: number, source: string, relocate: Relocate): string {
  const label = count > 0 ? `In[${count}]` : UNNUMBERED;
  const url = count > 0 && !cells.has(label) ? label : `${label}~${++repeats}`;
  cells.set(url, { source, relocate });
  if (count <= 0 && unnumbered.push(url) > MAX_UNNUMBERED) cells.delete(unnumbered.shift() ?? "");
  return url;
}

function locatorOf(url: string, { source, relocate }: Remembered): Locate {
  const known = located.get(url);
  if (known) return known;
  const made = relocate(source);
  located.set(url, made);
  if (located.size > MAX_LOCATED) {
    for (const oldest of located.keys()) {
      located.delete(oldest);
      break;
    }
  }
  return made;
}

function linesOf(source: string): readonly string[] {
  return source.split(/\r\n|[\n\r\u2028\u2029]/);
}

/** @returns the numbered cells in the order in which they ran, those that failed included */
export function executedCells(): { readonly count: number; readonly source: string }[] {
  return [...cells].flatMap(([url, { source }]) => {
    const count = Number(/^In\[(\d+)\]/.exec(url)?.[1]);
    return Number.isNaN(count) ? [] : [{ count, source: linesOf(source).join("\n") }];
  });
}

/** @returns what a cell was executed with, by its script's name */
export function cellText(url: string): string | undefined {
  return cells.get(url)?.source;
}

export function sourceOf(url: string): CellSource | undefined {
  const cell = cells.get(url);
  if (!cell) return files.get(url);
  return {
    label: url.replace(/~\d+$/, ""),
    lines: () => linesOf(cell.source),
    locate: (line, column) => locatorOf(url, cell)(line, column),
  };
}

function isRemembered(url: string): boolean {
  return cells.has(url) || files.has(url);
}

/** Makes `error.stack` name the cells' own positions, in the form `at f (In[12]:3:9)`. */
export function installStackTraces(): void {
  // Deep libraries must not push the cell's own frame out.
  Error.stackTraceLimit = 50;
  Error.prepareStackTrace = (error, frames) => {
    const fromCell = frames.some((frame) => isRemembered(frame.getScriptNameOrSourceURL() ?? ""));
    const shown = fromCell ? frames.filter((frame) => !isMachinery(frame)) : frames;
    return [heading(error), ...shown.map((frame) => `    at ${frameText(frame)}`)].join("\n");
  };
}

const KERNEL = new URL("../../", import.meta.url).href;

/** What runs cells: below every one of their frames, and of no interest to whoever wrote them. */
function isMachinery(frame: NodeJS.CallSite): boolean {
  const url = frame.getScriptNameOrSourceURL() ?? "";
  return url.startsWith(KERNEL) || url === "node:inspector" || url === "node:internal/process/task_queues";
}

function heading(error: unknown): string {
  try {
    return Error.prototype.toString.call(error);
  } catch {
    return "Error"; // A name or message that throws; the formatter looks at it again, more patiently.
  }
}

function frameText(frame: NodeJS.CallSite): string {
  // oxlint-disable-next-line typescript/no-base-to-string -- V8 writes it as `f (file:line:column)`
  const text = String(frame);
  const url = frame.getScriptNameOrSourceURL();
  const cell = url ? sourceOf(url) : undefined;
  if (!url || !cell) return text;
  const written = `${url}:${frame.getLineNumber()}:${frame.getColumnNumber()}`;
  const at = cell.locate(frame.getLineNumber() ?? 1, frame.getColumnNumber() ?? 1);
  return text.replace(written, at ? `${url}:${at.line}:${at.column}` : `${url}:0:0`);
}
