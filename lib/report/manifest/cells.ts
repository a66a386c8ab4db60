// The cells of this process as a manifest names them: by count and hash. A cell is known by its code alone: a changed one is another.
import { createHash } from "node:crypto";

export interface CellRecord {
  readonly executionCount: number;
  /** Of its source. */
  readonly sha256: string;
}

export function cellRecords(cells: readonly { readonly count: number; readonly source: string }[]): CellRecord[] {
  return cells.map(({ count, source }) => ({
    executionCount: count,
    sha256: createHash("sha256").update(source).digest("hex"),
  }));
}

/**
 * @returns a sentence for each run of code that had run before
 * @example repeatedCells([{ executionCount: 2, sha256: "a" }, { executionCount: 5, sha256: "a" }]) // ["[5] ran the code of [2] again"]
 */
export function repeatedCells(cells: readonly CellRecord[]): string[] {
  const first = new Map<string, number>();
  return cells.flatMap(({ executionCount, sha256 }) => {
    const before = first.get(sha256);
    if (before === undefined) first.set(sha256, executionCount);
    return before === undefined ? [] : [`[${executionCount}] ran the code of [${before}] again`];
  });
}
