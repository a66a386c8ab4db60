// Parquet by hyparquet, one row group in memory at a time. Runs in the readers' thread only: a damaged file may hang or reject unheard.
import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { parquetMetadataAsync, parquetReadObjects } from "hyparquet";
import type { AsyncBuffer, FileMetaData } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { plain } from "./plain.ts";
import type { ForeignRow } from "./question.ts";
import type { Opened } from "./worker.ts";

export async function openParquet(path: string, columns: readonly string[] | undefined): Promise<Opened> {
  const handle = await open(path);
  try {
    const source = await sourceOf(handle);
    const metadata = await parquetMetadataAsync(source.file);
    const bytes = metadata.row_groups.reduce((sum, group) => sum + Number(group.total_byte_size), 0);
    return { bytes, rows: rowsOf(handle, source, metadata, columns) };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

interface Source {
  readonly file: AsyncBuffer;
  /** Reads that have not settled. */
  readonly pending: ReadonlySet<Promise<unknown>>;
}

async function sourceOf(handle: FileHandle): Promise<Source> {
  const { size } = await handle.stat();
  const pending = new Set<Promise<unknown>>();
  const file = {
    byteLength: size,
    slice(start: number, end = size) {
      const read = handle.read(new Uint8Array(Math.max(0, end - start)), 0, undefined, start);
      pending.add(read);
      return read.then(({ buffer }) => buffer.buffer).finally(() => pending.delete(read));
    },
  };
  return { file, pending };
}

async function* rowsOf(
  handle: FileHandle,
  { file, pending }: Source,
  metadata: FileMetaData,
  columns: readonly string[] | undefined,
): AsyncGenerator<ForeignRow> {
  try {
    const present = metadata.schema.slice(1).map(({ name }) => name);
    // Where a column is missing all are read, so that the complaint can name those that are there.
    const wanted = columns?.every((name) => present.includes(name)) && { columns: [...columns] };
    let rowStart = 0;
    for (const group of metadata.row_groups) {
      const rowEnd = rowStart + Number(group.num_rows);
      const rows = await parquetReadObjects({ file, metadata, compressors, rowStart, rowEnd, ...wanted });
      for (const row of rows) yield plain(row) as ForeignRow;
      rowStart = rowEnd;
    }
  } finally {
    // hyparquet reads columns side by side: when one is damaged the others' promises reject later, unheard. Here they have.
    await Promise.allSettled(pending);
    await handle.close();
  }
}
