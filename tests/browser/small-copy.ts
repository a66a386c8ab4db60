// A committed notebook as a reader who has not run it would find it, on its small budget.
import { readFile } from "node:fs/promises";

interface Cell {
  readonly cell_type: string;
  readonly source: readonly string[];
}

/** @returns the notebook as JSON, without outputs and with its parameters cell asking for the small budget */
export async function smallCopy(path: string): Promise<string> {
  const notebook = JSON.parse(await readFile(path, "utf8")) as { cells: Cell[] };
  const cells = notebook.cells.map((cell) => ({
    ...cell,
    source: cell.source.map((line) => line.replace('budget = "full"', 'budget = "small"')),
    ...(cell.cell_type === "code" && { outputs: [], execution_count: null }),
  }));
  return JSON.stringify({ ...notebook, cells });
}
