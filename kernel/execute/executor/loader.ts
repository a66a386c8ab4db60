// The user's own TypeScript and JSX files, compiled as Node loads them: Node itself only erases types, and knows neither enums and
// parameter properties nor .tsx. What can be erased is erased in place; the rest is compiled, and stack traces are mapped back.
import { readFileSync } from "node:fs";
import { createRequire, stripTypeScriptTypes, type LoadHookSync } from "node:module";
import { fileURLToPath } from "node:url";
import { fault } from "../../../lib/core/errors.ts";
import { rememberFile, SOURCE_MARK } from "./sources.ts";

const TYPED = /\.(?:ts|mts|tsx|jsx)$/;

/**
 * @param text of a file that is not on disk
 * @returns undefined for files that Node loads by itself
 */
export const loadTyped = (url: string, text?: string): ReturnType<LoadHookSync> | undefined => {
  const file = url.replace(/\?.*$/, "");
  if (!file.startsWith("file:") || file.includes("/node_modules/") || !TYPED.test(file)) return undefined;
  const source = text ?? readFileSync(fileURLToPath(file), "utf8");
  return {
    format: "module",
    shortCircuit: true,
    source: `${file.endsWith("x") ? compiled(url, source) : erased(url, source)}\n${SOURCE_MARK}`,
  };
};

function erased(url: string, source: string): string {
  try {
    return stripTypeScriptTypes(source, { mode: "strip" });
  } catch (error) {
    // Types with a run-time side; anything else wrong is reported by the compiler, at its place.
    if ((error as NodeJS.ErrnoException).code?.startsWith("ERR_")) return compiled(url, source);
    throw error;
  }
}

function compiled(url: string, source: string): string {
  // oxc takes a while to load; most notebooks import no such file.
  const load = createRequire(import.meta.url);
  const { transformSync } = load("oxc-transform") as typeof import("oxc-transform");
  const { TraceMap, originalPositionFor } = load(
    "@jridgewell/trace-mapping",
  ) as typeof import("@jridgewell/trace-mapping");
  const path = fileURLToPath(url.replace(/\?.*$/, ""));
  const { code, map, errors } = transformSync(path, source, { target: "esnext", sourcemap: true });
  const first = errors[0];
  if (first) {
    const before = Buffer.from(source)
      .subarray(0, first.labels[0]?.start ?? 0)
      .toString()
      .split("\n");
    throw fault(
      "SYNTAX_ERROR",
      `${path}:${before.length}:${(before.at(-1)?.length ?? 0) + 1}: ${first.message}`,
      first.helpMessage ?? "the file does not parse.",
    );
  }
  let trace: InstanceType<typeof TraceMap> | undefined;
  rememberFile(url, source, (line, column) => {
    trace ??= new TraceMap(JSON.stringify(map));
    const at = originalPositionFor(trace, { line, column: column - 1 });
    return at.line === null ? undefined : { line: at.line, column: at.column + 1 };
  });
  return code;
}
