// Arrow's Vector, one column of a table: its values, not how they lie in memory.
import type { MimeBundle } from "../../../lib/core/host.ts";
import { tableBundle } from "../../../lib/core/table.ts";

interface VectorLike {
  readonly type: { toString(): string };
  readonly length: number;
  readonly numChildren: number;
  readonly data: readonly unknown[];
  get(row: number): unknown;
}

function isVector(value: object): value is VectorLike {
  const { type, length, numChildren, data, get } = value as Partial<VectorLike>;
  return (
    typeof type === "object" &&
    typeof length === "number" &&
    typeof numChildren === "number" &&
    Array.isArray(data) &&
    typeof get === "function" &&
    typeof (value as { toArray?: unknown }).toArray === "function"
  );
}

export function vectorBundleOf(value: object): MimeBundle | undefined {
  if (!isVector(value)) return undefined;
  return tableBundle({
    columns: [{ name: "value", type: String(value.type) }],
    rowCount: value.length,
    cell: (row) => value.get(row),
  });
}
