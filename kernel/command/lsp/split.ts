// The cells of a notebook that comes as one text, as JupyterLab's language server extension sends it: two empty lines stand between cells,
// and may stand inside of one. So a piece with an open bracket, comment or template goes on in the next, if that closes it; pieces that are
// whole are cells of their own, whether or not they were one.
import { parseSync } from "oxc-parser";
import { expandMagics } from "../../../lib/core/magics.ts";

export interface Piece {
  readonly text: string;
  /** Where it begins, in UTF-16 units; always a line's beginning. */
  readonly start: number;
}

const BETWEEN = "\n\n\n";
/** Empty lines in one cell: more pieces than this are not put together. */
const MAX_JOINED = 12;

export function piecesOf(text: string): Piece[] {
  const parts = text.split(BETWEEN);
  const pieces: Piece[] = [];
  let start = 0;
  for (let i = 0; i < parts.length;) {
    const count = joinedFrom(parts, i);
    const piece = parts.slice(i, i + count).join(BETWEEN);
    pieces.push({ text: piece, start });
    start += piece.length + BETWEEN.length;
    i += count;
  }
  return pieces;
}

/** @returns how many parts make one piece */
function joinedFrom(parts: readonly string[], first: number): number {
  if (!isOpen(parts[first] ?? "")) return 1;
  for (let count = 2; count <= MAX_JOINED && first + count <= parts.length; count++)
    if (errorsOf(parts.slice(first, first + count).join(BETWEEN)).length === 0) return count;
  return 1;
}

function isOpen(text: string): boolean {
  return errorsOf(text).some((message) => /Expected `[)\]}]`.*EOF|^Unterminated/.test(message));
}

function errorsOf(text: string): string[] {
  const errors = (code: string, lang: "ts" | "tsx") =>
    parseSync(`cell.${lang}`, code, { lang, sourceType: "module" }).errors.map(({ message }) => message);
  const code = expandMagics(text, (before) => errors(before, "ts").length === 0);
  const plain = errors(code, "ts");
  return plain.length > 0 && code.includes("<") && errors(code, "tsx").length === 0 ? [] : plain;
}
