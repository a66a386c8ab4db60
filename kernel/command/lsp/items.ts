// A completion as the protocol's items. Here a name that has to be imported brings its import as an edit of its own.
import { type CompletionItem, CompletionItemKind } from "vscode-languageserver";
import type { TextDocument } from "vscode-languageserver-textdocument";
import type { Completion, TypedMatch } from "../../language/completion.ts";
import { importText } from "../../language/import-text.ts";
import { toUtf16 } from "../../language/offsets.ts";

export function itemsOf(document: TextDocument, completion: Completion): CompletionItem[] {
  const code = document.getText();
  const position = (points: number) => document.positionAt(toUtf16(code, points));
  const types = completion.metadata["_jupyter_types_experimental"];
  const { imported } = completion;
  const end = position(completion.cursorEnd);
  if (imported) {
    const word = /[\p{ID_Continue}$]*$/u.exec(code.slice(0, document.offsetAt(end)))?.[0] ?? "";
    const start = document.positionAt(document.offsetAt(end) - word.length);
    return imported.map((one) => ({
      label: one.name,
      detail: importText(one),
      kind: CompletionItemKind.Module,
      textEdit: { range: { start, end }, newText: one.name },
      additionalTextEdits: [
        {
          range: { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } },
          newText: `${importText(one)};\n`,
        },
      ],
    }));
  }
  const start = position(completion.cursorStart);
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
