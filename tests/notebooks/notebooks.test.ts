// What a reader finds in each committed notebook before running anything.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

interface Cell {
  readonly cell_type: string;
  readonly id: string;
  readonly metadata: { readonly tags?: readonly string[] };
  readonly source: readonly string[];
  readonly execution_count?: number | null;
  readonly outputs?: readonly { readonly output_type: string; readonly data?: Readonly<Record<string, unknown>> }[];
}

const FOLDER = join(import.meta.dirname, "../../notebooks");
const names = readdirSync(FOLDER).filter((name) => name.endsWith(".ipynb"));

test("there is a notebook for each question", () => {
  expect(names).toEqual([
    "01-init.ipynb",
    "02-sft.ipynb",
    "03-rl.ipynb",
    "04-eval.ipynb",
    "05-distribution-fitting.ipynb",
    "06-real-models.ipynb",
    "quickstart.ipynb",
  ]);
});

describe.each(names)("%s", (name) => {
  const { cells, metadata } = JSON.parse(readFileSync(join(FOLDER, name), "utf8")) as {
    cells: readonly Cell[];
    metadata: Readonly<Record<string, unknown>>;
  };
  const code = cells.filter((cell) => cell.cell_type === "code");

  test("is committed executed on its full budget, in order, without an error, with its manifest", () => {
    expect(code.map((cell) => cell.execution_count)).toEqual(code.map((_, i) => i + 1));
    const parameters = code.filter((cell) => cell.metadata.tags?.includes("parameters"));
    expect(parameters.map((cell) => cell.source.join(""))).toEqual([expect.stringContaining('budget = "full"')]);
    const outputs = code.flatMap((cell) => cell.outputs ?? []);
    expect(outputs.filter((output) => output.output_type === "error")).toEqual([]);
    const shown = (mime: string) => outputs.filter((output) => output.data && mime in output.data).length;
    expect(shown("image/png")).toBeGreaterThanOrEqual(2);
    expect(shown("application/vnd.plotly.v1+json")).toBeGreaterThanOrEqual(2);
    expect(Object.keys(metadata)).toContain("blankslate");
  });

  test("reads well: a title, prose between cells, unique ids, lines of at most 100 characters, no path of a machine", () => {
    expect(cells[0]?.source[0]).toMatch(/^# \S/u);
    expect(cells.filter((cell) => cell.cell_type === "markdown").length).toBeGreaterThanOrEqual(4);
    expect(new Set(cells.map((cell) => cell.id)).size).toBe(cells.length);
    expect(code.flatMap((cell) => cell.source).filter((line) => line.trimEnd().length > 100)).toEqual([]);
    expect(JSON.stringify({ cells, metadata })).not.toMatch(/\/(work|home|root|tmp|Users)\//u);
  });
});
