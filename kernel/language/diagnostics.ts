// What TypeScript says about a cell, at the cell's own line and column. Strict about mistakes, not about style: complaints that a
// JavaScript programmer would call pedantry (implicit any) and those that come from how cells are framed are dropped.
import ts from "typescript";
import { type CheckLevel, checkLevels } from "../../lib/core/magics.ts";
import { importText, importsFor } from "./import-text.ts";
import { membersInstead } from "./members.ts";
import { type Notebook, type OpenCell, globalsOf } from "./notebook.ts";

/** Line and column count from 1, in UTF-16 units, as editors do. */
export interface Diagnostic {
  /** A warning is told, and the cell runs: `%check warn`. */
  readonly severity: "error" | "warning";
  /** TypeScript's number: 2322 for TS2322. */
  readonly code: number;
  readonly message: string;
  readonly line: number;
  readonly column: number;
  readonly length: number;
  readonly related: readonly string[];
  /** What the editor would offer, in words: "Change spelling to 'steps'". */
  readonly fixes: readonly string[];
}

/** 7000–7999: something has an implicit any. */
const IMPLICIT_ANY = (code: number) => code >= 7000 && code < 8000;

const DROPPED = new Set([
  // A module that is not found fails when it is imported, with a better hint.
  2307, 2306, 2792, 2875,
  // `await` and `import.meta` in a JSX cell beside a package.json that says CommonJS: the kernel's cells are modules always.
  1309,
  1378, 1432, 1470, 1479, 1286, 1295,
  // The left side of a comma is unused; an expression alone is a cell's usual end.
  2695,
  // Extensions of relative imports may be left out; the importer finds the file.
  2834, 2835, 5097,
  // A default or assigned export: exports mean nothing in a cell.
  2309, 2528, 1203, 2498,
  // `import defer`, for the module setting of cells.
  18060,
  // Unused labels, unreachable code.
  7027, 7028,
]);

/** Used before its declaration, in the initializer of a redeclaration: `const data = data.filter(…)` means the earlier cell's. */
const BEFORE_DECLARATION = new Set([2448, 2454, 2506, 2502]);

const NO_SUCH_NAME = new Set([2304, 2552, 18004]);

const MAX_DIAGNOSTICS = 20;

/**
 * @param notebookLevel what errors are when the cell does not say it
 * @returns the type errors of a cell; none for a text that does not parse, which the executor refuses in its own words
 */
export function diagnose(notebook: Notebook, code: string, notebookLevel: CheckLevel = "error"): Diagnostic[] {
  const level = checkLevels(code).cell ?? notebookLevel;
  if (level === "off") return [];
  const severity = level === "warn" ? "warning" : "error";
  const found = errorsOf(notebook, notebook.open(code));
  const unknown = found.errors
    .filter((d) => d.code === UNKNOWN_NAME)
    .map((d) => found.cell.text.slice(d.start, (d.start ?? 0) + (d.length ?? 0)));
  const meant = [...notebook.known.keys()].filter((name) => unknown.some((other) => isNear(name, other)));
  const { cell, errors } = meant.length > 0 ? errorsOf(notebook, notebook.open(code, meant)) : found;
  return errors.slice(0, MAX_DIAGNOSTICS).map((d) => ({ severity, ...describe(d, cell, notebook) }));
}

function errorsOf(notebook: Notebook, cell: OpenCell): { cell: OpenCell; errors: ts.Diagnostic[] } {
  const program = notebook.service.getProgram();
  const file = program?.getSourceFile(cell.file);
  if (program === undefined || program.getSyntacticDiagnostics(file).length > 0) return { cell, errors: [] };
  // Not the service's, which adds what declaration emit would complain of: nobody asked for declarations.
  const all = program.getSemanticDiagnostics(file);
  return {
    cell,
    errors: all.filter((d) => d.category === ts.DiagnosticCategory.Error && !isDropped(d, cell, notebook)),
  };
}

/** "Cannot find name": TypeScript suggests among the names it sees, and of earlier cells it sees only those the text holds. */
const UNKNOWN_NAME = 2304;

/** Near enough to be worth a second look by TypeScript, which measures properly. */
function isNear(name: string, other: string): boolean {
  return Math.abs(name.length - other.length) <= 2 && name[0]?.toLowerCase() === other[0]?.toLowerCase();
}

function isDropped(diagnostic: ts.Diagnostic, cell: OpenCell, notebook: Notebook): boolean {
  const { code, start } = diagnostic;
  if (IMPLICIT_ANY(code) || DROPPED.has(code) || start === undefined) return true;
  if (start < cell.offset || start > cell.offset + cell.source.length) return true;
  const name = cell.text.slice(start, start + (diagnostic.length ?? 0));
  if (NO_SUCH_NAME.has(code) && (notebook.globals.has(name) || globalsOf(cell.code).includes(name))) return true;
  return BEFORE_DECLARATION.has(code) && notebook.known.has(name);
}

function describe(diagnostic: ts.Diagnostic, cell: OpenCell, notebook: Notebook): Omit<Diagnostic, "severity"> {
  const start = diagnostic.start ?? 0;
  const length = diagnostic.length ?? 1;
  const name = cell.text.slice(start, start + length);
  const text = ts.flattenDiagnosticMessageText(diagnostic.messageText, "\n");
  // A constant of an earlier cell reaches this one by import.
  const constant = diagnostic.code === 2632 && notebook.known.get(name)?.kind === "const";
  return {
    code: constant ? 2588 : diagnostic.code,
    message: tidy(constant ? `Cannot assign to '${name}' because it is a constant.` : text),
    ...place(cell, start),
    length: Math.max(1, Math.min(length, cell.offset + cell.source.length - start)),
    related: relatedTo(diagnostic, cell, notebook),
    fixes: fixesFor(diagnostic, cell, notebook),
  };
}

function relatedTo(diagnostic: ts.Diagnostic, cell: OpenCell, notebook: Notebook): string[] {
  const places = (diagnostic.relatedInformation ?? []).map((r) => relatedText(r, cell));
  const program = notebook.service.getProgram();
  // Where there is a place to look at, e.g. an `await` that is missing, that is the answer.
  const instead =
    program && diagnostic.file && places.length === 0 && membersInstead(program, diagnostic.file, diagnostic);
  return instead ? [instead] : places;
}

function relatedText(related: ts.DiagnosticRelatedInformation, cell: OpenCell): string {
  const text = tidy(ts.flattenDiagnosticMessageText(related.messageText, "\n"));
  if (related.file?.fileName !== cell.file || related.start === undefined || related.start < cell.offset) return text;
  const { line, column } = place(cell, related.start);
  return `${text} (line ${line}:${column})`;
}

/** How earlier cells are named inside is nobody's business. */
function tidy(text: string): string {
  return text.replace(/import\("blankslate:cells\/(?:list\/)?\d+"\)\./g, "");
}

function place(cell: OpenCell, start: number): { line: number; column: number } {
  const before = cell.source.slice(0, Math.max(0, start - cell.offset)).split("\n");
  // A magic's line is shorter than what it expands to.
  const own = cell.code.split("\n", before.length).at(-1)?.length ?? 0;
  return { line: before.length, column: Math.min(before.at(-1)?.length ?? 0, own) + 1 };
}

const MAX_FIXES = 3;

/** A name that nobody declared may be one to import. */
function importFixes({ code, start = 0, length = 0 }: ts.Diagnostic, cell: OpenCell, notebook: Notebook): string[] {
  if (!NO_SUCH_NAME.has(code)) return [];
  const name = cell.text.slice(start, start + length);
  // A notebook's first cells come before the idle time in which they are read; who forgot an import can wait half a second for its name.
  if (notebook.importables.known.length === 0) notebook.importables.read();
  return importsFor(notebook.importables.known, name)
    .filter((found) => found.name === name)
    .map(importText);
}

/** Silence, an import that importFixes says better, and declarations of what a library's author did not write (`fixMissingMember`). */
const isNoFix = ({ fixName, description }: ts.CodeFixAction): boolean =>
  fixName.startsWith("fixMissing") || /@ts-|^Add import from/.test(description);

function fixesFor(diagnostic: ts.Diagnostic, cell: OpenCell, notebook: Notebook): string[] {
  const { service } = notebook;
  const start = diagnostic.start ?? 0;
  const fixes = service.getCodeFixesAtPosition(
    cell.file,
    start,
    start + (diagnostic.length ?? 0),
    [diagnostic.code],
    {},
    {},
  );
  const own = fixes.filter((f) => !isNoFix(f)).map((f) => f.description);
  return [...own, ...importFixes(diagnostic, cell, notebook)].slice(0, MAX_FIXES);
}
