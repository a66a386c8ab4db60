// The same columns per group: how many values, their mean with its interval. Student's interval for numbers (from four values on), Wilson's for
// booleans.
import type { Interval } from "../../core/table.ts";
import { overSeeds } from "../../eval/seeds.ts";
import { wilson } from "../../eval/rate.ts";

export interface GroupSummary {
  /** The group's value of each column that groups. */
  readonly by: Readonly<Record<string, unknown>>;
  readonly rows: number;
  /** Column -> mean with interval, and how many values it is over. */
  readonly means: Readonly<Record<string, { readonly mean: Interval; readonly count: number }>>;
}

/** Below this Student's interval is too wide to say anything. */
const FEWEST = 4;

function meanOf(values: readonly number[], isShare: boolean, confidence: number): Interval {
  const n = values.length;
  const sum = values.reduce((a, b) => a + b, 0);
  const none = { value: n === 0 ? Number.NaN : sum / n, low: Number.NaN, high: Number.NaN };
  if (n === 0) return none;
  if (isShare) return wilson(sum, n, confidence);
  return n < FEWEST ? none : overSeeds(values, confidence);
}

/**
 * @param keys the columns that group
 * @param columns the columns that are summarized: numbers or booleans (NaN and null are left out)
 */
export function summarizeGroups(
  keys: readonly (readonly [string, ArrayLike<unknown>])[],
  columns: readonly (readonly [string, ArrayLike<unknown>, "number" | "boolean"])[],
  confidence: number,
): GroupSummary[] {
  const groups = new Map<string, { by: Record<string, unknown>; rows: number; values: number[][] }>();
  const count = keys[0]?.[1].length ?? 0;
  for (let r = 0; r < count; r++) {
    let id = "";
    for (const [, values] of keys) id += `${typeof values[r]}:${String(values[r])}\u0000`;
    let group = groups.get(id);
    if (!group) {
      const by = Object.fromEntries(keys.map(([name, values]) => [name, values[r]]));
      groups.set(id, (group = { by, rows: 0, values: columns.map(() => []) }));
    }
    group.rows++;
    for (let c = 0; c < columns.length; c++) {
      const value = columns[c]?.[1][r];
      if (value !== null && value !== undefined && !Number.isNaN(value)) group.values[c]?.push(Number(value));
    }
  }
  return [...groups.values()].map(({ by, rows, values }) => ({
    by,
    rows,
    means: Object.fromEntries(
      columns.map(([name, , type], c) => {
        const own = values[c] ?? [];
        return [name, { mean: meanOf(own, type === "boolean", confidence), count: own.length }];
      }),
    ),
  }));
}
