// A document of the editor as the language service sees it: one cell after others. A notebook's cell has the cells before it; a plain text is
// one long cell, in which a name may be declared again.
import ts from "typescript";
import { type Completion, completeAt } from "../../language/completion.ts";
import { type Diagnostic, diagnose } from "../../language/diagnostics.ts";
import { cellOffset, fileCursor } from "../../language/frame.ts";
import type { Places } from "../../language/host.ts";
import { type Inspection, inspectAt } from "../../language/inspection.ts";
import { createNotebook } from "../../language/notebook.ts";
import { toCodePoints, toUtf16 } from "../../language/offsets.ts";
import { type Signatures, signaturesAt } from "../../language/signatures.ts";

/** Offsets count UTF-16 units, as the protocol does. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Of cells that stand in one text: what would be a redeclaration in a file. */
const REDECLARED = new Set([2451, 2300, 2393, 2440, 2567, 2813, 2814, 2395]);

/** Imports files that may change while the cell does not. */
const TAKES_FILES = /["']\.{1,2}\//;

export interface Cells {
  complete(cells: readonly string[], index: number, offset: number): Completion;
  hover(cells: readonly string[], index: number, offset: number): Inspection;
  signatures(cells: readonly string[], index: number, offset: number): Signatures | undefined;
  check(cells: readonly string[], index: number): readonly Diagnostic[];
  /** @returns the occurrences of the name at the offset in its own cell; undefined where there is nothing to rename */
  occurrences(cells: readonly string[], index: number, offset: number): readonly Span[] | undefined;
  /** @returns where the name is declared, if that is in the same cell */
  definition(cells: readonly string[], index: number, offset: number): Span | undefined;
}

export function openCells(places: Places): Cells {
  const notebook = createNotebook(places);
  let remembered: readonly string[] = [];
  let checked: readonly { readonly text: string; readonly found: readonly Diagnostic[] }[] = [];

  /** Brings the notebook to just before a cell. @returns the cell's text */
  function standAt(cells: readonly string[], index: number): string {
    const before = cells.slice(0, index);
    const same = remembered.length <= before.length && remembered.every((text, i) => text === before[i]);
    if (!same) notebook.forget();
    for (const text of before.slice(same ? remembered.length : 0)) notebook.remember(text);
    remembered = before;
    return cells[index] ?? "";
  }
  const spanOf = (cell: ReturnType<typeof notebook.open>, { start, length }: ts.TextSpan): Span | undefined => {
    const [from, to] = [cellOffset(cell, start), cellOffset(cell, start + length)];
    return from === undefined || to === undefined ? undefined : { start: from, end: to };
  };

  return {
    complete(cells, index, offset) {
      const code = standAt(cells, index);
      const cursor = toCodePoints(code, offset);
      const found = completeAt(notebook, code, cursor);
      const typed = code.slice(toUtf16(code, found.cursorStart), offset);
      if (found.matches.some((match) => match.startsWith(typed))) return found;
      // A second or more the first time, so only for a name that nothing here has.
      notebook.importables.read();
      return completeAt(notebook, code, cursor);
    },
    hover(cells, index, offset) {
      const code = standAt(cells, index);
      return inspectAt(notebook, code, toCodePoints(code, offset), 1);
    },
    signatures(cells, index, offset) {
      const code = standAt(cells, index);
      return signaturesAt(notebook, code, toCodePoints(code, offset));
    },
    check(cells, index) {
      const upTo = cells.slice(0, index + 1);
      const same = checked.length > index && upTo.every((text, i) => text === checked[i]?.text);
      const known = same && !upTo.some((text) => TAKES_FILES.test(text)) ? checked[index] : undefined;
      if (known) return known.found;
      const all = diagnose(notebook, standAt(cells, index));
      const found = cells.length > 1 ? all : all.filter(({ code }) => !REDECLARED.has(code));
      checked = [...checked.slice(0, index), { text: cells[index] ?? "", found }];
      return found;
    },
    occurrences(cells, index, offset) {
      const cell = notebook.open(standAt(cells, index));
      const at = fileCursor(cell, offset);
      const { canRename } = notebook.service.getRenameInfo(cell.file, at, {});
      if (!canRename) return undefined;
      const found = notebook.service.findRenameLocations(cell.file, at, false, false, {}) ?? [];
      return found.flatMap(({ fileName, textSpan }) => {
        const span = fileName === cell.file ? spanOf(cell, textSpan) : undefined;
        return span ? [span] : [];
      });
    },
    definition(cells, index, offset) {
      const cell = notebook.open(standAt(cells, index));
      const found = notebook.service.getDefinitionAtPosition(cell.file, fileCursor(cell, offset)) ?? [];
      const [span] = found.flatMap((d) => (d.fileName === cell.file ? (spanOf(cell, d.textSpan) ?? []) : []));
      return span;
    },
  };
}
