// What a cell calls to read its own data: `data.jsonl`, `data.csv`, `data.parquet`, `data.arrow`, `data.text`, and the benchmarks that everyone reads.
import { fault } from "../core/errors.ts";
import { fold, key, permutation } from "../core/rng.ts";
import { readCsv } from "./csv.ts";
import type { Verify } from "./example.ts";
import { collectExamples, columnNames, nameOf, nothingSeen, toExamples, verifyOf } from "./examples.ts";
import type { ExampleColumns, LoadedSet } from "./examples.ts";
import { readForeign } from "./foreign/reader.ts";
import { readJsonLines } from "./json-lines.ts";
import type { Row } from "./json-lines.ts";
import { readLines } from "./lines.ts";
import { verifyBoxed, verifyHashes } from "./math/equal.ts";
import { mix } from "./mix.ts";
import { shuffled } from "./stream.ts";
import type { ExampleStream, ShuffleOptions } from "./stream.ts";

/**
 * Examples of a .jsonl or .jsonl.gz file.
 * @throws JSONL_INVALID, COLUMN_MISSING, DUPLICATE_ID  with file, line and column
 * @throws DATA_MISSING, EMPTY_DATA, LINE_TOO_LONG, NOT_UTF8, GZIP_DAMAGED
 * @example const set = await data.jsonl("tasks.jsonl", { prompt: "question", completion: "answer" });
 */
const jsonl = (path: string, columns: ExampleColumns): Promise<LoadedSet> =>
  collectExamples(path, readJsonLines(path), columns);

/** As `data.jsonl`, of a .csv or .tsv file whose first row names the columns. @throws CSV_INVALID too */
const csv = (path: string, columns: ExampleColumns): Promise<LoadedSet> =>
  collectExamples(path, readCsv(path), columns);

/**
 * As `data.jsonl`, of a Parquet file with any usual codec. It is read in a thread of its own: a damaged file costs a fault, not the kernel.
 * @throws PARQUET_INVALID; COLUMN_MISSING, DUPLICATE_ID, DATA_MISSING, EMPTY_DATA
 */
const parquet = (path: string, columns: ExampleColumns): Promise<LoadedSet> =>
  collectExamples(path, readForeign("parquet", path, columnNames(columns)), columns);

/** As `data.parquet`, of an Arrow file or stream, e.g. from the cache of Hugging Face datasets. @throws ARROW_INVALID; as data.parquet */
const arrow = (path: string, columns: ExampleColumns): Promise<LoadedSet> =>
  collectExamples(path, readForeign("arrow", path, columnNames(columns)), columns);

/**
 * Files too large for memory as one endless stream, shuffled in a buffer: `sft` and `pretrain` take it as they take a set. Examples that
 * come twice are left out; the stream's order follows from its seed, so a resumed run reads on where it was.
 * @param files .jsonl, .csv, .tsv (each also .gz), .parquet or .arrow, with the same columns; read in another order in every pass
 * @throws as the reader of each file, when its turn comes
 * @example const stream = data.stream(["part-0.parquet", "part-1.parquet"], { prompt: "question", completion: "answer" });
 */
function stream(
  files: string | readonly string[],
  columns: ExampleColumns,
  options: ShuffleOptions = {},
): ExampleStream {
  const paths = [files].flat();
  const name = columns.name ?? paths.map(nameOf).join(", ");
  const passes = fold(key(options.seed ?? 0), "files");
  return shuffled(
    name,
    verifyOf(columns),
    async function* (pass) {
      const seen = nothingSeen();
      for (const i of permutation(fold(passes, pass), paths.length)) {
        const path = paths[i] as string;
        yield* toExamples(path, readRows(path, columns), columns, seen);
      }
    },
    options,
  );
}

function readRows(path: string, columns: ExampleColumns): AsyncIterable<Row> {
  const ending = /\.(jsonl|csv|tsv|parquet|arrow)(\.gz)?$/u.exec(path)?.[1];
  if (ending === "jsonl") return readJsonLines(path);
  if (ending === "csv" || ending === "tsv") return readCsv(path);
  if (ending === "parquet" || ending === "arrow") return readForeign(ending, path, columnNames(columns));
  throw fault(
    "FORMAT_UNKNOWN",
    `${path} has no ending of a format known here.`,
    ".jsonl, .csv, .tsv, .parquet, .arrow.",
  );
}

export interface TextOptions {
  /** Longest piece in characters, cut at line ends (a longer line is a piece of its own); default 2,000. */
  readonly maxCharacters?: number;
  readonly name?: string;
}

/** A plain text in pieces to pre-train on: empty prompts, the pieces as completions. @throws as data.jsonl */
const text = (path: string, { maxCharacters = 2000, name }: TextOptions = {}): Promise<LoadedSet> =>
  collectExamples(path, readPieces(path, maxCharacters), {
    prompt: { before: "" },
    completion: "text",
    ...(name && { name }),
  });

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

/** GSM8K's own files: question, a worked answer that ends in "#### N"; an answer is right when the number is. */
const gsm8k = (path: string): Promise<LoadedSet> =>
  jsonl(path, {
    prompt: { column: "question", before: "Question: ", after: "\nAnswer: " },
    completion: "answer",
    verify: verifyHashes,
    name: `GSM8K ${path.replace(/^.*[\\/]|\.jsonl.*$/gu, "")}`,
  });

/** MATH, AIME and sets like them (problem, answer): an answer is right when its last \boxed{…} is mathematically the reference's. */
const math = (path: string, name?: string): Promise<LoadedSet> =>
  jsonl(path, {
    prompt: { column: "problem", before: "Problem: ", after: "\nSolution: " },
    completion: { column: "answer", before: "\\boxed{", after: "}" },
    verify: verifyBoxed,
    ...(name && { name }),
  });

/**
 * HumanEval's own file: a Python function to complete. The tests stand in meta.test and are run by `verify`, which has to be given: this
 * library runs no model-written code outside a sandbox.
 */
const humaneval = (path: string, { verify }: { readonly verify: Verify }): Promise<LoadedSet> =>
  jsonl(path, {
    prompt: "prompt",
    completion: "canonical_solution",
    id: "task_id",
    meta: ["entry_point", "test"],
    verify,
    name: "HumanEval",
  });

export const data = { jsonl, csv, parquet, arrow, stream, mix, text, gsm8k, math, humaneval } as const;
