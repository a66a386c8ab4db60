// What every cell's script was: its name in stack traces, its source lines and the way back from the script's positions.
// Stack traces of any error, also those a cell prints itself, name the cell's own lines.
import type { Locate } from "./transform.ts";

export interface CellSource {
  /** "In[12]"; "" for a file, which is known by its path. */
  readonly label: string;
  readonly lines: () => readonly string[];
  readonly locate: Locate;
}

const sources = new Map<string, CellSource>();
/** How often each label was given. */
const given = new Map<string, number>();
/** Scripts without a number (silent cells, user expressions) come by the thousand and are seldom asked for. */
const MAX_UNNUMBERED = 200;
const unnumbered: string[] = [];

/** A file that was compiled to other positions: its own URL stands in stack traces. */
export function rememberFile(url: string, source: string, locate: Locate): void {
  sources.set(url, { label: "", lines: () => linesOf(source), locate });
}

/**
 * @param relocate makes the cell's `locate` again: the maps of all cells would take a hundred times the memory of their text
 * @returns the name to give V8 (`//# sourceURL=`): the label, made unique when a count comes again
 */
export function rememberSource(count: number, source: string, relocate: (source: string) => Locate): string {
  const label = `In[${count > 0 ? count : "-"}]`;
  const times = (given.get(label) ?? 0) + 1;
  given.set(label, times);
  const url = times === 1 ? label : `${label}~${times}`;
  let made: WeakRef<Locate> | undefined;
  sources.set(url, {
    label,
    lines: () => linesOf(source),
    locate: (line, column) => {
      let known = made?.deref();
      if (!known) made = new WeakRef((known = relocate(source)));
      return known(line, column);
    },
  });
  if (count <= 0 && unnumbered.push(url) > MAX_UNNUMBERED) sources.delete(unnumbered.shift() ?? "");
  return url;
}

function linesOf(source: string): readonly string[] {
  return source.split(/\r\n|[\n\r\u2028\u2029]/);
}

/** @returns the numbered cells in the order in which they ran, those that failed included */
export function executedCells(): { readonly count: number; readonly source: string }[] {
  return [...sources.values()].flatMap(({ label, lines }) => {
    const count = Number(/^In\[(\d+)\]$/.exec(label)?.[1]);
    return Number.isNaN(count) ? [] : [{ count, source: lines().join("\n") }];
  });
}

export function sourceOf(url: string): CellSource | undefined {
  return sources.get(url);
}

/** Makes `error.stack` name the cells' own positions, in the form `at f (In[12]:3:9)`. */
export function installStackTraces(): void {
  // Deep libraries must not push the cell's own frame out.
  Error.stackTraceLimit = 50;
  Error.prepareStackTrace = (error, frames) => {
    const fromCell = frames.some((frame) => sources.has(frame.getScriptNameOrSourceURL() ?? ""));
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
  const cell = url ? sources.get(url) : undefined;
  if (!url || !cell) return text;
  const written = `${url}:${frame.getLineNumber()}:${frame.getColumnNumber()}`;
  const at = cell.locate(frame.getLineNumber() ?? 1, frame.getColumnNumber() ?? 1);
  return text.replace(written, at ? `${url}:${at.line}:${at.column}` : `${url}:0:0`);
}
