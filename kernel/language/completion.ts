// Completion from types: what may stand at the cursor, with the names of earlier cells.
import ts from "typescript";
import { CELL_MAGICS, MAGICS } from "../../lib/core/magics.ts";
import { type Candidate, type Place, placeAt, signatureOf } from "./candidates.ts";
import type { Importable } from "./importables.ts";
import { importedInto, importsFor } from "./import-text.ts";
import type { Notebook } from "./notebook.ts";
import { toCodePoints, toUtf16 } from "./offsets.ts";

/** Positions in code points of the cell. */
export interface Completion {
  readonly matches: readonly string[];
  readonly cursorStart: number;
  readonly cursorEnd: number;
  /** Live values can add nothing: what stands before the dot is of the language's own libraries, or declared by this text, which has not run yet. */
  readonly isWhole?: boolean;
  readonly metadata: { readonly _jupyter_types_experimental: readonly TypedMatch[] };
  /** For clients that can put an import elsewhere: what each match would import, and that the match is in short. */
  readonly imported?: readonly Importable[];
}

export interface TypedMatch {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly type: string;
  readonly signature: string;
}

/** More would only be scrolled past; the list of all globals has about 1,200. */
const MAX_MATCHES = 400;
/** Longer lists are not read to the signature. */
const MAX_SIGNATURES = 40;

export function completeAt(notebook: Notebook, code: string, cursorPoints: number): Completion {
  const cursor = toUtf16(code, cursorPoints);
  const magic = magicsAt(code, cursor);
  if (magic) return magic;
  const place = placeAt(notebook, code, cursor);
  const { isMember, isWord, start } = place;
  const typed = code.slice(start, cursor);
  const chosen = choose(place.candidates, typed);
  if (isWord && typed.length >= MIN_IMPORTED && !chosen.some((c) => c.text.startsWith(typed))) {
    const imported = importsFor(notebook.importables.known, typed);
    if (imported.length > 0) return withImports(code, start, cursor, imported);
  }
  const from = toCodePoints(code, start);
  return {
    matches: chosen.map((c) => c.text),
    cursorStart: from,
    cursorEnd: cursorPoints,
    isWhole: isMember && isOfTypesAlone(notebook, place, code.slice(0, start), chosen),
    metadata: {
      _jupyter_types_experimental: chosen.map((c) => ({
        start: from,
        end: cursorPoints,
        text: c.text,
        type: jupyterType(c.type),
        signature: chosen.length <= MAX_SIGNATURES ? signatureOf(place, c) : "",
      })),
    },
  };
}

/** @param before the text up to the word that is completed, which ends in a dot */
function isOfTypesAlone(
  notebook: Notebook,
  { cell, program }: Place,
  before: string,
  chosen: readonly Candidate[],
): boolean {
  const root = /(?<![\w$.)\]"'`?])([A-Za-z_$][\w$]*)(?:\.[A-Za-z_$][\w$]*)*\.$/.exec(before)?.[1];
  if (root === undefined || chosen.length === 0) return false;
  if (notebook.known.has(root) || notebook.globals.has(root)) return false;
  if (cell.names.declared.has(root)) return true;
  return chosen.every(({ symbol }) =>
    symbol?.declarations?.every((d) => program?.isSourceFileDefaultLibrary(d.getSourceFile())),
  );
}

/** Letters from which names that nobody declared are looked for in modules. */
const MIN_IMPORTED = 2;

/** A name that has to be imported first replaces the whole text before the cursor: front ends know no other place for a reply's text. */
function withImports(code: string, start: number, cursor: number, imported: readonly Importable[]): Completion {
  const matches = imported.map((one) => importedInto(code.slice(0, start), one) + one.name);
  const cursorEnd = toCodePoints(code, cursor);
  return {
    matches,
    cursorStart: 0,
    cursorEnd,
    imported,
    metadata: {
      _jupyter_types_experimental: matches.map((text, i) => ({
        start: 0,
        end: cursorEnd,
        text,
        type: "module",
        signature: `import from ${imported[i]?.module ?? ""}`,
      })),
    },
  };
}

/** At `%ti`: the magics; at `%%ti` on the first line those that take the whole cell. */
function magicsAt(code: string, cursor: number): Completion | undefined {
  const [, percent = "", typed] = /(?:^|\n)(%%?)(\w*)$/.exec(code.slice(0, cursor)) ?? [];
  if (typed === undefined) return undefined;
  const lines = MAGICS.filter((m) => /^%\w/.test(m.usage)).map((m) => m.name);
  const names = percent === "%" ? lines : code.slice(0, cursor).includes("\n") ? [] : CELL_MAGICS;
  const end = toCodePoints(code, cursor);
  const start = end - typed.length - percent.length;
  const found = names.filter((name) => name.startsWith(typed)).toSorted();
  return {
    matches: found.map((name) => percent + name),
    cursorStart: start,
    cursorEnd: end,
    metadata: {
      _jupyter_types_experimental: found.map((name) => ({
        start,
        end,
        text: percent + name,
        type: "magic",
        signature: MAGICS.find((m) => m.name === name)?.help ?? "",
      })),
    },
  };
}

/** What starts with the typed letters, exact case first; else what has them in order: `memUs` finds memoryUsage. */
function choose(candidates: readonly Candidate[], typed: string): Candidate[] {
  const low = typed.toLowerCase();
  const exact = candidates.filter((c) => c.text.startsWith(typed)).sort(inOrder);
  const loose = candidates
    .filter((c) => !c.text.startsWith(typed) && c.text.toLowerCase().startsWith(low))
    .sort(inOrder);
  const found = [...exact, ...loose];
  if (found.length > 0) return found.slice(0, MAX_MATCHES);
  return candidates
    .filter((c) => c.text[0]?.toLowerCase() === low[0] && hasInOrder(c.text.toLowerCase(), low))
    .sort(inOrder)
    .slice(0, MAX_MATCHES);
}

function hasInOrder(text: string, letters: string): boolean {
  let at = 0;
  for (const letter of letters) {
    at = text.indexOf(letter, at) + 1;
    if (at === 0) return false;
  }
  return true;
}

/** What begins like something private comes last. */
function inOrder(a: Candidate, b: Candidate): number {
  const [left, right] = [/^[$_]/.test(a.text), /^[$_]/.test(b.text)];
  if (left !== right) return left ? 1 : -1;
  return a.sort === b.sort ? (a.text < b.text ? -1 : 1) : a.sort < b.sort ? -1 : 1;
}

/** Jupyter's words for kinds, as its front ends have icons for them. */
const TYPES: Readonly<Record<string, string>> = {
  [ts.ScriptElementKind.functionElement]: "function",
  [ts.ScriptElementKind.localFunctionElement]: "function",
  [ts.ScriptElementKind.memberFunctionElement]: "method",
  [ts.ScriptElementKind.constructSignatureElement]: "method",
  [ts.ScriptElementKind.memberVariableElement]: "property",
  [ts.ScriptElementKind.memberGetAccessorElement]: "property",
  [ts.ScriptElementKind.memberSetAccessorElement]: "property",
  [ts.ScriptElementKind.classElement]: "class",
  [ts.ScriptElementKind.interfaceElement]: "interface",
  [ts.ScriptElementKind.typeElement]: "type",
  [ts.ScriptElementKind.enumElement]: "enum",
  [ts.ScriptElementKind.enumMemberElement]: "property",
  [ts.ScriptElementKind.moduleElement]: "module",
  [ts.ScriptElementKind.alias]: "module",
  [ts.ScriptElementKind.externalModuleName]: "module",
  [ts.ScriptElementKind.keyword]: "keyword",
  [ts.ScriptElementKind.string]: "text",
  [ts.ScriptElementKind.parameterElement]: "param",
  [ts.ScriptElementKind.scriptElement]: "path",
  [ts.ScriptElementKind.directory]: "path",
} satisfies Record<string, string>;

function jupyterType(kind: string): string {
  return TYPES[kind] ?? "instance";
}
