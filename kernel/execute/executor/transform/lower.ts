// TypeScript and JSX to JavaScript that this V8 runs, with a source map, or the first syntax error at its place.
// oxc does it; only standard decorators and `accessor`, which neither oxc lowers nor Node 24 knows, go through TypeScript itself.
import { createRequire } from "node:module";
import { transformSync } from "oxc-transform";
import type { OxcError, TransformOptions } from "oxc-transform";
import type { SourceMapInput } from "@jridgewell/trace-mapping";
import type { CellSyntaxError } from "../transform.ts";

export interface Lowered {
  readonly code: string;
  readonly map: SourceMapInput;
}

export type LowerResult = Lowered | { readonly error: CellSyntaxError };

export function lower(source: string): LowerResult {
  const plain = lowerAs("ts", source);
  // `<` may open a cast or type parameters as well as JSX, which no one grammar tells apart: try both.
  if (!("error" in plain) || !source.includes("<")) return plain;
  const jsx = lowerAs("tsx", source);
  return "error" in jsx ? plain : jsx;
}

const CLASSIC_JSX = /@jsx\s+[\w.]+/;

function lowerAs(lang: "ts" | "tsx", source: string): LowerResult {
  const options: TransformOptions = {
    lang,
    sourceType: "module",
    target: "esnext",
    sourcemap: true,
    // What one cell imports and does not use is there for later cells.
    typescript: { onlyRemoveTypeImports: true },
  };
  if (lang === "tsx") options.jsx = { runtime: CLASSIC_JSX.test(source) ? "classic" : "automatic" };
  const { code, map, errors } = transformSync(`cell.${lang}`, source, options);
  const first = errors[0];
  if (first !== undefined) return { error: toSyntaxError(first, source) };
  return { code, map: map as SourceMapInput };
}

function toSyntaxError(error: OxcError, source: string): CellSyntaxError {
  // Of a redeclaration, the second label is the offending place. Labels count UTF-8 bytes.
  const label = error.labels.find((l) => l.message?.includes("redeclared")) ?? error.labels[0] ?? { start: 0, end: 0 };
  const bytes = Buffer.from(source);
  const before = bytes.subarray(0, label.start).toString().split("\n");
  const marked = bytes.subarray(label.start, label.end).toString().split("\n", 1)[0] ?? "";
  const hint = error.helpMessage === null ? "" : `. ${error.helpMessage}`;
  return {
    message: error.message + hint,
    line: before.length,
    column: (before.at(-1)?.length ?? 0) + 1,
    length: Math.max(1, marked.length),
  };
}

/** TypeScript takes 0.3 s to load, so the first cell that decorates something loads it. */
export function lowerDecorators(source: string): Lowered {
  const ts = createRequire(import.meta.url)("typescript") as typeof import("typescript");
  const { outputText, sourceMapText } = ts.transpileModule(source, {
    fileName: "cell.ts",
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      sourceMap: true,
      verbatimModuleSyntax: true,
      useDefineForClassFields: true,
    },
  });
  return {
    code: outputText.replace(/\/\/# sourceMappingURL=.*$/, ""),
    map: JSON.parse(sourceMapText ?? "null") as SourceMapInput,
  };
}
