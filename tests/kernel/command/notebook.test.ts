import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { encodeNotebook, parseNotebook, readNotebook } from "../../../kernel/command/run/notebook.ts";
import { injectParameters, parseParameters, unknownParameters } from "../../../kernel/command/run/parameters.ts";
import { ROOT } from "./blankslate.ts";

const cell = (source: string | string[], extra: object = {}) => ({
  cell_type: "code",
  metadata: {},
  source,
  outputs: [],
  execution_count: null,
  ...extra,
});
const notebook = (cells: object[], extra: object = {}) =>
  JSON.stringify({ nbformat: 4, nbformat_minor: 4, metadata: {}, cells, ...extra });

test("a notebook without ids gets valid, unique ones, the same on every reading", () => {
  const content = notebook([
    cell("a"),
    cell("a"),
    cell("b", { id: "keep" }),
    cell("c", { id: "keep" }),
    cell("d", { id: "no good" }),
  ]);
  const ids = parseNotebook(content, "x").cells.map(({ id }) => id);
  expect(ids[2]).toBe("keep");
  expect(new Set(ids).size).toBe(5);
  for (const id of ids) expect(id).toMatch(/^[\w-]{1,64}$/);
  expect(parseNotebook(content, "x").cells.map(({ id }) => id)).toEqual(ids);
  expect(parseNotebook(content, "x").nbformat_minor).toBe(5);
});

test("what is written reads back equal: lines, bundles, errors, attachments and unknown metadata", () => {
  const outputs = [
    { output_type: "stream", name: "stdout", text: ["a\n", "b"] },
    {
      output_type: "display_data",
      metadata: {},
      data: { "text/html": ["<p>\n", "x"], "application/json": ["a", "b"], "image/png": "AAAA" },
    },
    { output_type: "error", ename: "E", evalue: "v", traceback: ["t"] },
  ];
  const attached = {
    cell_type: "markdown",
    metadata: {},
    source: "![](attachment:a.png)",
    attachments: { "a.png": { "image/png": "AAAA" } },
  };
  const first = parseNotebook(
    notebook([cell(["x\n", "y"], { outputs }), attached], { metadata: { mine: { deep: [1] } } }),
    "x",
  );
  expect(first.cells[0]?.source).toBe("x\ny");
  const written = encodeNotebook(first);
  expect(parseNotebook(written, "x")).toEqual(first);
  expect(JSON.parse(written).cells[0].outputs[0].text).toEqual(["a\n", "b"]);
  expect(JSON.parse(written).cells[0].outputs[1].data["application/json"]).toEqual(["a", "b"]);
  expect(written.startsWith('{\n "cells": [\n')).toBe(true);
});

test("5 files that are no notebook are refused by code, with the place", async () => {
  const bad = [
    "",
    "[]",
    '{"nbformat":3,"worksheets":[]}',
    notebook([{ cell_type: "poem", source: "" }]),
    notebook([cell("x", { outputs: [{ output_type: "stream", name: "stdlog", text: "" }] })]),
  ];
  for (const content of bad) {
    expect(() => parseNotebook(content, "x.ipynb"), content).toThrow(
      expect.objectContaining({ code: "NOTEBOOK_INVALID" }),
    );
  }
  await expect(readNotebook("/nowhere.ipynb")).rejects.toMatchObject({ code: "NOTEBOOK_MISSING" });
});

test("parameters go after the tagged cell as JSON values, and replace those of an earlier run", () => {
  const plain = parseNotebook(
    notebook([
      cell("1"),
      cell("let steps = 10, arch: string = 'x';\nlet list = [];", { metadata: { tags: ["parameters"] } }),
      cell("2"),
    ]),
    "x",
  );
  const parameters = parseParameters([
    ["steps", "400"],
    ["arch", "qwen2"],
    ["list", "[1, 2]"],
    ["stepz", "null"],
  ]);
  const once = injectParameters(plain, parameters);
  expect(once.cells.map((c) => c.source)[2]).toBe(
    '// Parameters of this run\nlet steps = 400;\nlet arch = "qwen2";\nlet list = [1,2];\nlet stepz = null;',
  );
  expect(once.cells).toHaveLength(4);
  expect(injectParameters(once, parameters)).toEqual(once);
  expect(unknownParameters(plain, parameters)).toEqual(["stepz"]);
  expect(injectParameters(parseNotebook(notebook([cell("1")]), "x"), parameters).cells[0]?.metadata["tags"]).toEqual([
    "injected-parameters",
  ]);
  expect(() => parseParameters([["a-b", "1"]])).toThrow(expect.objectContaining({ code: "PARAMETER_NAME" }));
});

test("every notebook of the project reads, writes and reads back equal", async () => {
  const folders = ["notebooks", "tests/kernel/command/notebooks"].map((folder) => join(ROOT, folder));
  const paths = folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith(".ipynb"))
      .map((name) => join(folder, name)),
  );
  expect(paths.length).toBeGreaterThanOrEqual(3);
  for (const path of paths) {
    const read = await readNotebook(path);
    expect(parseNotebook(encodeNotebook(read), path)).toEqual(read);
  }
});
