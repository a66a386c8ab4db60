import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../..", import.meta.url));
const quickstart = join(root, "notebooks", "quickstart.ipynb");

interface Cell {
  readonly cell_type: string;
  readonly id: string;
  readonly metadata: { readonly tags?: readonly string[] };
  readonly source: readonly string[];
  readonly outputs?: readonly {
    readonly output_type: string;
    readonly data?: Readonly<Record<string, string | readonly string[]>>;
  }[];
}
const readCells = async (path: string): Promise<readonly Cell[]> =>
  (JSON.parse(await readFile(path, "utf8")) as { cells: readonly Cell[] }).cells;

test("the quickstart has twelve code cells, unique ids, one cell tagged parameters, no line beyond 100 characters", async () => {
  const cells = await readCells(quickstart);
  const code = cells.filter((cell) => cell.cell_type === "code");
  expect(code).toHaveLength(12);
  expect(new Set(cells.map((cell) => cell.id)).size).toBe(cells.length);
  expect(code.filter((cell) => cell.metadata.tags?.includes("parameters")).map((cell) => cell.source.join(""))).toEqual(
    [expect.stringContaining('budget = "full"')],
  );
  expect(code.flatMap((cell) => cell.source).filter((line) => line.length > 100)).toEqual([]);
});

test("on its small budget it runs on the kernel and ends with the scorecard; the page has four charts, five tables and asks for nothing outside", async () => {
  const folder = await mkdtemp(join(tmpdir(), "blankslate-quickstart-"));
  try {
    const [output, page] = [join(folder, "out.ipynb"), join(folder, "out.html")];
    const args = ["run", quickstart, "-p", "budget", '"small"', "--output", output, "--html", page];
    await run(process.execPath, [join(root, "kernel", "bin.mjs"), ...args], {
      env: { ...process.env, BLANKSLATE_ENGINE: "wasm" },
    });
    const cells = await readCells(output);
    const bundles = cells.flatMap((cell) => cell.outputs ?? []);
    expect(bundles.filter((o) => o.output_type === "error")).toEqual([]);
    const last = [cells.at(-1)?.outputs?.at(-1)?.data?.["text/plain"] ?? ""].flat().join("");
    expect(last).toMatch(/^Scorecard: /);
    expect(last).toMatch(/From random weights and [\d,]+ post-training tokens, the blank slate solves/);
    expect(last).toMatch(/agree, \d+ disagree, \d+ undecided/);
    const markup = await readFile(page, "utf8");
    expect(markup.match(/<figure\s+class="chart"/g)).toHaveLength(4);
    expect(markup.match(/<div class="bl-frame"/g)).toHaveLength(5);
    expect(markup).not.toMatch(/<(script|img|link)[^>]+(src|href)="https?:/);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}, 300_000);
