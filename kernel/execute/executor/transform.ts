// A cell's source becomes the script that V8 evaluates in REPL mode. Pure: no files, no state between cells.
//
// Two steps: `lower` erases TypeScript (enums, namespaces, parameter properties and JSX become code), `rewrite` turns what reads as a
// module into a script of the REPL: every top-level binding becomes a `let` (the one kind that later cells may redeclare as anything,
// at full speed), functions are hoisted, imports become awaited calls of the kernel's importer. Cells are strict code, as modules are.
// Not done here: running, finding modules, checking types. `const` is not enforced at run time; the type checker reports it.
import { TraceMap } from "@jridgewell/trace-mapping";
import { parseSync } from "oxc-parser";
import { MAX_DEPTH, tooDeepAt } from "../../../lib/core/depth.ts";
import { expandMagics, insteadOf } from "../../../lib/core/magics.ts";
import { isBrowserCell, moduleOf } from "../../../lib/core/module-cells.ts";
import { needsDecorators } from "./transform/bindings.ts";
import { endsInResult } from "./transform/ending.ts";
import { LINES_BEFORE, createLocate, sourceOffset } from "./transform/locate.ts";
import type { Locate } from "./transform/locate.ts";
import { lower, lowerDecorators } from "./transform/lower.ts";
import type { Lowered } from "./transform/lower.ts";
import { type Live, NOTHING_LIVE } from "./transform/references.ts";
import { IMPORTER, rewrite, withLead } from "./transform/rewrite.ts";

export type { Locate, Position } from "./transform/locate.ts";
export { IMPORTER } from "./transform/rewrite.ts";

export interface CellScript {
  /** For `Runtime.evaluate` with replMode and awaitPromise. */
  readonly code: string;
  /** Whether the completion value is the cell's result: false after a trailing semicolon or when the cell ends in a statement. */
  readonly hasResult: boolean;
  /** The names this cell declares for later cells. */
  readonly names: readonly string[];
  /** Specifiers of static imports, in source order. */
  readonly imports: readonly string[];
  /** From a position in `code`, as in a stack trace, to the cell's own; undefined in what was added here. */
  readonly locate: Locate;
}

/** A syntax error at its place in the cell: line and column count from 1, column and length in UTF-16 units. */
export interface CellSyntaxError {
  readonly message: string;
  readonly line: number;
  readonly column: number;
  readonly length: number;
}

export type TransformedCell = CellScript | { readonly error: CellSyntaxError };

/**
 * @param live what earlier cells imported from the user's own files
 * @returns the script, or the first syntax error; never throws. A few early errors (a bad regular expression) are left to V8,
 *   whose position `locate` maps.
 * @example transformCell("const a: number = 1\na + 1").code // '"use strict";\n\nlet a = 1;\na + 1;\n'
 */
export function transformCell(cell: string, live: Live = NOTHING_LIVE): TransformedCell {
  if (isBrowserCell(cell)) return { error: BROWSER };
  const deep = tooDeepAt(cell);
  if (deep !== undefined) return { error: errorAt(cell, deep, TOO_DEEP) };
  const module = moduleOf(cell);
  if (module !== undefined) return moduleScript(module, cell);
  // A hashbang may stand only in front, where something will be put; as a comment it has the same length.
  const source = expandMagics(cell.startsWith("#!") ? `//${cell.slice(2)}` : cell, isWhole);
  // A cell that reads as an object literal is one, as in Node's own REPL; a trailing semicolon makes it a block.
  if (OPENS_WITH_BRACE.test(source)) {
    const literal = lower(`(${source}\n)`);
    if (!("error" in literal)) return finish(`(${source}\n)`, literal, 1, live);
  }
  const lowered = lower(source);
  return "error" in lowered ? { error: named(lowered.error, source) } : finish(source, lowered, 0, live);
}

/** A line that only looks like a magic says so, at its beginning. */
function named(error: CellSyntaxError, source: string): CellSyntaxError {
  const [magic] = /^%%?[A-Za-z]\w*/.exec(source.split("\n")[error.line - 1] ?? "") ?? [];
  if (magic === undefined || error.column > magic.length + 1) return error;
  return {
    message: `${magic} is not a magic here${insteadOf(magic)}. %help lists them`,
    line: error.line,
    column: 1,
    length: magic.length,
  };
}

const BROWSER: CellSyntaxError = {
  message: "@browser cells are not run: a cell that begins with %%javascript runs in the page",
  line: 1,
  column: 1,
  length: 1,
};

const TOO_DEEP = `More than ${MAX_DEPTH} levels are nested here. Data of this depth is for JSON.parse`;

/** It runs when a cell imports it. */
function moduleScript(name: string, cell: string): TransformedCell {
  const lowered = lower(cell);
  if ("error" in lowered) return lowered;
  return {
    code: `"use strict";\n${IMPORTER}.define(${JSON.stringify(name)}, ${JSON.stringify(cell)});`,
    hasResult: false,
    names: [],
    imports: [],
    locate: () => undefined,
  };
}

function errorAt(source: string, offset: number, message: string): CellSyntaxError {
  const before = source.slice(0, offset).split("\n");
  return { message, line: before.length, column: (before.at(-1)?.length ?? 0) + 1, length: 1 };
}

function isWhole(text: string): boolean {
  return parseSync("cell.ts", text, { lang: "ts", sourceType: "module" }).errors.length === 0;
}

const OPENS_WITH_BRACE = /^(?:\s|\/\/[^\n]*\n|\/\*(?:[^*]|\*(?!\/))*\*\/)*\{/;
const MAY_DECORATE = /@|\baccessor\b/;

/** @param shift characters put before the cell on its first line */
function finish(source: string, plain: Lowered, shift: number, live: Live): TransformedCell {
  let lowered = plain;
  let code = withLead(lowered.code);
  let parsed = parseSync("cell.js", code, { lang: "js", sourceType: "module" });
  if (MAY_DECORATE.test(code) && needsDecorators(parsed.program.body)) {
    lowered = lowerDecorators(source);
    code = withLead(lowered.code);
    parsed = parseSync("cell.js", code, { lang: "js", sourceType: "module" });
  }
  const origin = { source, lowered: lowered.code, map: new TraceMap(lowered.map) };
  const [wrong] = parsed.errors;
  // TypeScript's grammar takes more than JavaScript's: an `import` or `export` in a block.
  if (wrong)
    return {
      error: errorAt(
        source.slice(shift),
        sourceOffset(origin, (wrong.labels[0]?.start ?? 0) - LINES_BEFORE) - shift,
        wrong.message.replace("of a module", "of a cell"),
      ),
    };
  const script = rewrite(code, parsed, live);
  const from = script.resultAt === undefined ? undefined : sourceOffset(origin, script.resultAt - LINES_BEFORE);
  return {
    code: script.code,
    hasResult: from !== undefined && endsInResult(source, from),
    names: script.names,
    imports: script.imports,
    locate: createLocate(script.map, origin, shift),
  };
}
