// Hover: signature and documentation of what stands at the cursor, or of the call around it.
import ts from "typescript";
import { type OptionEntry, callOptions } from "./call-options.ts";
import { definitionAt, documented, tidy } from "./definition.ts";
import { documentationAt } from "./documentation.ts";
import { fileCursor } from "./frame.ts";
import { nodeAt } from "./members.ts";
import type { Notebook, OpenCell } from "./notebook.ts";
import { toUtf16 } from "./offsets.ts";

export interface Inspection {
  readonly found: boolean;
  readonly data: Readonly<Record<string, string>>;
}

interface Subject {
  readonly signature: string;
  /** Where the name begins. */
  readonly start: number;
  readonly definition: ts.DefinitionInfo | undefined;
  /** In a call: the parameter whose argument the cursor is in. */
  readonly parameter?: string;
}

/** The last answer about a cell, which goes with it: a second Shift-Tab, and a panel beside a tooltip, ask the same. */
const kept = new WeakMap<OpenCell, { readonly about: string; readonly answer: Inspection }>();

/** @param detail 0: signature and text; 1: with parameters, examples, where it is declared, and the call around it */
export function inspectAt(notebook: Notebook, code: string, cursorPoints: number, detail: 0 | 1): Inspection {
  const cell = notebook.open(code);
  const about = `${cursorPoints} ${detail}`;
  const last = kept.get(cell);
  if (last?.about === about) return last.answer;
  const answer = newInspection(notebook, cell, fileCursor(cell, toUtf16(code, cursorPoints)), detail);
  kept.set(cell, { about, answer });
  return answer;
}

function newInspection(notebook: Notebook, cell: OpenCell, cursor: number, detail: 0 | 1): Inspection {
  const hovered =
    hoverAt(notebook, cell, cursor) ??
    (/[\p{ID_Continue}$]/u.test(cell.text[cursor - 1] ?? "") ? hoverAt(notebook, cell, cursor - 1) : undefined);
  const call = hovered && detail === 0 ? undefined : callAt(notebook, cell, cursor);
  const subject = hovered ?? call;
  if (subject === undefined) return { found: false, data: {} };
  const around = hovered && call && call.signature !== hovered.signature ? call.signature : undefined;
  const documentation = documented(notebook, subject.definition);
  const tags = documentation.tags.filter((t) => detail === 1 || t.name === "deprecated");
  const own = documentation.tags.find((t) => t.name === "param" && t.text.split(/\s/, 1)[0] === subject.parameter);
  const where = detail === 1 ? declaredIn(cell, subject.definition) : undefined;
  const options = detail === 1 && hovered ? optionsAt(notebook, cell, hovered.start) : [];
  const plain = [
    subject.signature,
    documentation.text,
    options.length > 0 &&
      ["Options", ...options.map((one) => `  ${optionHead(one)}  ${one.text}`.trimEnd())].join("\n"),
    detail === 0 && own?.text,
    ...tags.map(({ name, text }) => `@${name} ${text}`.trimEnd()),
    around && `in ${around}`,
    where,
  ];
  const markdown = [
    `\`\`\`typescript\n${subject.signature}\n\`\`\``,
    documentation.text,
    options.length > 0 && options.map((one) => `- \`${optionHead(one)}\` ${one.text}`.trimEnd()).join("\n"),
    detail === 0 && own?.text,
    ...tags.map(({ name, text }) =>
      name === "example" && !text.includes("```")
        ? `*@example*\n\`\`\`typescript\n${text}\n\`\`\``
        : `*@${name}* ${text}`.trimEnd(),
    ),
    around && `in\n\`\`\`typescript\n${around}\n\`\`\``,
    where && `*${where}*`,
  ];
  const join = (parts: readonly (string | false | undefined)[]) => parts.filter(Boolean).join("\n\n");
  return { found: true, data: { "text/plain": join(plain), "text/markdown": join(markdown) } };
}

function hoverAt(notebook: Notebook, cell: OpenCell, cursor: number): Subject | undefined {
  const info = notebook.service.getQuickInfoAtPosition(cell.file, cursor);
  if (info === undefined || info.textSpan.start < cell.offset) return undefined;
  const signature = tidy(ts.displayPartsToString(info.displayParts));
  // What TypeScript says of a name that nobody declared.
  if (signature === "any" && info.kind === ts.ScriptElementKind.unknown) return undefined;
  // And of an import of nothing.
  if (info.kind === ts.ScriptElementKind.alias && /^import \w+$/.test(signature)) return undefined;
  const { start } = info.textSpan;
  return { signature, start, definition: definitionAt(notebook, cell, start) };
}

const optionHead = ({ name, optional, type }: OptionEntry): string => `${name}${optional ? "?" : ""}: ${type}`;

function optionsAt({ service }: Notebook, cell: OpenCell, start: number): OptionEntry[] {
  const program = service.getProgram();
  const file = program?.getSourceFile(cell.file);
  if (program === undefined || file === undefined) return [];
  const checker = program.getTypeChecker();
  const [signature] = checker.getTypeAtLocation(nodeAt(file, start)).getCallSignatures();
  return signature?.getDeclaration() ? callOptions(checker, signature, wordsOf) : [];
}

function wordsOf({ declarations }: ts.Symbol): string {
  const [declaration] = declarations ?? [];
  const file = declaration?.getSourceFile();
  const text = file && documentationAt(file, declaration?.getStart(file) ?? 0)?.text;
  return (text ?? "").replaceAll(/\s*\n\s*/g, " ");
}

/** Between the parentheses of a call: the function that is called. */
function callAt(notebook: Notebook, cell: OpenCell, cursor: number): Subject | undefined {
  const help = notebook.service.getSignatureHelpItems(cell.file, cursor, undefined);
  const item = help?.items[help.selectedItemIndex];
  if (help === undefined || item === undefined) return undefined;
  const text = ts.displayPartsToString;
  const parameters = item.parameters.map((p) => text(p.displayParts)).join(text(item.separatorDisplayParts));
  const active = item.parameters[help.argumentIndex]?.name;
  const before = cell.text.slice(0, help.applicableSpan.start).trimEnd();
  // Behind the name: the parenthesis, and perhaps type arguments, which have no definition of their own worth showing.
  const name = before.slice(0, -1).trimEnd().length - 1;
  return {
    signature: tidy(text(item.prefixDisplayParts) + parameters + text(item.suffixDisplayParts)),
    start: name,
    definition: definitionAt(notebook, cell, name),
    ...(active !== undefined && { parameter: active }),
  };
}

function declaredIn(cell: OpenCell, definition: ts.DefinitionInfo | undefined): string | undefined {
  if (definition === undefined) return undefined;
  const { fileName } = definition;
  if (fileName === cell.file || /\[(?:cells|global)[^/]*\]\.d\.m?ts$/.test(fileName))
    return "declared in this notebook";
  return `declared in ${fileName.replace(/^.*\/node_modules\//, "")}`;
}
