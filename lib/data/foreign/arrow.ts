// Arrow files and streams (what Hugging Face datasets keeps in its cache) by apache-arrow, one record batch at a time.
import { createReadStream } from "node:fs";
import { DataType, RecordBatchReader } from "apache-arrow";
import type { RecordBatch } from "apache-arrow";
import { plain } from "./plain.ts";
import type { ForeignRow } from "./question.ts";
import type { Opened } from "./worker.ts";

export async function openArrow(path: string, columns: readonly string[] | undefined): Promise<Opened> {
  const reader = await RecordBatchReader.from(createReadStream(path));
  return { bytes: 0, rows: rowsOf(reader, columns) };
}

async function* rowsOf(
  reader: AsyncIterable<RecordBatch>,
  columns: readonly string[] | undefined,
): AsyncGenerator<ForeignRow> {
  for await (const batch of reader) {
    const names = batch.schema.fields.map((field) => field.name);
    // Where a column is missing all are read, so that the complaint can name those that are there.
    const kept = columns?.every((name) => names.includes(name)) ? columns : names;
    const vectors = kept.map((name) => ({ name, vector: batch.getChild(name) }));
    for (let i = 0; i < batch.numRows; i++)
      yield Object.fromEntries(vectors.map(({ name, vector }) => [name, cell(vector?.type, vector?.get(i))]));
  }
}

/** Arrow gives times as milliseconds. */
function cell(type: unknown, value: unknown): unknown {
  const isTime = DataType.isTimestamp(type) || DataType.isDate(type);
  return plain(isTime && typeof value === "number" ? new Date(value) : value);
}
