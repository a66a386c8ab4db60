// An array of plain objects, as JSON and databases give rows: a table, with the array itself as text.
import type { MimeBundle } from "../../../lib/core/host.ts";
import { tableBundle } from "../../../lib/core/table.ts";

/** Rows looked at: the first ones, and the last, say whether an array is a table. */
const SAMPLE = 20;
const MAX_COLUMNS = 50;

export function rowsBundleOf(value: object): MimeBundle | undefined {
  if (!Array.isArray(value) || value.length < 2) return undefined;
  const sample = [...(value.slice(0, SAMPLE) as unknown[]), value.at(-1) as unknown];
  if (!sample.every(isRow)) return undefined;
  const names = [...new Set(sample.flatMap((row) => Object.keys(row)))];
  if (names.length === 0 || names.length > MAX_COLUMNS) return undefined;
  const { "text/html": html } = tableBundle({
    columns: names.map((name) => ({ name })),
    rowCount: value.length,
    cell: (row, column) => cellOf(value[row], names[column] ?? ""),
  });
  return { "text/html": html };
}

/** A plain object whose values are single things: a nested one reads better as text. */
function isRow(row: unknown): row is object {
  if (typeof row !== "object" || row === null) return false;
  const prototype: unknown = Object.getPrototypeOf(row);
  if ((prototype !== Object.prototype && prototype !== null) || Object.keys(row).length > MAX_COLUMNS) return false;
  return Object.values(Object.getOwnPropertyDescriptors(row)).every(
    ({ value, ...other }) =>
      !other.get &&
      (typeof value !== "object" || value === null || value instanceof Date) &&
      typeof value !== "function",
  );
}

/** Without running a getter: only the sample was looked at. */
function cellOf(row: unknown, name: string): unknown {
  if (typeof row !== "object" || row === null) return undefined;
  return Object.getOwnPropertyDescriptor(row, name)?.value;
}
