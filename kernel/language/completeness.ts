// Whether a text is a whole cell, for consoles that ask after each line. Asked of a parser, not of a bracket counter; oxc's, because
// it loads in milliseconds where TypeScript needs a third of a second.
import type { OxcError } from "oxc-parser";
import { tooDeepAt } from "../../lib/core/depth.ts";
import { expandMagics } from "../../lib/core/magics.ts";

export interface Completeness {
  readonly status: "complete" | "incomplete" | "invalid" | "unknown";
  /** For the next line, when incomplete. */
  readonly indent: string;
}

export async function completeness(cell: string): Promise<Completeness> {
  if (tooDeepAt(cell) !== undefined) return { status: "unknown", indent: "" };
  const { parseSync } = await import("oxc-parser");
  const errorsAs = (lang: "ts" | "tsx", text: string) =>
    parseSync(`cell.${lang}`, text, { lang, sourceType: "module" }).errors;
  const code = expandMagics(cell, (text) => errorsAs("ts", text).length === 0);
  // `{ a: 1 }` is an object in a cell.
  const readings = [
    errorsAs("ts", code),
    ...(code.includes("<") ? [errorsAs("tsx", code)] : []),
    errorsAs("ts", `(${code}\n)`),
  ];
  if (readings.some((errors) => errors.length === 0)) return { status: "complete", indent: "" };
  const plain = readings.slice(0, -1);
  if (plain.some(([first]) => first !== undefined && isUnfinished(first, code)))
    return { status: "incomplete", indent: indentAfter(code) };
  return { status: "invalid", indent: "" };
}

/** More text can mend an error at the very end, and an open template or comment, but nothing else. */
function isUnfinished(error: OxcError, code: string): boolean {
  const label = error.labels[0];
  if (label === undefined) return false;
  if (error.message.startsWith("Unterminated multiline comment")) return true;
  if (error.message.startsWith("Unterminated string")) return /[`}]/.test(code[label.start] ?? "");
  const end = code.trimEnd().length;
  return label.start >= end || (error.message.startsWith("Missing initializer") && label.end >= end);
}

function indentAfter(code: string): string {
  const line = code.trimEnd().split("\n").at(-1) ?? "";
  const own = /^[ \t]*/.exec(line)?.[0] ?? "";
  return /(?:[{[(]|=>|[=:])$/.test(line) ? `${own}  ` : own;
}
