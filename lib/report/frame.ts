// Rows of results as a Danfo DataFrame: what `.frame()` gives everywhere. Danfo is CommonJS and takes about a second to load, so it is
// loaded with the first frame; its tensors are ours (one tfjs-core), so `frame.tensor` goes into tf.* directly.
import { createRequire } from "node:module";
import type { DataFrame } from "danfojs-node";

export type { DataFrame } from "danfojs-node";

type Danfo = typeof import("danfojs-node");
/** A tidy row: one name, one plain value. Intervals take three columns (`x`, `x_low`, `x_high`). */
export type Row = Readonly<Record<string, string | number | boolean | null>>;

const load = createRequire(import.meta.url);

/**
 * @returns a frame with the columns in the order in which the rows first name them; a number that a row lacks is NaN, a text null
 * @example frameOf([{ model: "blank", accuracy: 0.5 }]).columns // ["model", "accuracy"]
 */
export function frameOf(rows: readonly Row[]): DataFrame {
  const danfo = load("danfojs-node") as Danfo;
  // Danfo cannot read the types of no rows.
  if (rows.length === 0) return new danfo.DataFrame();
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const columns = names.map((name) => {
    const numeric = rows.some((row) => typeof row[name] === "number");
    return [name, rows.map((row) => row[name] ?? (numeric ? Number.NaN : null))] as const;
  });
  return new danfo.DataFrame(Object.fromEntries(columns));
}
