// Hover: signature and documentation of what stands at the cursor, or of the call around it.
import ts from "typescript";
import { fileCursor } from "./frame.ts";
import type { Notebook, OpenCell } from "./notebook.ts";
import { toUtf16 } from "./offsets.ts";

export interface Inspection {
  readonly found: boolean;
  readonly data: Readonly<Record<string, string>>;
}

interface Subject {
  readonly signature: string;
  readonly documentation: string;
  readonly tags: readonly ts.JSDocTagInfo[];
}

/** @param detail 0: signature and text; 1: with parameters, examples and where it is declared */
export function inspectAt(notebook: Notebook, code: string, cursorPoints: number, detail: 0 | 1): Inspection {
  const cell = notebook.open(code);
  const cursor = toUtf16(code, cursorPoints);
  const subject =
    hoverAt(notebook, cell, cursor) ??
    (cursor > 0 ? hoverAt(notebook, cell, cursor - 1) : undefined) ??
    callAt(notebook, cell, cursor);
  if (subject === undefined) return { found: false, data: {} };
  const tags = subject.tags.filter((t) => detail === 1 || t.name === "deprecated").map(tagText);
  const where = detail === 1 ? declaredIn(notebook, cell, cursor) : undefined;
  const plain = [
    subject.signature,
    subject.documentation,
    ...tags.map(([name, text]) => `@${name} ${text}`.trimEnd()),
    where,
  ];
  const markdown = [
    `\`\`\`typescript\n${subject.signature}\n\`\`\``,
    subject.documentation,
    ...tags.map(([name, text]) =>
      name === "example" && !text.includes("```")
        ? `*@example*\n\`\`\`typescript\n${text}\n\`\`\``
        : `*@${name}* ${text}`.trimEnd(),
    ),
    where && `*${where}*`,
  ];
  const join = (parts: readonly (string | undefined)[]) => parts.filter(Boolean).join("\n\n");
  return { found: true, data: { "text/plain": join(plain), "text/markdown": join(markdown) } };
}

function hoverAt({ service }: Notebook, cell: OpenCell, cursor: number): Subject | undefined {
  const info = service.getQuickInfoAtPosition(cell.file, fileCursor(cell, cursor));
  if (info === undefined || info.textSpan.start < cell.offset) return undefined;
  return {
    signature: tidy(ts.displayPartsToString(info.displayParts)),
    documentation: ts.displayPartsToString(info.documentation),
    tags: info.tags ?? [],
  };
}

/** Between the parentheses of a call: the function that is called. */
function callAt({ service }: Notebook, cell: OpenCell, cursor: number): Subject | undefined {
  const help = service.getSignatureHelpItems(cell.file, fileCursor(cell, cursor), undefined);
  const item = help?.items[help.selectedItemIndex];
  if (help === undefined || item === undefined) return undefined;
  const text = ts.displayPartsToString;
  const parameters = item.parameters.map((p) => text(p.displayParts)).join(text(item.separatorDisplayParts));
  const active = item.parameters[help.argumentIndex];
  const about = active ? text(active.documentation) : "";
  return {
    signature: tidy(text(item.prefixDisplayParts) + parameters + text(item.suffixDisplayParts)),
    documentation: [text(item.documentation), active && about ? `${active.name}: ${about}` : ""]
      .filter(Boolean)
      .join("\n\n"),
    tags: item.tags,
  };
}

/** Names of earlier cells come in as imports; that is not what one wants to read. */
function tidy(signature: string): string {
  return signature
    .replace(/^\(alias\) /, "")
    .replace(/\nimport [^\n]+$/, "")
    .replace(/import\("blankslate:cells\/\d+"\)\./g, "");
}

function tagText(tag: ts.JSDocTagInfo): readonly [string, string] {
  return [tag.name, ts.displayPartsToString(tag.text)];
}

function declaredIn({ service }: Notebook, cell: OpenCell, cursor: number): string | undefined {
  const [definition] = service.getDefinitionAtPosition(cell.file, fileCursor(cell, cursor)) ?? [];
  if (definition === undefined) return undefined;
  if (definition.fileName === cell.file || definition.fileName.endsWith("[cells].d.ts"))
    return "declared in this notebook";
  const name = definition.fileName.replace(/^.*\/node_modules\//, "");
  return `declared in ${name}`;
}
