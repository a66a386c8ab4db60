// What a cell calls to read its own data: `data.jsonl`, `data.csv`, `data.parquet`, `data.arrow`, `data.text`, and the benchmarks that everyone reads.
import { checkOptions, type Rules, text as aText, whole } from "../core/options.ts";
import { gsm8k, humaneval, math, mbpp } from "./benchmarks.ts";
import { chats } from "./chats.ts";
import { readCsv } from "./csv.ts";
import { checkColumns, collectExamples, columnNames } from "./examples.ts";
import type { ExampleColumns, LoadedSet } from "./examples.ts";
import { readForeign } from "./foreign/reader.ts";
import { readJsonLines } from "./json-lines.ts";
import type { Row } from "./json-lines.ts";
import { fileStream } from "./file-stream.ts";
import { hubFiles } from "./hub/files.ts";
import { readLines } from "./lines.ts";
import { mix } from "./mix.ts";
import { split } from "./split-set.ts";

/**
 * Examples of a .jsonl or .jsonl.gz file.
 * @throws JSONL_INVALID, COLUMN_MISSING, DUPLICATE_ID  with file, line and column
 * @throws DATA_MISSING, EMPTY_DATA, LINE_TOO_LONG, NOT_UTF8, GZIP_DAMAGED
 * @example const set = await data.jsonl("tasks.jsonl", { prompt: "question", completion: "answer" });
 */
const jsonl = async (path: string, columns: ExampleColumns): Promise<LoadedSet> =>
  collectExamples(path, readJsonLines(path), checkColumns("data.jsonl", columns));

/** As `data.jsonl`, of a .csv or .tsv file whose first row names the columns. @throws CSV_INVALID too */
const csv = async (path: string, columns: ExampleColumns): Promise<LoadedSet> =>
  collectExamples(path, readCsv(path), checkColumns("data.csv", columns));

/**
 * As `data.jsonl`, of a Parquet file with any usual codec. It is read in a thread of its own: a damaged file costs a fault, not the kernel.
 * @throws PARQUET_INVALID; COLUMN_MISSING, DUPLICATE_ID, DATA_MISSING, EMPTY_DATA
 */
const parquet = async (path: string, columns: ExampleColumns): Promise<LoadedSet> =>
  foreign("parquet", path, checkColumns("data.parquet", columns));

/** As `data.parquet`, of an Arrow file or stream, e.g. from the cache of Hugging Face datasets. @throws ARROW_INVALID; as data.parquet */
const arrow = async (path: string, columns: ExampleColumns): Promise<LoadedSet> =>
  foreign("arrow", path, checkColumns("data.arrow", columns));

const foreign = (format: "parquet" | "arrow", path: string, columns: ExampleColumns): Promise<LoadedSet> =>
  collectExamples(path, readForeign(format, path, columnNames(columns)), columns);

/** As `data.jsonl`, of objects that are at hand. @example const set = await data.rows([{ q: "1 + 1 =", a: 2 }], { prompt: "q", completion: "a" }); */
const rows = async (
  values: readonly Readonly<Record<string, unknown>>[],
  columns: ExampleColumns,
): Promise<LoadedSet> => collectExamples("rows", numbered(values), checkColumns("data.rows", columns));

async function* numbered(values: readonly Readonly<Record<string, unknown>>[]): AsyncGenerator<Row> {
  for (const [i, row] of values.entries()) yield { values: row, line: i + 1 };
}

export interface TextOptions {
  /** Longest piece in characters, cut at line ends (a longer line is a piece of its own); default 2,000. */
  readonly maxCharacters?: number;
  /** As it appears in tables; default: the file's name. */
  readonly name?: string;
}

/** A plain text in pieces to pre-train on: empty prompts, the pieces as completions. @throws as data.jsonl */
async function text(path: string, options: TextOptions = {}): Promise<LoadedSet> {
  const { maxCharacters = 2000, name } = checkOptions("data.text", options, TEXT);
  return collectExamples(path, readPieces(path, maxCharacters), {
    prompt: { before: "" },
    completion: "text",
    ...(name && { name }),
  });
}
const TEXT: Rules<TextOptions> = { maxCharacters: whole(1), name: aText };

async function* readPieces(path: string, maxCharacters: number): AsyncGenerator<Row> {
  let piece = "";
  let line = 1;
  for await (const { text: next, number } of readLines(path)) {
    if (piece !== "" && piece.length + next.length + 1 > maxCharacters) {
      yield { values: { text: piece }, line };
      piece = "";
      line = number;
    }
    piece += `${next}\n`;
  }
  if (piece !== "") yield { values: { text: piece }, line };
}

export const data = {
  jsonl,
  csv,
  parquet,
  arrow,
  rows,
  split,
  stream: fileStream,
  mix,
  hub: hubFiles,
  chats,
  text,
  gsm8k,
  math,
  humaneval,
  mbpp,
} as const;
