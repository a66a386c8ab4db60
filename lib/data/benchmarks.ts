// The benchmarks that everyone reads, as their own repositories and as the hub have them (JSON lines, Parquet, Arrow): which columns are problem and
// answer, and how an answer is checked. Files are given by path; `data.hub` downloads them, or finds them offline.
// Differs from one reader a data set: columns are found by the names that the usual copies give them, so MATH, MATH-500, AIME and sets like them are
// one function.
import { readMbpp, verifyHumanEval, verifyMbpp } from "./code.ts";
import { collectExamples } from "./examples.ts";
import type { LoadedSet } from "./examples.ts";
import type { Row } from "./json-lines.ts";
import { lastBoxed } from "./math/extract.ts";
import { verifyBoxed, verifyHashes } from "./math/equal.ts";
import { readRows } from "./rows.ts";

/** One file, or all the files of a split, as `data.hub` gives them. */
export type Files = string | readonly string[];

/** The split that files are named after: "test" of test.jsonl, test-00000-of-00001.parquet and gsm8k-test.arrow. */
const splitOf = (files: Files): string =>
  ([files].flat()[0] ?? "")
    .replace(/^.*[\\/]/u, "")
    .replace(/\.(jsonl|parquet|arrow|csv|tsv).*$/u, "")
    .replace(/-\d{5}-of-\d{5}.*$/u, "")
    .replace(/^gsm8k-/u, "");

async function* rowsOf(files: Files, read: (path: string) => AsyncIterable<Row>): AsyncGenerator<Row> {
  for (const path of [files].flat()) yield* read(path);
}
const placeOf = (files: Files) => [files].flat().join(", ");

/**
 * GSM8K: question, a worked answer that ends in "#### N"; an answer is right when the number is.
 * @throws as data.jsonl, data.parquet or data.arrow
 * @example const test = await data.gsm8k(await data.hub("openai/gsm8k", { config: "main", split: "test" }));
 */
export const gsm8k = (files: Files): Promise<LoadedSet> =>
  collectExamples(
    placeOf(files),
    rowsOf(files, (path) => readRows(path, ["question", "answer"])),
    {
      prompt: { column: "question", before: "Question: ", after: "\nAnswer: " },
      completion: "answer",
      verify: verifyHashes,
      name: `GSM8K ${splitOf(files)}`,
    },
  );

/** Names of columns in the usual copies, capitals aside. */
const MATH_COLUMNS = { problem: ["problem", "question"], answer: ["answer"], solution: ["solution"] } as const;
const MATH_KINDS = { subject: ["subject", "type"], level: ["level", "difficulty"] } as const;

const valueOf = ({ values }: Row, names: readonly string[]): string | number | undefined => {
  const name = Object.keys(values).find((column) => names.includes(column.toLowerCase()));
  const value = name === undefined ? undefined : values[name];
  return typeof value === "string" || typeof value === "number" ? value : undefined;
};

/** A row under our names; a set without answers (MATH as first published) has them in the last box of its solutions. */
function mathRow(row: Row): Row {
  const solution = valueOf(row, MATH_COLUMNS.solution);
  const answer = valueOf(row, MATH_COLUMNS.answer) ?? lastBoxed(String(solution ?? ""));
  const level = valueOf(row, MATH_KINDS.level);
  const found = {
    problem: valueOf(row, MATH_COLUMNS.problem),
    answer,
    subject: valueOf(row, MATH_KINDS.subject),
    // Text, because it names a kind of problem: "Level 5", 5 and 5.0 are one.
    level: level === undefined ? undefined : `level ${String(level).replace(/^level /iu, "")}`,
  };
  const known = Object.entries(found).filter(([, value]) => value !== undefined);
  return { line: row.line, values: known.length === 0 ? row.values : Object.fromEntries(known) };
}

/**
 * MATH, MATH-500, AIME and sets like them: an answer is right when its last \boxed{…} is mathematically the reference's. Subject and level, where
 * every problem has them, become meta, so that an evaluation tells scores by them.
 * @param name as it appears in tables; default: the file's name
 * @throws COLUMN_MISSING a row has no problem or no answer; else as data.jsonl, data.parquet or data.arrow
 * @example const aime = await data.math(await data.hub("AI-MO/aimo-validation-aime"), "AIME");
 */
export async function math(files: Files, name?: string): Promise<LoadedSet> {
  const rows = (await Array.fromAsync(rowsOf(files, readRows))).map(mathRow);
  return collectExamples(placeOf(files), rows, {
    prompt: { column: "problem", before: "Problem: ", after: "\nSolution: " },
    completion: { column: "answer", before: "\\boxed{", after: "}" },
    meta: Object.keys(MATH_KINDS).filter((kind) => rows.every(({ values }) => kind in values)),
    verify: verifyBoxed,
    name: name ?? [files].flat()[0]?.replace(/^.*[\\/]/u, "") ?? "",
  });
}

/**
 * HumanEval: a Python function to complete. A completion is right when it passes the tests in meta.test, run in the sandbox.
 * @throws as data.jsonl or data.parquet
 * @example const set = await data.humaneval(await data.hub("openai/openai_humaneval", { split: "test" }));
 */
export const humaneval = (files: Files): Promise<LoadedSet> =>
  collectExamples(placeOf(files), rowsOf(files, readRows), {
    prompt: "prompt",
    completion: "canonical_solution",
    id: "task_id",
    meta: ["entry_point", "test"],
    verify: verifyHumanEval,
    name: "HumanEval",
  });

/**
 * MBPP, whole or sanitized: a Python function for a sentence and its assertions. A completion is right when it passes them, run in the sandbox.
 * The hub's files are splits; the published ones (sanitized-mbpp.json, mbpp.jsonl) are whole, and task_ids 11 to 510 are for testing, 601 to 974 for
 * training.
 * @throws MBPP_INVALID a row without task, code or assertions; else as data.jsonl or data.parquet
 * @example const test = await data.mbpp(await data.hub("google-research-datasets/mbpp", { config: "sanitized", split: "test" }));
 */
export const mbpp = (files: Files): Promise<LoadedSet> =>
  collectExamples(placeOf(files), rowsOf(files, readMbpp), {
    prompt: "question",
    completion: "code",
    id: "id",
    meta: ["tests", "setup"],
    verify: verifyMbpp,
    name: "MBPP",
  });
