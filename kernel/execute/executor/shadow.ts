// A cell may call something of its own `process`, `performance`, `URL` or `setTimeout`. In V8's REPL mode such a name would hide the
// global from everything in the process, libraries too: `import { setTimeout } from "timers/promises"` would break all of them. So
// a cell's own binding of a global's name is written with a `$` behind it, in that cell's script and in all later ones.
import { parseSync } from "oxc-parser";
import type { Locate } from "./transform.ts";

/** What there is before any cell. Symbol and globalThis stand in the scripts that the transform writes. */
const GLOBALS = new Set(Object.getOwnPropertyNames(globalThis));
for (const name of ["Symbol", "globalThis", "undefined", "NaN", "Infinity"]) GLOBALS.delete(name);

/** @returns those of the names that hide a global */
export function hiding(names: readonly string[]): string[] {
  return names.filter((name) => GLOBALS.has(name));
}

export interface Renamed {
  readonly code: string;
  /** Maps a position in `code` to the script before. */
  readonly before: (line: number, column: number) => { readonly line: number; readonly column: number };
}

/**
 * Every identifier of these names, whatever its scope: a local one keeps its meaning under another name as well.
 * @param code a script that the transform wrote
 * @returns undefined when none of the names occurs
 */
export function renameHiding(code: string, names: ReadonlySet<string>): Renamed | undefined {
  if (![...names].some((name) => code.includes(name))) return undefined;
  const { program } = parseSync("cell.js", code, { lang: "js", sourceType: "module" });
  const edits: Edit[] = [];
  visit(program as unknown as Node, names, edits);
  if (edits.length === 0) return undefined;
  edits.sort((a, b) => a.at - b.at);
  let out = "";
  let from = 0;
  for (const { at, text } of edits) {
    out += code.slice(from, at) + text;
    from = at;
  }
  return { code: out + code.slice(from), before: backward(code, edits) };
}

interface Edit {
  /** Where the text is put in. */
  readonly at: number;
  readonly text: string;
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && typeof (value as Partial<Node>).type === "string";
}

/** Fields that hold a name which is no variable. */
const LABELS = new Set(["label", "meta"]);

function visit(node: Node, names: ReadonlySet<string>, edits: Edit[]): void {
  if (node.type === "Identifier") {
    if (names.has(node["name"] as string)) edits.push({ at: node.end, text: "$" });
    return;
  }
  const { key } = node;
  // `{ process }`: the property keeps its name.
  if (node.type === "Property" && node["shorthand"] === true && isNode(key) && names.has(key["name"] as string)) {
    edits.push({ at: key.end, text: `: ${key["name"] as string}$` });
    // What follows in a pattern is the default.
    const { value } = node;
    if (isNode(value) && value.type === "AssignmentPattern" && isNode(value["right"]))
      visit(value["right"], names, edits);
    return;
  }
  for (const [field, value] of Object.entries(node)) {
    if (LABELS.has(field) || ((field === "key" || field === "property") && node["computed"] === false)) continue;
    if (Array.isArray(value)) value.filter(isNode).forEach((child) => visit(child, names, edits));
    else if (isNode(value)) visit(value, names, edits);
  }
}

/** No edit holds a line break, so only columns move. */
function backward(code: string, edits: readonly Edit[]): Renamed["before"] {
  const starts = [0];
  for (let at = code.indexOf("\n"); at >= 0; at = code.indexOf("\n", at + 1)) starts.push(at + 1);
  return (line, column) => {
    const start = starts[line - 1] ?? 0;
    const end = starts[line] ?? code.length;
    let moved = 0;
    for (const { at, text } of edits) {
      if (at < start || at >= end) continue;
      if (at - start + moved >= column - 1) break;
      moved += text.length;
    }
    return { line, column: column - moved };
  };
}

/** The cell's `locate` behind a renamed script. */
export function locateBefore(locate: Locate, { before }: Renamed): Locate {
  return (line, column) => {
    const at = before(line, column);
    return locate(at.line, at.column);
  };
}
