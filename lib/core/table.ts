// The one table renderer: every frame-like value, ours or another library's, becomes the same HTML and the same plain text. Types
// stand under the headers, numbers line up, intervals are written as estimate ± half-width, and what is left out is said.
import type { MimeBundle } from "./host.ts";
import { frameTable, isFrameLike, printsInsides, rowsTable, tableOf } from "./table/frames.ts";
import { DEFAULT_LIMITS, layOut, type Limits, type Table } from "./table/layout.ts";
import { latexTable } from "./table/latex.ts";
import { markdownTable } from "./table/markdown.ts";
import { htmlTable } from "./table/page.ts";
import { plainTable } from "./table/plain.ts";
import { isTimeColumn, volatile } from "./volatile.ts";

export { isFrameLike, printsInsides, rowsTable, tableOf };
export type { Column, Limits, Table } from "./table/layout.ts";
export type { Interval } from "./table/number.ts";

/**
 * @param limits rows and columns beyond these are replaced by "…" and the true shape is said below
 * @returns text/html, text/latex (booktabs), text/markdown and text/plain; which texts are times, when a column holds some
 * @example tableBundle(rowsTable([{ model: "blank", accuracy: 0.5 }]))["text/plain"] // "model   accuracy\nstring    number\nblank        0.5"
 */
export function tableBundle(table: Table, limits: Limits = DEFAULT_LIMITS): MimeBundle {
  const layout = layOut(table, limits);
  const times = layout.columns.filter((column) => isTimeColumn(column.name)).flatMap((column) => column.cells);
  return {
    "text/html": htmlTable(layout).toString(),
    "text/latex": latexTable(layout),
    "text/markdown": markdownTable(layout),
    "text/plain": plainTable(layout),
    ...volatile(times.map((cell) => cell.text)),
  };
}

/**
 * @param value a Danfo DataFrame or Series, an Arquero table or an Arrow table (`isFrameLike` says whether it is one)
 * @throws NOT_A_FRAME for any other value
 */
export function frameBundle(value: unknown, limits: Limits = DEFAULT_LIMITS): MimeBundle {
  return tableBundle(frameTable(value), limits);
}

/**
 * A frame as text alone, for prints.
 * @throws NOT_A_FRAME
 */
export function frameText(value: unknown): string {
  return plainTable(layOut(frameTable(value), DEFAULT_LIMITS));
}
