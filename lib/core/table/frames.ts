// Reads frames of other libraries as tables, by their shape alone: cells live in another realm and libraries come in several
// copies, so `instanceof` says nothing. Nothing is copied; cells are read when they are shown.
import { fault } from "../errors.ts";
import type { Table } from "./layout.ts";

/** Danfo's DataFrame and Series (danfojs, danfojs-node). */
interface DanfoLike {
  readonly $isSeries: boolean;
  readonly columns: readonly unknown[];
  readonly dtypes: readonly (string | undefined)[];
  readonly index: readonly unknown[];
  readonly $data: readonly unknown[];
}

function isDanfo(value: object): value is DanfoLike {
  return (
    "$dataIncolumnFormat" in value &&
    "$isSeries" in value &&
    "$data" in value &&
    "columns" in value &&
    Array.isArray(value.columns)
  );
}

function danfoTable(frame: DanfoLike): Table {
  const { $data: data, index } = frame;
  // The default index 0, 1, 2, … is shown too: after a filter or a sort it tells where a row came from.
  return {
    columns: frame.columns.map((name, i) => ({ name: String(name), type: frame.dtypes[i] ?? "" })),
    rowCount: data.length,
    cell: frame.$isSeries
      ? (row) => data[row]
      : (row, column) => (data[row] as readonly unknown[] | undefined)?.[column],
    label: (row) => index[row],
  };
}

/** Arquero's ColumnTable. */
interface ArqueroLike {
  columnNames(): readonly string[];
  numRows(): number;
  get(name: string, row: number): unknown;
  array(name: string): ArrayLike<unknown>;
}

function isArquero(value: object): value is ArqueroLike {
  return ["columnNames", "numRows", "get", "array"].every((name) => hasMethod(value, name));
}

/** Without calling a getter: any value may be asked. */
function hasMethod(value: object, name: string): boolean {
  for (let at: object | null = value; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    const found = Object.getOwnPropertyDescriptor(at, name);
    if (found) return typeof found.value === "function";
  }
  return false;
}

function arqueroTable(frame: ArqueroLike): Table {
  const names = frame.columnNames();
  return {
    columns: names.map((name) => ({ name })),
    rowCount: frame.numRows(),
    cell: (row, column) => frame.get(names[column] ?? "", row),
    column: (column) => frame.array(names[column] ?? ""),
  };
}

/** Apache Arrow's Table. */
interface ArrowLike {
  readonly schema: { readonly fields: readonly { readonly name: string; readonly type: unknown }[] };
  readonly numRows: number;
  getChildAt(index: number): { get(row: number): unknown } | null;
}

function isArrow(value: object): value is ArrowLike {
  const { schema, numRows, getChildAt } = value as Partial<ArrowLike>;
  return Array.isArray(schema?.fields) && typeof numRows === "number" && typeof getChildAt === "function";
}

function arrowTable(frame: ArrowLike): Table {
  const vectors = frame.schema.fields.map((_, i) => frame.getChildAt(i));
  return {
    columns: frame.schema.fields.map(({ name, type }) => ({ name, type: String(type) })),
    rowCount: frame.numRows,
    cell: (row, column) => vectors[column]?.get(row),
  };
}

/** Polars' DataFrame (nodejs-polars). */
interface PolarsLike {
  readonly columns: readonly string[];
  readonly height: number;
  readonly dtypes: readonly unknown[];
  getColumn(name: string): { get(row: number): unknown; toArray(): readonly unknown[] };
}

function isPolars(value: object): value is PolarsLike {
  const { columns, height, getColumn, dtypes } = value as Partial<PolarsLike>;
  return (
    Array.isArray(columns) && typeof height === "number" && Array.isArray(dtypes) && typeof getColumn === "function"
  );
}

function polarsTable(frame: PolarsLike): Table {
  const series = frame.columns.map((name) => frame.getColumn(name));
  return {
    columns: frame.columns.map((name, i) => ({ name, type: String(frame.dtypes[i]) })),
    rowCount: frame.height,
    cell: (row, column) => series[column]?.get(row),
    column: (column) => series[column]?.toArray() ?? [],
  };
}

/** @returns the table a foreign frame is, or undefined when the value is no frame we know */
function readFrame(value: unknown): Table | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (isDanfo(value)) return danfoTable(value);
  if (isArquero(value)) return arqueroTable(value);
  if (isPolars(value)) return polarsTable(value);
  return isArrow(value) ? arrowTable(value) : undefined;
}

/** @returns whether `frameTable` can read the value: a Danfo DataFrame or Series, an Arquero table, an Arrow table */
export function isFrameLike(value: unknown): boolean {
  return readFrame(value) !== undefined;
}

/** @returns whether Node would print its insides: a frame of Danfo's or Arquero's; the others have a text of their own */
export function printsInsides(value: object): boolean {
  return isDanfo(value) || isArquero(value);
}

/** @throws NOT_A_FRAME the value has the shape of no frame we know */
export function frameTable(value: unknown): Table {
  const table = readFrame(value);
  if (table) return table;
  throw fault(
    "NOT_A_FRAME",
    `${typeof value} is not a frame.`,
    "Danfo, Arquero, Arrow and Polars tables are read, arrays of plain objects, and objects of columns.",
  );
}

/**
 * A table from plain objects; columns are the keys in the order in which they first appear.
 * @param more caption, note and row labels; `typed: false` leaves out the types, which only say the obvious in a summary
 * @example rowsTable([{ a: 1 }, { a: 2, b: "x" }]).columns.map((c) => c.name) // ["a", "b"]
 */
export function rowsTable(
  rows: readonly Readonly<Record<string, unknown>>[],
  more: Pick<Table, "caption" | "note" | "label"> & { readonly typed?: boolean } = {},
): Table {
  const { typed = true, ...about } = more;
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return {
    columns: names.map((name) => (typed ? { name } : { name, type: "" })),
    rowCount: rows.length,
    cell: (row, column) => rows[row]?.[names[column] ?? ""],
    ...about,
  };
}

const isColumn = (value: unknown): value is ArrayLike<unknown> =>
  Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));

/** Columns by name: `{ step: Int32Array, loss: [3, 2, 1] }`. */
function isColumns(value: object): value is Readonly<Record<string, ArrayLike<unknown>>> {
  const columns: unknown[] = Object.values(value);
  return columns.length > 0 && columns.every(isColumn) && new Set(columns.map((column) => column.length)).size === 1;
}

/**
 * Any table-like value: a frame of Danfo, Arquero, Arrow or Polars, an array of plain objects, an object of columns of one length.
 * @throws NOT_A_FRAME the value is none of these
 * @example tableOf({ step: [1, 2], loss: [3, 2] }).rowCount // 2
 */
export function tableOf(value: unknown): Table {
  const frame = readFrame(value);
  if (frame) return frame;
  if (Array.isArray(value) && value.every((row) => typeof row === "object" && row !== null && !Array.isArray(row)))
    return rowsTable(value as Readonly<Record<string, unknown>>[]);
  if (typeof value !== "object" || value === null || Array.isArray(value) || !isColumns(value))
    return frameTable(value);
  const entries = Object.entries(value);
  return {
    columns: entries.map(([name]) => ({ name })),
    rowCount: entries[0]?.[1].length ?? 0,
    cell: (row, column) => entries[column]?.[1][row],
    column: (column) => entries[column]?.[1] ?? [],
  };
}
