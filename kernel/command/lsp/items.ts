// A completion as the protocol's items. Here a name that has to be imported brings its import as an edit of its own.
import { type CompletionItem, CompletionItemKind, type Position } from "vscode-languageserver";
import type { Completion, TypedMatch } from "../../language/completion.ts";
import { importText } from "../../language/import-text.ts";
import { toUtf16 } from "../../language/offsets.ts";

/** @param positionAt the place in the document of an offset in the cell */
export function itemsOf(
  code: string,
  completion: Completion,
  positionAt: (offset: number) => Position,
): CompletionItem[] {
  const types = completion.metadata["_jupyter_types_experimental"];
  const { imported } = completion;
  const cursor = toUtf16(code, completion.cursorEnd);
  const end = positionAt(cursor);
  if (imported) {
    const word = /[\p{ID_Continue}$]*$/u.exec(code.slice(0, cursor))?.[0] ?? "";
    const start = positionAt(cursor - word.length);
    return imported.map((one) => ({
      label: one.name,
      detail: importText(one),
      kind: CompletionItemKind.Module,
      textEdit: { range: { start, end }, newText: one.name },
      additionalTextEdits: [
        {
          range: { start: positionAt(0), end: positionAt(0) },
          newText: `${importText(one)};\n`,
        },
      ],
    }));
  }
  const start = positionAt(toUtf16(code, completion.cursorStart));
  return completion.matches.map((label, order) => ({
    label,
    kind: KINDS[types[order]?.type ?? ""] ?? CompletionItemKind.Variable,
    detail: types[order]?.signature ?? "",
    sortText: String(order).padStart(5, "0"),
    textEdit: { range: { start, end }, newText: label },
  }));
}

const KINDS: Readonly<Record<TypedMatch["type"], CompletionItemKind>> = {
  function: CompletionItemKind.Function,
  method: CompletionItemKind.Method,
  property: CompletionItemKind.Property,
  class: CompletionItemKind.Class,
  interface: CompletionItemKind.Interface,
  type: CompletionItemKind.TypeParameter,
  enum: CompletionItemKind.Enum,
  module: CompletionItemKind.Module,
  keyword: CompletionItemKind.Keyword,
  text: CompletionItemKind.Value,
  path: CompletionItemKind.File,
  magic: CompletionItemKind.Snippet,
};
