// Comma-separated values as RFC 4180 has them: the first row names the columns, quotes may hold commas, line ends and doubled quotes.
// Every value is text; nothing is guessed to be a number or a date.
import { fault } from "../core/errors.ts";
import type { Row } from "./json-lines.ts";
import { placeOf, readLines } from "./lines.ts";

/**
 * @param delimiter one character; tab for .tsv
 * @throws CSV_INVALID  text beside quotes, an open quote at the end, a row of another length, or a column name twice
 * @throws DATA_MISSING, LINE_TOO_LONG, NOT_UTF8, GZIP_DAMAGED  see readLines
 */
export async function* readCsv(path: string, delimiter = path.includes(".tsv") ? "\t" : ","): AsyncGenerator<Row> {
  let names: readonly string[] | undefined;
  for await (const { fields, line } of readRecords(path, delimiter)) {
    if (fields.length === 1 && fields[0] === "") continue;
    const bad = (fact: string) =>
      fault("CSV_INVALID", `${placeOf(path, line, 1)}: ${fact}`, "quote values that hold commas, quotes or line ends.");
    if (!names) {
      names = fields;
      if (new Set(names).size < names.length) throw bad(`a column name stands twice in ${names.join(", ")}.`);
      continue;
    }
    if (fields.length !== names.length) throw bad(`${fields.length} values for ${names.length} columns.`);
    yield { values: Object.fromEntries(names.map((name, i) => [name, fields[i]])), line };
  }
}

interface Fields {
  readonly fields: readonly string[];
  readonly line: number;
}

async function* readRecords(path: string, delimiter: string): AsyncGenerator<Fields> {
  let fields: string[] = [];
  /** The value in open quotes, across lines. */
  let quoted: string | undefined;
  let first = 0;
  for await (const { text, number } of readLines(path)) {
    const bad = (at: number, fact: string) =>
      fault("CSV_INVALID", `${placeOf(path, number, at + 1)}: ${fact}`, "double the quotes inside a quoted value.");
    if (quoted === undefined) first = number;
    else quoted += "\n";
    let at = 0;
    for (;;) {
      if (quoted === undefined) {
        if (text[at] === '"') {
          quoted = "";
          at += 1;
          continue;
        }
        const end = text.indexOf(delimiter, at);
        const value = text.slice(at, end < 0 ? undefined : end);
        if (value.includes('"')) throw bad(at + value.indexOf('"'), "a quote inside a value without quotes.");
        fields.push(value);
        if (end < 0) break;
        at = end + 1;
        continue;
      }
      const end = text.indexOf('"', at);
      quoted += text.slice(at, end < 0 ? undefined : end);
      if (end < 0) break;
      if (text[end + 1] === '"') {
        quoted += '"';
        at = end + 2;
        continue;
      }
      fields.push(quoted);
      quoted = undefined;
      at = end + 1;
      if (at === text.length) break;
      if (text[at] !== delimiter) throw bad(at, "text after a closing quote.");
      at += 1;
    }
    if (quoted !== undefined) continue;
    yield { fields, line: first };
    fields = [];
  }
  if (quoted !== undefined)
    throw fault("CSV_INVALID", `${placeOf(path, first, 1)}: a quote is never closed.`, "close it.");
}
