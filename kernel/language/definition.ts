// Where a name is declared, and what its documentation says.
import ts from "typescript";
import { type Documentation, documentationAt } from "./documentation.ts";
import { INCOMING } from "./frame.ts";
import { nodeAt } from "./members.ts";
import type { Notebook, OpenCell } from "./notebook.ts";
import { withoutRedundancy } from "./redundancy.ts";

/** @returns where the name at a position of the cell's file is declared, past what the cell's head says of it */
export function definitionAt(notebook: Notebook, cell: OpenCell, position: number): ts.DefinitionInfo | undefined {
  const { service } = notebook;
  const found = valueBehind(notebook, (service.getDefinitionAtPosition(cell.file, position) ?? [])[0]);
  if (found?.fileName !== cell.file || found.textSpan.start >= cell.offset) return found;
  // A variable of an earlier cell is declared once more in the head; what it was imported as leads to its own place.
  const imported = cell.text.indexOf(`${found.name} as ${found.name}${INCOMING}`);
  return imported < 0 ? found : (service.getDefinitionAtPosition(cell.file, imported) ?? [])[0];
}

/** A property, an import, the import's file, and one to spare. */
const MOST_STEPS = 4;

/** `{ loss }` and `{ score: scoreCompletions }` say nothing of themselves: the function that such a property is has the documentation. */
function valueBehind({ service }: Notebook, found: ts.DefinitionInfo | undefined): ts.DefinitionInfo | undefined {
  let at = found;
  for (let step = 0; at && step < MOST_STEPS; step++) {
    const file = service.getProgram()?.getSourceFile(at.fileName);
    const from = file && namesValueAt(nodeAt(file, at.textSpan.start));
    const next: ts.DefinitionInfo | undefined =
      from === undefined ? undefined : (service.getDefinitionAtPosition(at.fileName, from) ?? [])[0];
    if (next === undefined) break;
    at = next;
  }
  return at;
}

/** @returns where a value is named whose definition is the one that counts */
function namesValueAt(node: ts.Node): number | undefined {
  const { parent } = node;
  if (ts.isShorthandPropertyAssignment(parent) || ts.isImportSpecifier(parent)) return node.getStart();
  if (!ts.isPropertyAssignment(parent) || parent.name !== node || !ts.isIdentifier(parent.initializer))
    return undefined;
  return parent.initializer.getStart();
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
  return whole.length > MAX_SIGNATURE ? `${whole.slice(0, MAX_SIGNATURE)}…` : withoutRedundancy(whole);
}
