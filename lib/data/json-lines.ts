// JSON Lines: one object per line. What is wrong is said with file, line and column.
import { fault } from "../core/errors.ts";
import { jsonErrorAt } from "./json-position.ts";
import { placeOf, readLines } from "./lines.ts";

/** A row of a data file and where it stands. */
export interface Row {
  readonly values: Readonly<Record<string, unknown>>;
  /** 1-based line of the file on which it begins. */
  readonly line: number;
}

/**
 * Rows of a .jsonl or .jsonl.gz file; empty lines are skipped.
 * @throws JSONL_INVALID  a line is not JSON, or is not an object
 * @throws DATA_MISSING, LINE_TOO_LONG, NOT_UTF8, GZIP_DAMAGED  see readLines
 */
export async function* readJsonLines(path: string, maxLineBytes?: number): AsyncGenerator<Row> {
  for await (const { text, number } of readLines(path, maxLineBytes)) {
    if (text.trim() === "") continue;
    const bad = (column: number, fact: string, cause?: unknown) =>
      fault("JSONL_INVALID", `${placeOf(path, number, column)}: ${fact}`, "every line is one JSON object.", cause);
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      const at = jsonErrorAt(text);
      const found = at < text.length ? `unexpected ${JSON.stringify(text[at])}.` : "the line ends too early.";
      throw bad(at + 1, found, error);
    }
    if (typeof value !== "object" || value === null || Array.isArray(value))
      throw bad(1, "the line is no JSON object.");
    yield { values: value as Row["values"], line: number };
  }
}
