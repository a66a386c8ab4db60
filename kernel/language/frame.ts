// A cell as the file that TypeScript sees: a module that imports what it may mean from earlier cells and exports what it declares.
// Words: the *head* is the line before the cell, the *tail* the line after it; positions in the cell differ by the head's length.
import type ts from "typescript";
import { expandMagics } from "../../lib/core/magics.ts";
import type { CellNames, Declared } from "./names.ts";
import { namesOf, wordsOf } from "./names.ts";

export interface Frame {
  readonly code: string;
  /** The code with its magics expanded: as many lines. Positions count in it. */
  readonly source: string;
  readonly text: string;
  /** Length of the head. */
  readonly offset: number;
  readonly jsx: boolean;
  readonly names: CellNames;
}

/** Begins the names of the modules that earlier cells are seen through. */
export const CELLS = "blankslate:cells";
/** Before the absolute path of a file that an earlier cell imported: ambient modules may import neither relative nor rooted paths. */
export const FILE = "blankslate:file";
/** Ends the names under which mutable variables of earlier cells come in; no completion shows them. */
export const INCOMING = "$of_earlier_cells";

const OPENS_WITH_BRACE = /^(?:\s|\/\/[^\n]*\n|\/\*(?:[^*]|\*(?!\/))*\*\/)*\{/;
const JSX_PRAGMA = /@jsx(?:Frag|ImportSource|Runtime)?\s+[\w./@-]+/g;

/** What earlier cells declare (earlier.ts). */
interface Known {
  readonly known: ReadonlyMap<string, Declared>;
  imports(items: ReadonlyMap<string, string>): string;
}

/**
 * @param earlier of it, the names that the code holds come in
 * @param also    further names to let in
 */
export function frameCell(typescript: typeof ts, code: string, earlier: Known, also: readonly string[]): Frame {
  // A hashbang may stand only in front; a comment has the same length. Magics become the calls that the executor makes of them.
  const isWhole = (text: string) => isClean(parse(typescript, text, typescript.ScriptKind.TS));
  const source = expandMagics(code.startsWith("#!") ? `//${code.slice(2)}` : code, isWhole);
  const { jsx, literal, file } = read(typescript, source);
  const names = namesOf(typescript, file);
  const incoming = new Map<string, string>();
  let variables = "";
  for (const word of wordsOf(source).union(new Set(also))) {
    const declared = earlier.known.get(word);
    if (declared === undefined || names.declared.has(word)) continue;
    if (declared.mutable) {
      // An imported binding cannot be assigned nor narrowed by assignment; a variable of its type can.
      incoming.set(word, `${word} as ${word}${INCOMING}`);
      variables += `declare let ${word}: typeof ${word}${INCOMING};`;
    } else incoming.set(word, word);
  }
  const outgoing = [...names.declared.keys()]
    .filter((name) => !names.exported.has(name))
    .map((name) => (names.nested.has(name) ? `${name}${INCOMING} as ${name}` : name));
  const copies = Array.from(names.nested, (name) => `let ${name}${INCOMING} = ${name};`);
  const head = `${jsx ? pragmas(source) : ""}${earlier.imports(incoming)}${variables}${literal ? "(" : "\n"}`;
  const tail = `${literal ? "\n)" : ""}\n;${copies.join("")}export {${outgoing.join(",")}};`;
  return { code, source, text: head + source + tail, offset: head.length, jsx, names };
}

function parse(typescript: typeof ts, text: string, kind: ts.ScriptKind): ts.SourceFile {
  return typescript.createSourceFile("cell", text, { languageVersion: typescript.ScriptTarget.ESNext }, false, kind);
}

function isClean(file: ts.SourceFile): boolean {
  return (file as unknown as { parseDiagnostics: readonly unknown[] }).parseDiagnostics.length === 0;
}

/** As the executor's transform reads it: one object literal where that parses, TypeScript, else JSX. */
function read(typescript: typeof ts, code: string): { jsx: boolean; literal: boolean; file: ts.SourceFile } {
  const { TS, TSX } = typescript.ScriptKind;
  if (OPENS_WITH_BRACE.test(code)) {
    const file = parse(typescript, `(${code}\n)`, TS);
    if (isClean(file)) return { jsx: false, literal: true, file };
  }
  const plain = parse(typescript, code, TS);
  if (isClean(plain) || !code.includes("<")) return { jsx: false, literal: false, file: plain };
  const jsx = parse(typescript, code, TSX);
  // While someone types, neither parses: a closing tag tells JSX from a comparison.
  const isJsx = isClean(jsx) || /<\/[\w.]*>|\/>/.test(code);
  return { jsx: isJsx, literal: false, file: isJsx ? jsx : plain };
}

/** JSX pragmas count only in a file's first comments. */
function pragmas(code: string): string {
  const found = code.match(JSX_PRAGMA) ?? [];
  const classic = found.some((p) => /@jsx\s/.test(p)) && !found.some((p) => p.startsWith("@jsxRuntime"));
  return [...found, ...(classic ? ["@jsxRuntime classic"] : [])].map((p) => `/** ${p} */`).join("");
}

const MAGIC_WORD = /^%%?\w+\s*/;
/** What stands before the rest of a magic's line where that is code. */
const CALL_BEFORE = /^(?:await )?globalThis\[[^\]]*\]\.(?:time(?:it)?\((?:async )?\(\) => (?:\(|\{ )|start\(\); )/;

/** @returns where the rest of a magic's line begins in its expansion; -1 when it is not there as it is */
function restIn(expanded: string, rest: string): number {
  return CALL_BEFORE.exec(expanded)?.[0].length ?? (rest === "" ? -1 : expanded.lastIndexOf(rest));
}

/** @returns where a position of the cell's own text is in its file: magics before it are longer there */
export function fileCursor(frame: Frame, cursor: number): number {
  if (frame.code === frame.source) return frame.offset + cursor;
  const before = frame.code.slice(0, cursor).split("\n");
  const column = before.at(-1) ?? "";
  const lines = frame.source.split("\n");
  const above = lines.slice(0, before.length - 1).reduce((sum, line) => sum + line.length + 1, 0);
  const line = lines[before.length - 1] ?? "";
  if (line.startsWith(column)) return frame.offset + above + column.length;
  // In a magic's line: behind the magic's word, whose rest stands in the expansion as it is.
  const own = frame.code.split("\n", before.length).at(-1) ?? "";
  const at = restIn(line, own.replace(MAGIC_WORD, ""));
  return frame.offset + above + (at < 0 ? line.length : at + column.replace(MAGIC_WORD, "").length);
}

/** The other way. @returns undefined outside of the cell, and in what only its expansion has */
export function cellOffset(frame: Frame, position: number): number | undefined {
  const at = position - frame.offset;
  if (at < 0 || at > frame.source.length) return undefined;
  if (frame.code === frame.source) return at;
  const before = frame.source.slice(0, at).split("\n");
  const lines = frame.code.split("\n");
  const above = lines.slice(0, before.length - 1).reduce((sum, line) => sum + line.length + 1, 0);
  const own = lines[before.length - 1] ?? "";
  const expanded = frame.source.split("\n", before.length).at(-1) ?? "";
  const column = before.at(-1)?.length ?? 0;
  if (own === expanded) return above + column;
  const rest = own.replace(MAGIC_WORD, "");
  const start = restIn(expanded, rest);
  const moved = column - start;
  const isThere = rest !== "" && start >= 0 && moved >= 0 && moved <= rest.length;
  return isThere ? above + own.length - rest.length + moved : undefined;
}
