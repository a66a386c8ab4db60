// In which order a notebook's stored outputs were made, by their execution counts: a notebook that was worked in carries results that a
// run from top to bottom may not give.
import type { Notebook } from "../notebook.ts";

/**
 * @returns a sentence per finding; none when every cell ran once, from top to bottom
 * @example orderWarnings({ nbformat: 4, nbformat_minor: 5, metadata: {}, cells: [] }) // []
 */
export function orderWarnings(notebook: Notebook): string[] {
  const code = notebook.cells.filter((cell) => cell.cell_type === "code");
  const warnings: string[] = [];
  let latest: { number: number; count: number } | undefined;
  let skipped = 0;
  for (const [index, cell] of code.entries()) {
    const count = cell.execution_count;
    if (count === null) {
      if (cell.source.trim() !== "") skipped++;
      continue;
    }
    const here = { number: index + 1, count };
    if (latest && count < latest.count) {
      warnings.push(`cell ${latest.number} [${latest.count}] ran after cell ${here.number} [${count}]`);
    }
    if (!latest || count > latest.count) latest = here;
  }
  if (!latest) return [];
  if (skipped > 0) warnings.push(`${skipped} ${skipped === 1 ? "cell" : "cells"} had not run`);
  const ran = code.filter((cell) => cell.execution_count !== null).length;
  if (latest.count > ran) warnings.push(`${latest.count} executions for ${ran} cells: some ran again, or were removed`);
  return warnings;
}
