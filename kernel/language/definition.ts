// Where a name is declared, and what its documentation says.
import type ts from "typescript";
import { type Documentation, documentationAt } from "./documentation.ts";
import { INCOMING } from "./frame.ts";
import type { Notebook, OpenCell } from "./notebook.ts";

/** @returns where the name at a position of the cell's file is declared, past what the cell's head says of it */
export function definitionAt({ service }: Notebook, cell: OpenCell, position: number): ts.DefinitionInfo | undefined {
  const [found] = service.getDefinitionAtPosition(cell.file, position) ?? [];
  if (found?.fileName !== cell.file || found.textSpan.start >= cell.offset) return found;
  // A variable of an earlier cell is declared once more in the head; what it was imported as leads to its own place.
  const imported = cell.text.indexOf(`${found.name} as ${found.name}${INCOMING}`);
  return imported < 0 ? found : (service.getDefinitionAtPosition(cell.file, imported) ?? [])[0];
}

export function documented({ service }: Notebook, definition: ts.DefinitionInfo | undefined): Documentation {
  const file = definition && service.getProgram()?.getSourceFile(definition.fileName);
  return (file && documentationAt(file, definition.textSpan.start)) ?? { text: "", tags: [] };
}

/** A constant's type may be its text, of any length. */
const MAX_SIGNATURE = 4_000;

/** Names of earlier cells come in as imports; that is not what one wants to read. */
export function tidy(signature: string): string {
  const whole = signature
    .replace(/^\(alias\) /, "")
    .replace(/\nimport [^\n]+$/, "")
    .replace(/import\("blankslate:cells\/(?:list\/)?\d+"\)\./g, "");
  return whole.length > MAX_SIGNATURE ? `${whole.slice(0, MAX_SIGNATURE)}…` : whole;
}
