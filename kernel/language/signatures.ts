// The call around the cursor, in parts: what a front end shows while arguments are typed.
import ts from "typescript";
import { definitionAt, documented, tidy } from "./definition.ts";
import type { Documentation } from "./documentation.ts";
import { fileCursor } from "./frame.ts";
import type { Notebook } from "./notebook.ts";
import { toUtf16 } from "./offsets.ts";

export interface Signatures {
  readonly signatures: readonly Signature[];
  readonly activeSignature: number;
  readonly activeParameter: number;
}

export interface Signature {
  readonly label: string;
  readonly documentation: string;
  readonly parameters: readonly { readonly label: string; readonly documentation: string }[];
}

/** @param cursorPoints in code points. @returns undefined outside of calls */
export function signaturesAt(notebook: Notebook, code: string, cursorPoints: number): Signatures | undefined {
  const cell = notebook.open(code);
  const cursor = fileCursor(cell, toUtf16(code, cursorPoints));
  const help = notebook.service.getSignatureHelpItems(cell.file, cursor, undefined);
  if (help === undefined) return undefined;
  const before = cell.text.slice(0, help.applicableSpan.start).trimEnd();
  // Behind the name stand the parenthesis and perhaps type arguments.
  const name = before.slice(0, -1).trimEnd().length - 1;
  const documentation = documented(notebook, definitionAt(notebook, cell, name));
  return {
    signatures: help.items.map((item) => signatureOf(item, documentation)),
    activeSignature: help.selectedItemIndex,
    activeParameter: help.argumentIndex,
  };
}

function signatureOf(item: ts.SignatureHelpItem, documentation: Documentation): Signature {
  const text = ts.displayPartsToString;
  const parameters = item.parameters.map(({ name, displayParts }) => {
    const tag = documentation.tags.find((t) => t.name === "param" && t.text.split(/\s/, 1)[0] === name);
    return { label: text(displayParts), documentation: tag?.text.replace(/^\S+\s*(?:-\s*)?/, "") ?? "" };
  });
  const inside = parameters.map((p) => p.label).join(text(item.separatorDisplayParts));
  return {
    label: tidy(text(item.prefixDisplayParts) + inside + text(item.suffixDisplayParts)),
    documentation: documentation.text,
    parameters,
  };
}
