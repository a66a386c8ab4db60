// Positions in the script back to positions in the cell, through both source maps. Decoded on first use: most cells never fail.
import { TraceMap, originalPositionFor } from "@jridgewell/trace-mapping";
import type { SourceMapInput } from "@jridgewell/trace-mapping";

/** Line and column count from 1, as in stack traces; columns in UTF-16 units. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export type Locate = (line: number, column: number) => Position | undefined;

/** Lines that stand before the lowered code when it is rewritten. */
export const LINES_BEFORE = 1;

/**
 * @param rewritten map of the script onto the lowered code with LINES_BEFORE lines before it
 * @param lowered   map of the lowered code onto the source
 * @param shift     characters put before the cell on its first line
 */
export function createLocate(rewritten: () => SourceMapInput, lowered: TraceMap, shift: number): Locate {
  let map: TraceMap | undefined;
  return (line, column) => {
    map ??= new TraceMap(rewritten());
    const middle = originalPositionFor(map, { line, column: column - 1 });
    if (middle.line === null || middle.line <= LINES_BEFORE) return undefined;
    const original = originalPositionFor(lowered, { line: middle.line - LINES_BEFORE, column: middle.column });
    if (original.line === null) return undefined;
    const at = original.line === 1 ? original.column - shift : original.column;
    return { line: original.line, column: Math.max(0, at) + 1 };
  };
}

/** @returns the offset in the source of an offset in the lowered code; 0 where the map is silent */
export function sourceOffset(source: string, lowered: string, at: number, map: TraceMap): number {
  const before = lowered.slice(0, at).split("\n");
  const { line, column } = originalPositionFor(map, { line: before.length, column: before.at(-1)?.length ?? 0 });
  if (line === null) return 0;
  let offset = 0;
  for (let n = 1; n < line; n++) offset = source.indexOf("\n", offset) + 1;
  return offset + column;
}
