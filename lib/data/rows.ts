// Rows of a file of any format known here, by the ending of its name.
import { fault } from "../core/errors.ts";
import { readCsv } from "./csv.ts";
import { readForeign } from "./foreign/reader.ts";
import { readJsonLines } from "./json-lines.ts";
import type { Row } from "./json-lines.ts";

/** Names of files that can be read as rows. */
export const FORMATS = /\.(jsonl|csv|tsv|parquet|arrow)(\.gz)?$/u;

/**
 * @param columns which to decode where a format can choose; all when left out
 * @throws FORMAT_UNKNOWN  the name's ending is none of these; else as the format's reader
 */
export function readRows(path: string, columns?: readonly string[]): AsyncGenerator<Row> {
  const ending = FORMATS.exec(path)?.[1];
  if (ending === "jsonl") return readJsonLines(path);
  if (ending === "csv" || ending === "tsv") return readCsv(path);
  if (ending === "parquet" || ending === "arrow") return readForeign(ending, path, columns);
  throw fault(
    "FORMAT_UNKNOWN",
    `${path} has no ending of a format known here.`,
    ".jsonl, .csv, .tsv, .parquet, .arrow.",
  );
}
