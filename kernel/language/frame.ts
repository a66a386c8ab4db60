// A cell as the file that TypeScript sees: a module that imports what it may mean from earlier cells and exports what it declares.
// Words: the *head* is the line before the cell, the *tail* the line after it; positions in the cell differ by the head's length.
import type ts from "typescript";
import type { CellNames, Declared } from "./names.ts";
import { namesOf, wordsOf } from "./names.ts";

export interface Frame {
  readonly code: string;
  readonly text: string;
  /** Length of the head. */
  readonly offset: number;
  readonly jsx: boolean;
  readonly names: CellNames;
}

/** The one module that earlier cells are seen through. */
export const CELLS = "blankslate:cells";
/** Before the absolute path of a file that an earlier cell imported: ambient modules may import neither relative nor rooted paths. */
export const FILE = "blankslate:file";
/** Ends the names under which mutable variables of earlier cells come in; no completion shows them. */
export const INCOMING = "$of_earlier_cells";

const OPENS_WITH_BRACE = /^(?:\s|\/\/[^\n]*\n|\/\*(?:[^*]|\*(?!\/))*\*\/)*\{/;
const JSX_PRAGMA = /@jsx(?:Frag|ImportSource|Runtime)?\s+[\w./@-]+/g;

/**
 * @param known what earlier cells declare; of it, the names that the code holds come in
 * @param also  further names to let in
 */
export function frameCell(
  typescript: typeof ts,
  code: string,
  known: ReadonlyMap<string, Declared>,
  also: readonly string[],
): Frame {
  const { jsx, literal, file } = read(typescript, code);
  const names = namesOf(typescript, file);
  const incoming: string[] = [];
  let variables = "";
  for (const word of wordsOf(code).union(new Set(also))) {
    const earlier = known.get(word);
    if (earlier === undefined || names.declared.has(word)) continue;
    if (earlier.mutable) {
      // An imported binding cannot be assigned nor narrowed by assignment; a variable of its type can.
      incoming.push(`${word} as ${word}${INCOMING}`);
      variables += `declare let ${word}: typeof ${word}${INCOMING};`;
    } else incoming.push(word);
  }
  const outgoing = [...names.declared.keys()].filter((name) => !names.exported.has(name));
  const head = `${jsx ? pragmas(code) : ""}import {${incoming.join(",")}} from "${CELLS}";${variables}${literal ? "(" : "\n"}`;
  const tail = `${literal ? "\n)" : ""}\n;export {${outgoing.join(",")}};`;
  // A hashbang may stand only in front; a comment has the same length.
  const source = code.startsWith("#!") ? `//${code.slice(2)}` : code;
  return { code, text: head + source + tail, offset: head.length, jsx, names };
}

/** As the executor's transform reads it: one object literal where that parses, TypeScript, else JSX. */
function read(typescript: typeof ts, code: string): { jsx: boolean; literal: boolean; file: ts.SourceFile } {
  const parse = (text: string, kind: ts.ScriptKind) =>
    typescript.createSourceFile("cell", text, { languageVersion: typescript.ScriptTarget.ESNext }, false, kind);
  const isClean = (file: ts.SourceFile) =>
    (file as unknown as { parseDiagnostics: readonly unknown[] }).parseDiagnostics.length === 0;
  if (OPENS_WITH_BRACE.test(code)) {
    const file = parse(`(${code}\n)`, typescript.ScriptKind.TS);
    if (isClean(file)) return { jsx: false, literal: true, file };
  }
  const plain = parse(code, typescript.ScriptKind.TS);
  if (isClean(plain) || !code.includes("<")) return { jsx: false, literal: false, file: plain };
  const jsx = parse(code, typescript.ScriptKind.TSX);
  // While someone types, neither parses: a closing tag tells JSX from a comparison.
  return isClean(jsx) || /<\/[\w.]*>|\/>/.test(code)
    ? { jsx: true, literal: false, file: jsx }
    : { jsx: false, literal: false, file: plain };
}

/** JSX pragmas count only in a file's first comments. */
function pragmas(code: string): string {
  const found = code.match(JSX_PRAGMA) ?? [];
  const classic = found.some((p) => /@jsx\s/.test(p)) && !found.some((p) => p.startsWith("@jsxRuntime"));
  return [...found, ...(classic ? ["@jsxRuntime classic"] : [])].map((p) => `/** ${p} */`).join("");
}
