// Results of DuckDB (@duckdb/node-api): the reader that `runAndReadAll` gives, and the materialized result of `run`. Rows are taken where
// they lie; only those that are shown are turned into values.
import type { MimeBundle } from "../../../lib/core/host.ts";
import { tableBundle } from "../../../lib/core/table.ts";

interface Described {
  deduplicatedColumnNames(): readonly string[];
  columnTypes(): readonly unknown[];
}
interface Reader extends Described {
  readonly currentRowCount: number;
  readonly done: boolean;
  value(column: number, row: number): unknown;
}
interface Chunk {
  readonly rowCount: number;
  getColumnVector(column: number): { getItem(row: number): unknown };
}
interface Materialized extends Described {
  readonly rowCount: number;
  readonly chunkCount: number;
  getChunk(index: number): Chunk;
}

export function duckdbBundleOf(value: object): MimeBundle | undefined {
  const { deduplicatedColumnNames, columnTypes } = value as Partial<Described>;
  if (typeof deduplicatedColumnNames !== "function" || typeof columnTypes !== "function") return undefined;
  if ("currentRowCount" in value && "value" in value) return readerBundle(value as Reader);
  return "getChunk" in value && "chunkCount" in value ? tableOf(value as Materialized) : undefined;
}

function readerBundle(reader: Reader): MimeBundle {
  const note = reader.done ? {} : { note: "more rows can be read" };
  return tableBundle({
    columns: columnsOf(reader),
    rowCount: reader.currentRowCount,
    cell: (row, column) => single(reader.value(column, row)),
    ...note,
  });
}

function tableOf(result: Materialized): MimeBundle {
  const chunks: { readonly chunk: Chunk; readonly from: number }[] = [];
  let from = 0;
  for (let i = 0; i < result.chunkCount; i++) {
    const chunk = result.getChunk(i);
    chunks.push({ chunk, from });
    from += chunk.rowCount;
  }
  return tableBundle({
    columns: columnsOf(result),
    rowCount: result.rowCount,
    cell(row, column) {
      const found = chunks.findLast((one) => one.from <= row);
      return single(found?.chunk.getColumnVector(column).getItem(row - found.from));
    },
  });
}

function columnsOf(described: Described): { readonly name: string; readonly type: string }[] {
  const types = described.columnTypes();
  return described.deduplicatedColumnNames().map((name, i) => ({ name, type: String(types[i]).toLowerCase() }));
}

/** Dates, decimals, lists and structs are objects that write themselves. */
function single(value: unknown): unknown {
  return typeof value === "object" && value !== null ? (value as { toString(): string }).toString() : value;
}
