// Rows of a file as a set of examples: which columns are prompt and completion, how an answer is checked, and no example twice.
import { createHash } from "node:crypto";
import { fault } from "../core/errors.ts";
import { callable, checkOptions, either, listOf, required, type Rules, shaped, text } from "../core/options.ts";
import type { AnyVerify, Example, ExampleSet, Verify } from "./example.ts";
import type { Row } from "./json-lines.ts";
import { placeOf } from "./lines.ts";

/** A column's name, or a column with text around it (or that text alone). */
type TextOf = string | { readonly column?: string; readonly before?: string; readonly after?: string };

export interface ExampleColumns {
  /** What the model is given: a column's name, `{ before, column, after }` with text around it, or that text alone. */
  readonly prompt: TextOf;
  /** What it should answer, as `prompt`. */
  readonly completion: TextOf;
  /** Default: a hash of prompt and completion. */
  readonly id?: TextOf;
  /** Columns kept as meta; default none. */
  readonly meta?: readonly string[];
  /** Default: the completion is the reference's but for white space at its ends. */
  readonly verify?: AnyVerify;
  /** As it appears in tables; default: the file's name. */
  readonly name?: string;
}

const TEXT_OF = either(
  { ...text, may: "a column's name" },
  shaped<Exclude<TextOf, string>>({ before: text, column: text, after: text }),
);
const COLUMNS: Rules<ExampleColumns> = {
  prompt: required(TEXT_OF),
  completion: required(TEXT_OF),
  id: TEXT_OF,
  meta: listOf(text, 0),
  verify: callable,
  name: text,
};
/** @throws OPTION_UNKNOWN, OPTION_MISSING, OPTION_INVALID  before anything is read */
export const checkColumns = (what: string, columns: ExampleColumns): ExampleColumns =>
  checkOptions(what, columns, COLUMNS);

/** @returns the columns of a row that its example is made of */
export function columnNames({ prompt, completion, id, meta = [] }: ExampleColumns): string[] {
  const names = [prompt, completion, id].map((of) => (typeof of === "string" ? of : of?.column));
  return [...new Set([...names, ...meta])].filter((name) => name !== undefined);
}

export interface LoadedSet extends ExampleSet {
  /** Rows left out because an equal one (prompt and completion) came before. */
  readonly duplicates: number;
}

const sameText: Verify = (example, completion) => completion.trim() === example.completion.trim();

/** What was read so far, by id, and how many rows were left out because an equal one came before. */
export interface Seen {
  readonly contents: Map<string, string>;
  duplicates: number;
}

export const nothingSeen = (): Seen => ({ contents: new Map(), duplicates: 0 });

/**
 * Rows as examples, none twice.
 * @param path for messages
 * @param seen grows
 * @throws COLUMN_MISSING  a row lacks a named column, or has no text there
 * @throws DUPLICATE_ID    two different examples have one id
 */
export async function* toExamples(
  path: string,
  rows: AsyncIterable<Row> | Iterable<Row>,
  columns: ExampleColumns,
  seen: Seen,
): AsyncGenerator<Example> {
  for await (const row of rows) {
    const example = toExample(path, row, columns);
    const content = contentId(example.prompt, example.completion);
    const before = seen.contents.get(example.id);
    if (before === content) {
      seen.duplicates += 1;
      continue;
    }
    if (before !== undefined)
      throw fault(
        "DUPLICATE_ID",
        `${placeOf(path, row.line, 1)}: another example has the id ${example.id}.`,
        "name a column whose values differ as id, or leave id out.",
      );
    seen.contents.set(example.id, content);
    yield example;
  }
}

/**
 * @param path for messages, and as the set's name
 * @throws EMPTY_DATA  there are no rows; else as toExamples
 */
export async function collectExamples(
  path: string,
  rows: AsyncIterable<Row> | Iterable<Row>,
  columns: ExampleColumns,
): Promise<LoadedSet> {
  const seen = nothingSeen();
  const examples: Example[] = [];
  // Not Array.fromAsync: errors thrown under it do not know the cell that called.
  for await (const example of toExamples(path, rows, columns, seen)) examples.push(example);
  if (examples.length === 0) throw fault("EMPTY_DATA", `${path} has no rows.`, "check the file.");
  return { name: columns.name ?? nameOf(path), examples, duplicates: seen.duplicates, verify: verifyOf(columns) };
}

export const nameOf = (path: string) => path.replace(/^.*[\\/]/u, "");
export const verifyOf = ({ verify = sameText }: ExampleColumns): AnyVerify => verify;

function toExample(path: string, { values, line }: Row, columns: ExampleColumns): Example {
  const missing = (name: string, value: unknown) =>
    fault(
      "COLUMN_MISSING",
      `${placeOf(path, line, 1)}: column ${name} is ${JSON.stringify(value) ?? "not there"}.`,
      `the row has ${Object.keys(values).join(", ")}.`,
    );
  const text = (of: TextOf): string => {
    const { column, before = "", after = "" } = typeof of === "string" ? { column: of } : of;
    const value = column === undefined ? "" : values[column];
    if (typeof value === "string" || typeof value === "number") return `${before}${value}${after}`;
    throw missing(column as string, value);
  };
  const [prompt, completion] = [text(columns.prompt), text(columns.completion)];
  const meta = (columns.meta ?? []).map((name) => {
    const value = values[name];
    if (typeof value !== "string" && typeof value !== "number") throw missing(name, value);
    return [name, value] as const;
  });
  const id = columns.id === undefined ? contentId(prompt, completion) : text(columns.id);
  return { id, prompt, completion, meta: Object.fromEntries(meta) };
}

const contentId = (prompt: string, completion: string) =>
  createHash("sha256")
    .update(JSON.stringify([prompt, completion]))
    .digest("hex")
    .slice(0, 16);
