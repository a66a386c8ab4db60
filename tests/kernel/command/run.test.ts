import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readNotebook } from "../../../kernel/command/run/notebook.ts";
import type { CodeCell } from "../../../kernel/command/run/notebook.ts";
import { blankslate, freshFolder, notebook } from "./blankslate.ts";

async function codeCells(path: string): Promise<CodeCell[]> {
  return (await readNotebook(path)).cells.filter((cell) => cell.cell_type === "code");
}

test("a notebook runs over ZeroMQ: every kind of output, parameters, an expected error, a valid file and a page", async () => {
  const folder = freshFolder();
  const output = join(folder, "deep", "out.ipynb");
  // Its own: other tests run kernels at the same moment.
  const temporary = freshFolder();
  const args = ["run", notebook("outputs"), "-p", "lines", "3000", "-p", "word", "line", "-o", output, "--html"];
  const { code, out } = await blankslate(args, { env: { TMPDIR: temporary } });
  expect(out).toContain("Every kind of output");
  expect(code, out).toBe(0);
  const [defaults, injected, print, expected, value, chart, silent] = await codeCells(output);
  expect(defaults?.execution_count).toBe(1);
  expect(injected?.metadata["tags"]).toEqual(["injected-parameters"]);
  const lines = Array.from({ length: 3000 }, (_, i) => `line ${i}\n`).join("");
  expect(print?.outputs).toEqual([{ output_type: "stream", name: "stdout", text: lines }]);
  expect(expected?.outputs).toMatchObject([
    { output_type: "error", ename: "RangeError", evalue: "this one is expected" },
  ]);
  expect(value?.outputs).toMatchObject([{ output_type: "execute_result", data: { "text/plain": "9000000" } }]);
  expect(chart?.outputs).toMatchObject([{ output_type: "display_data", data: { "text/plain": "squares" } }]);
  expect(silent?.outputs).toEqual([]);
  expect(Object.keys(value?.metadata["execution"] as object).sort()).toEqual([
    "iopub.execute_input",
    "iopub.status.busy",
    "iopub.status.idle",
    "shell.execute_reply",
  ]);
  const page = readFileSync(output.replace(".ipynb", ".html"), "utf8");
  expect(page).toContain("Every kind of output");
  expect(readdirSync(join(folder, "deep")).sort()).toEqual(["out.html", "out.ipynb", "out.manifest.json"]);
  expect(readdirSync(temporary).filter((name) => name.startsWith("blankslate-run-"))).toEqual([]);
});

test("a failing cell gives exit code 1, its number, error and line, and the partial notebook", async () => {
  const folder = freshFolder();
  const { code, out } = await blankslate(["run", notebook("failing")], { cwd: folder });
  expect(code).toBe(1);
  expect(out).toContain("Cell 2 failed: TypeError");
  expect(out).toContain("(xs as any).length");
  expect(out).not.toContain("\u001b");
  const [fine, bad, never] = await codeCells(join(folder, "failing.executed.ipynb"));
  expect(fine?.outputs).toMatchObject([{ data: { "text/plain": "42" } }]);
  expect(bad?.outputs).toMatchObject([{ output_type: "error", ename: "TypeError" }]);
  expect(never).toMatchObject({ outputs: [], execution_count: null });
});

test("^C interrupts the cell and writes what there is; exit code 130", async () => {
  const folder = freshFolder();
  let isSent = false;
  const started = performance.now();
  const { code, out } = await blankslate(["run", notebook("endless")], {
    cwd: folder,
    onOut(text, pid) {
      if (isSent || !text.includes("1/3")) return; // cell 1 has ended: cell 2 loops
      isSent = true;
      setTimeout(() => process.kill(pid, "SIGINT"), 1_500);
    },
  });
  expect(code, out).toBe(130);
  expect(out).toContain("Interrupted in cell 2");
  expect(performance.now() - started).toBeLessThan(30_000);
  const [before, loop, after] = await codeCells(join(folder, "endless.executed.ipynb"));
  expect(before?.outputs).toMatchObject([{ text: "before\n" }]);
  expect(loop?.outputs).toMatchObject([{ text: "looping\n" }, { output_type: "error" }]);
  expect(after?.outputs).toEqual([]);
});

test("a cell past --timeout is interrupted and the run fails there", async () => {
  const folder = freshFolder();
  const { code, out } = await blankslate(["run", notebook("endless"), "--timeout", "1", "--html", "page.html"], {
    cwd: folder,
  });
  expect(code).toBe(1);
  expect(out).toMatch(/Cell [12] ran past its time limit/); // on a slow machine a first cell takes a second, too
  expect(existsSync(join(folder, "page.html"))).toBe(true);
});

test("notebooks of other languages and calls without sense are refused by code", async () => {
  const missing = await blankslate(["run", "nowhere.ipynb"]);
  expect([missing.code, missing.err]).toEqual([1, expect.stringContaining("NOTEBOOK_MISSING: there is no file")]);
  const none = await blankslate(["run"]);
  expect([none.code, none.err]).toEqual([2, expect.stringContaining("USAGE: missing required argument")]);
  const swallowed = await blankslate(["run", "--html", notebook("outputs")]);
  expect([swallowed.code, swallowed.err]).toEqual([2, expect.stringContaining("put the option after the notebook")]);
});
