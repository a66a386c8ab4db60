// Whether the executor's parser takes a text as a cell: the same readings in the same order as the transform's, by the same parser. What it
// refuses never runs, so it declares nothing.
import { createRequire } from "node:module";
import { expandMagics } from "../../lib/core/magics.ts";

type Parser = typeof import("oxc-parser");

let parser: Parser | undefined;

/** @returns whether the cell can start */
export function parses(cell: string): boolean {
  // Asked for the first time while the first cell runs: nobody waits for the load.
  parser ??= createRequire(import.meta.url)("oxc-parser") as Parser;
  const { parseSync } = parser;
  const isClean = (lang: "ts" | "tsx", text: string) =>
    parseSync(`cell.${lang}`, text, { lang, sourceType: "module", showSemanticErrors: true }).errors.length === 0;
  const code = expandMagics(cell.startsWith("#!") ? `//${cell.slice(2)}` : cell, (text) => isClean("ts", text));
  return isClean("ts", code) || isClean("ts", `(${code}\n)`) || (code.includes("<") && isClean("tsx", code));
}
