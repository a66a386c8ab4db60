// The language server's requests and answers. Words: a document is *open* as a text of its own or as a cell of a notebook document.
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type Connection,
  type Diagnostic,
  DiagnosticSeverity,
  type InitializeResult,
  NotebookDocuments,
  type TextDocumentPositionParams,
  TextDocumentSyncKind,
  TextDocuments,
} from "vscode-languageserver";
import { TextDocument } from "vscode-languageserver-textdocument";
import { type Cells, openCells } from "./document.ts";
import { itemsOf } from "./items.ts";
import { piecesOf } from "./split.ts";

const CAPABILITIES: InitializeResult["capabilities"] = {
  textDocumentSync: TextDocumentSyncKind.Incremental,
  notebookDocumentSync: {
    notebookSelector: [{ notebook: "*", cells: [{ language: "typescript" }, { language: "javascript" }] }],
  },
  completionProvider: { triggerCharacters: [".", '"', "'", "/", "@", "<", "%"] },
  hoverProvider: true,
  signatureHelpProvider: { triggerCharacters: ["(", ",", "<"], retriggerCharacters: [")"] },
  definitionProvider: true,
  documentHighlightProvider: true,
  renameProvider: { prepareProvider: true },
};

/** While someone types, types are not checked. */
const CHECK_AFTER_MS = 300;

/** A notebook in one text. */
const NOTEBOOK = /\.ipynb(?:\.\w+)?$/;

/** A cell in its document. */
interface Place {
  readonly document: TextDocument;
  readonly all: Cells;
  readonly texts: readonly string[];
  readonly index: number;
  /** Where the cell begins in the document. */
  readonly base: number;
}

/** @param packageRoot where Blankslate is installed */
export function serve(connection: Connection, packageRoot: string): void {
  const documents = new TextDocuments(TextDocument);
  const notebooks = new NotebookDocuments(TextDocument);
  /** By the document's or notebook's URI. */
  const open = new Map<string, Cells>();
  const timers = new Map<string, NodeJS.Timeout>();
  let root = process.cwd();

  function cellsOf(key: string, uri = key): Cells {
    let cells = open.get(key);
    if (!cells) open.set(key, (cells = openCells({ cwd: folderOf(uri) ?? root, packageRoot })));
    return cells;
  }

  /** @param asOne names mean the same everywhere in a notebook that is one text: to find them, it is one cell */
  function placesOf(uri: string, asOne = false): Place[] {
    const cell = notebooks.getNotebookCell(uri);
    const notebook = cell && notebooks.findNotebookDocumentForCell(cell);
    if (notebook) {
      const texts = notebook.cells.map((one) => notebooks.getCellTextDocument(one));
      const index = notebook.cells.findIndex((one) => one.document === uri);
      const document = texts[index];
      const all = texts.map((t) => t?.getText() ?? "");
      return document ? [{ document, all: cellsOf(notebook.uri), texts: all, index, base: 0 }] : [];
    }
    const document = documents.get(uri);
    if (!document) return [];
    const text = document.getText();
    const isNotebook = NOTEBOOK.test(uri);
    const all = isNotebook && asOne ? cellsOf(`${uri}#one`, uri) : cellsOf(uri);
    const pieces = isNotebook && !asOne ? piecesOf(text) : [{ text, start: 0 }];
    const texts = pieces.map((piece) => piece.text);
    return pieces.map(({ start }, index) => ({ document, all, texts, index, base: start }));
  }

  /** @param answer is asked with the offset in the cell */
  function asked<T>(
    { textDocument, position }: TextDocumentPositionParams,
    answer: (place: Place, offset: number) => T,
    asOne = false,
  ): T | null {
    const places = placesOf(textDocument.uri, asOne);
    const offset = places[0]?.document.offsetAt(position) ?? 0;
    const place = places.findLast(({ base }) => base <= offset);
    return place ? answer(place, offset - place.base) : null;
  }

  function diagnosticsOf({ document, all, texts, index, base }: Place): Diagnostic[] {
    const first = document.positionAt(base).line;
    return all.check(texts, index).map((found) => {
      const start = { line: first + found.line - 1, character: found.column - 1 };
      const end = document.positionAt(document.offsetAt(start) + found.length);
      const severity = found.severity === "error" ? DiagnosticSeverity.Error : DiagnosticSeverity.Warning;
      return { range: { start, end }, severity, code: found.code, source: "blankslate", message: found.message };
    });
  }

  function check(uri: string): void {
    const places = placesOf(uri);
    if (places.length > 0) void connection.sendDiagnostics({ uri, diagnostics: places.flatMap(diagnosticsOf) });
  }

  /** @param uris of documents whose types may have changed */
  function checkSoon(key: string, uris: () => readonly string[]): void {
    clearTimeout(timers.get(key));
    timers.set(
      key,
      setTimeout(() => {
        timers.delete(key);
        uris().forEach(check);
      }, CHECK_AFTER_MS),
    );
  }

  function close(uri: string, documentUris: readonly string[]): void {
    open.delete(uri);
    open.delete(`${uri}#one`);
    clearTimeout(timers.get(uri));
    for (const one of documentUris) void connection.sendDiagnostics({ uri: one, diagnostics: [] });
  }

  connection.onInitialize(({ rootUri, workspaceFolders }): InitializeResult => {
    const folder = workspaceFolders?.[0]?.uri ?? rootUri;
    if (folder?.startsWith("file:")) root = fileURLToPath(folder);
    return { capabilities: CAPABILITIES, serverInfo: { name: "blankslate" } };
  });
  documents.onDidChangeContent(({ document: { uri } }) => checkSoon(uri, () => [uri]));
  documents.onDidClose(({ document: { uri } }) => close(uri, [uri]));
  const checkNotebook = ({ uri }: { readonly uri: string }) =>
    checkSoon(uri, () => notebooks.getNotebookDocument(uri)?.cells.map((one) => one.document) ?? []);
  notebooks.onDidOpen(checkNotebook);
  notebooks.onDidChange(({ notebookDocument }) => checkNotebook(notebookDocument));
  notebooks.onDidClose(({ uri, cells }) =>
    close(
      uri,
      cells.map((one) => one.document),
    ),
  );

  connection.onCompletion((params) =>
    asked(params, ({ document, all, texts, index, base }, offset) =>
      itemsOf(texts[index] ?? "", all.complete(texts, index, offset), (at) => document.positionAt(base + at)),
    ),
  );
  connection.onHover((params) =>
    asked(params, ({ all, texts, index }, offset) => {
      const { found, data } = all.hover(texts, index, offset);
      return found ? { contents: { kind: "markdown", value: data["text/markdown"] ?? "" } } : null;
    }),
  );
  connection.onSignatureHelp((params) =>
    asked(params, ({ all, texts, index }, offset) => {
      const help = all.signatures(texts, index, offset);
      return help
        ? { ...help, signatures: help.signatures.map((s) => ({ ...s, parameters: [...s.parameters] })) }
        : null;
    }),
  );
  const rangeIn = (document: TextDocument, { start, end }: { readonly start: number; readonly end: number }) => ({
    start: document.positionAt(start),
    end: document.positionAt(end),
  });
  connection.onDefinition((params) =>
    asked(
      params,
      ({ document, all, texts, index }, offset) => {
        const span = all.definition(texts, index, offset);
        return span ? { uri: document.uri, range: rangeIn(document, span) } : null;
      },
      true,
    ),
  );
  const occurrences = (params: TextDocumentPositionParams) =>
    asked(
      params,
      ({ document, all, texts, index }, offset) =>
        all.occurrences(texts, index, offset)?.map((span) => ({ range: rangeIn(document, span), span, offset })),
      true,
    ) ?? null;
  connection.onDocumentHighlight((params) => occurrences(params)?.map(({ range }) => ({ range })) ?? null);
  connection.onPrepareRename((params) => {
    const own = occurrences(params)?.find(({ span, offset }) => span.start <= offset && offset <= span.end);
    return own?.range ?? null;
  });
  connection.onRenameRequest((params) => {
    const edits = occurrences(params)?.map(({ range }) => ({ range, newText: params.newName }));
    return edits ? { changes: { [params.textDocument.uri]: edits } } : null;
  });
  documents.listen(connection);
  notebooks.listen(connection);
  connection.listen();
}

/** JupyterLab's extension keeps what it sends in `.virtual_documents` beside the notebook. */
function folderOf(uri: string): string | undefined {
  return uri.startsWith("file:")
    ? dirname(fileURLToPath(uri)).replace(/[\\/]\.virtual_documents(?=$|[\\/])/, "")
    : undefined;
}
