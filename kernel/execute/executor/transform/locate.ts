// Positions in the script back to positions in the cell, through both source maps. Decoded on first use: most cells never fail.
import { TraceMap, generatedPositionFor, originalPositionFor } from "@jridgewell/trace-mapping";
import type { SourceMapInput } from "@jridgewell/trace-mapping";

/** Line and column count from 1, as in stack traces; columns in UTF-16 units. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export type Locate = (line: number, column: number) => Position | undefined;

/** Lines that stand before the lowered code when it is rewritten. */
export const LINES_BEFORE = 1;

/** The lowered code, and where it came from. */
export interface Origin {
  readonly source: string;
  readonly lowered: string;
  readonly map: TraceMap;
}

/**
 * @param rewritten map of the script onto the lowered code with LINES_BEFORE lines before it
 * @param shift     characters put before the cell on its first line
 */
export function createLocate(rewritten: () => SourceMapInput, origin: Origin, shift: number): Locate {
  let map: TraceMap | undefined;
  return (line, column) => {
    map ??= new TraceMap(rewritten());
    const middle = originalPositionFor(map, { line, column: column - 1 });
    if (middle.line === null || middle.line <= LINES_BEFORE) return undefined;
    const found = fromLowered(origin, middle.line - LINES_BEFORE, middle.column);
    if (found === undefined) return undefined;
    return { line: found.line, column: Math.max(0, found.line === 1 ? found.column - shift : found.column) + 1 };
  };
}

/** @param column counts from 0, as in the result */
function fromLowered({ source, lowered, map }: Origin, line: number, column: number): Position | undefined {
  const token = originalPositionFor(map, { line, column });
  if (token.line === null) return undefined;
  const generated = generatedPositionFor(map, { line: token.line, column: token.column, source: token.source ?? "" });
  if (generated.line !== line || generated.column > column) return { line: token.line, column: token.column };
  // The map knows where tokens start; an error may point further (at the `=` of `a.b = 1`). Step on while both texts agree but for
  // blanks, which were printed anew.
  const printed = (lowered.split("\n", line)[line - 1] ?? "").slice(generated.column, column);
  const own = source.split("\n", token.line)[token.line - 1] ?? "";
  let at = token.column;
  for (const c of printed) {
    if (c === " " || c === "\t") continue;
    while (own[at] === " " || own[at] === "\t") at++;
    if (!own.startsWith(c, at)) return { line: token.line, column: token.column };
    at += c.length;
  }
  while (own[at] === " " || own[at] === "\t") at++;
  return { line: token.line, column: at };
}

/** @returns the offset in the source of an offset in the lowered code; 0 where the map is silent */
export function sourceOffset({ source, lowered, map }: Origin, at: number): number {
  const before = lowered.slice(0, at).split("\n");
  const { line, column } = originalPositionFor(map, { line: before.length, column: before.at(-1)?.length ?? 0 });
  if (line === null) return 0;
  let offset = 0;
  for (let n = 1; n < line; n++) offset = source.indexOf("\n", offset) + 1;
  return offset + column;
}
