// The language server as an editor drives it: the client half of Microsoft's own library, over the pipes of a real process.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  CompletionRequest,
  type CompletionItem,
  type Diagnostic,
  DidChangeTextDocumentNotification,
  DidOpenNotebookDocumentNotification,
  DidChangeNotebookDocumentNotification,
  DidOpenTextDocumentNotification,
  ExitNotification,
  HoverRequest,
  InitializeRequest,
  InitializedNotification,
  type MarkupContent,
  NotebookCellKind,
  PublishDiagnosticsNotification,
  RenameRequest,
  ShutdownRequest,
  SignatureHelpRequest,
  StreamMessageReader,
  StreamMessageWriter,
  createProtocolConnection,
} from "vscode-languageserver/node";

const CLI = fileURLToPath(new URL("../../../kernel/cli.mjs", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "blankslate-lsp-"));
mkdirSync(join(folder, ".virtual_documents"));
writeFileSync(join(folder, "helper.ts"), "/** Helps. */ export const help = (times: number) => times;");

const server = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", CLI, "lsp", "--stdio"], {
  cwd: folder,
});
const ended = new Promise<number | null>((resolve) => server.once("exit", resolve));
const client = createProtocolConnection(new StreamMessageReader(server.stdout), new StreamMessageWriter(server.stdin));
const published = new Map<string, (diagnostics: Diagnostic[]) => void>();
client.onNotification(PublishDiagnosticsNotification.type, ({ uri, diagnostics }) => published.get(uri)?.(diagnostics));
const diagnosticsOf = (uri: string) => new Promise<Diagnostic[]>((resolve) => published.set(uri, resolve));

const uri = pathToFileURL(join(folder, ".virtual_documents", "notebook.ipynb.ts")).href;
const CELLS = [
  "import { help } from './helper'\nconst run = { loss: 1, history: [1] }",
  "const run = { loss: '😀'.length }; run.loss",
  "%time help(2)",
  "run.los",
  "help(",
  "sft",
];
/** As JupyterLab's extension sends a notebook: all cells in one text. */
const text = CELLS.join("\n\n\n");
/** Behind the n-th cell's text. */
const endOf = (cell: number) => {
  const lines = CELLS.slice(0, cell + 1)
    .join("\n\n\n")
    .split("\n");
  return { line: lines.length - 1, character: lines.at(-1)!.length };
};
const at = (cell: number) => ({ textDocument: { uri }, position: endOf(cell) });
const itemsAt = async (cell: number) =>
  (await client.sendRequest(CompletionRequest.type, at(cell))) as CompletionItem[];

beforeAll(async () => {
  client.listen();
  const { capabilities } = await client.sendRequest(InitializeRequest.type, {
    processId: process.pid,
    rootUri: pathToFileURL(folder).href,
    capabilities: {},
  });
  expect(capabilities).toMatchObject({ hoverProvider: true, renameProvider: { prepareProvider: true } });
  await client.sendNotification(InitializedNotification.type, {});
}, 30_000);
afterAll(async () => {
  await client.sendRequest(ShutdownRequest.type);
  await client.sendNotification(ExitNotification.type);
  expect(await ended).toBe(0);
});

test(
  "a notebook in one text: errors where they are, none for names that are declared again or magics",
  { timeout: 60_000 },
  async () => {
    const first = diagnosticsOf(uri);
    const languageId = "typescript";
    await client.sendNotification(DidOpenTextDocumentNotification.type, {
      textDocument: { uri, languageId, version: 1, text: text.replace("help(\n", "help('2')\n") },
    });
    expect((await first).map(({ code, range, message }) => [code, range.start, message])).toEqual([
      [2551, { line: endOf(3).line, character: 4 }, expect.stringContaining("Did you mean 'loss'?")],
      [2345, { line: endOf(4).line, character: 5 }, expect.any(String)],
      [2304, { line: endOf(5).line, character: 0 }, expect.any(String)],
    ]);
    const second = diagnosticsOf(uri);
    await client.sendNotification(DidChangeTextDocumentNotification.type, {
      textDocument: { uri, version: 2 },
      contentChanges: [{ text }],
    });
    await second;
  },
);

test(
  "a notebook in one text: a later cell sees the newest declaration, and a cell that does not parse silences no other",
  { timeout: 60_000 },
  async () => {
    const own = pathToFileURL(join(folder, ".virtual_documents", "again.ipynb")).href;
    const cells = [
      "const run = { history: [1] }\nconst more = await Promise.resolve('x')",
      "function body() {\n  let n = 1\n\n\n  return n.toFixed()\n}\nconst run = { history: ['a'] }",
      "run.",
      "more.trimm(); const wrong: number = run.history[0]",
    ];
    const found = diagnosticsOf(own);
    await client.sendNotification(DidOpenTextDocumentNotification.type, {
      textDocument: { uri: own, languageId: "typescript", version: 1, text: cells.join("\n\n\n") },
    });
    expect((await found).map(({ code, range }) => [code, range.start])).toEqual([
      [2551, { line: 16, character: 5 }],
      [2322, { line: 16, character: 20 }],
    ]);
    const params = { textDocument: { uri: own }, position: { line: 13, character: 4 } };
    const items = (await client.sendRequest(CompletionRequest.type, params)) as CompletionItem[];
    expect(items).toMatchObject([{ label: "history", textEdit: { range: { start: params.position } } }]);
    const hover = await client.sendRequest(HoverRequest.type, {
      textDocument: { uri: own },
      position: { line: 16, character: 37 },
    });
    expect((hover!.contents as MarkupContent).value).toContain("history: string[]");
  },
);

test("completion, hover, signature help; a name to import brings its import", { timeout: 60_000 }, async () => {
  expect((await itemsAt(3)).map(({ label }) => label)).toEqual(["loss"]);
  const { contents } = (await client.sendRequest(HoverRequest.type, {
    textDocument: { uri },
    position: { line: 0, character: 10 },
  }))!;
  expect((contents as MarkupContent).value).toMatch(/const help: \(times: number\) => number[^]*Helps\./);
  const help = await client.sendRequest(SignatureHelpRequest.type, at(4));
  expect(help).toMatchObject({
    signatures: [{ label: "help(times: number): number", documentation: "Helps." }],
    activeParameter: 0,
  });
  const [sft] = await itemsAt(5);
  expect(sft).toMatchObject({
    label: "sft",
    textEdit: { newText: "sft", range: { end: endOf(5) } },
    additionalTextEdits: [{ newText: 'import { sft } from "blankslate";\n' }],
  });
});

test("a name is renamed wherever it is meant", async () => {
  const edit = await client.sendRequest(RenameRequest.type, {
    textDocument: { uri },
    position: { line: 0, character: 10 },
    newName: "aid",
  });
  const lines = edit?.changes?.[uri]?.map(({ range }) => range.start.line) ?? [];
  expect(lines).toEqual([0, endOf(2).line, endOf(4).line]);
  expect(edit?.changes?.[uri]?.[1]?.range.start.character).toBe("%time ".length);
});

test(
  "a notebook document: each cell knows those before it, also when one of them changes",
  { timeout: 60_000 },
  async () => {
    const notebook = pathToFileURL(join(folder, "cells.ipynb")).href;
    const cells = ["const a: number = 1", "let b = a.toFixed(1)", "b.trim()"].map((source, i) => ({
      uri: `${notebook}#cell-${i}`,
      languageId: "typescript",
      version: 1,
      text: source,
    }));
    const found = diagnosticsOf(cells[1]!.uri);
    await client.sendNotification(DidOpenNotebookDocumentNotification.type, {
      notebookDocument: {
        uri: notebook,
        notebookType: "jupyter-notebook",
        version: 1,
        cells: cells.map((cell) => ({ kind: NotebookCellKind.Code, document: cell.uri })),
      },
      cellTextDocuments: cells,
    });
    expect(await found).toEqual([]);
    const wrong = diagnosticsOf(cells[1]!.uri);
    await client.sendNotification(DidChangeNotebookDocumentNotification.type, {
      notebookDocument: { uri: notebook, version: 2 },
      change: {
        cells: {
          textContent: [{ document: { uri: cells[0]!.uri, version: 2 }, changes: [{ text: "const a: string = 'x'" }] }],
        },
      },
    });
    expect((await wrong).map(({ code }) => code)).toEqual([2551]);
  },
);
