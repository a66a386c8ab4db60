// Which trials a sweep has: every combination of a grid's values, under every seed, each a complete JSON configuration with an id of its own.
import { createHash } from "node:crypto";
import { fault } from "../core/errors.ts";

export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };
export type Config = { readonly [name: string]: Json };
/** Paths into the configuration ("sft.learningRate") and the values they take. */
export type Grid = Readonly<Record<string, readonly Json[]>>;

export interface Planned {
  /** 16 hex digits of a hash of the trial and its configuration: equal trials are one. */
  readonly id: string;
  readonly config: Config;
  /** What of it varies over the sweep: a name of the grid, or "seed". */
  readonly varied: Readonly<Record<string, Json>>;
}

/** Sets a value at a path of names; objects on the way are made where they are missing. */
function withValue(config: Config, path: readonly string[], value: Json): Config {
  const [name = "", ...rest] = path;
  if (rest.length === 0) return { ...config, [name]: value };
  const inner = config[name] ?? {};
  if (typeof inner !== "object" || inner === null || Array.isArray(inner))
    throw fault("BAD_GRID", `"${path.join(".")}" leads into ${JSON.stringify(inner)}.`, "a path goes through objects.");
  return { ...config, [name]: withValue(inner as Config, rest, value) };
}

/** Keys in one order, so that equal configurations have one text. */
function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${(value as readonly Json[]).map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value as Config).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([name, inner]) => `${JSON.stringify(name)}:${canonical(inner)}`).join(",")}}`;
}

/**
 * Equal configurations, however they came about, are one trial.
 * @param trial what runs the configuration: part of the id, because another trial gives other results
 * @returns seeds vary fastest, the first name of the grid slowest
 * @throws BAD_GRID   a name without values, or a path through something that is no object; no seed
 * @throws SEED_REPEATED
 * @example planTrials("trial", { a: 1 }, { b: [2, 3] }, [0, 1]).map((p) => p.varied) // [{ b: 2, seed: 0 }, { b: 2, seed: 1 }, { b: 3, seed: 0 }, { b: 3, seed: 1 }]
 */
export function planTrials(trial: string, base: Config, grid: Grid, seeds: readonly (number | string)[]): Planned[] {
  const empty = Object.keys(grid).find((name) => grid[name]?.length === 0);
  if (empty !== undefined || seeds.length === 0)
    throw fault(
      "BAD_GRID",
      empty === undefined ? "there is no seed." : `"${empty}" has no values.`,
      "give every name of the grid, and seeds, at least one value.",
    );
  if (new Set(seeds).size !== seeds.length)
    throw fault("SEED_REPEATED", `seeds are ${seeds.join(", ")}.`, "a seed given twice is one observation.");
  const axes: readonly (readonly [string, readonly Json[]])[] = [...Object.entries(grid), ["seed", seeds]];
  const combined = axes.reduce<readonly { config: Config; varied: Record<string, Json> }[]>(
    (made, [name, values]) =>
      made.flatMap(({ config, varied }) =>
        values.map((value) => ({
          config: withValue(config, name.split("."), value),
          varied: { ...varied, [name]: value },
        })),
      ),
    [{ config: base, varied: {} }],
  );
  const planned = new Map<string, Planned>();
  for (const { config, varied } of combined) {
    const hash = createHash("sha256").update(`${trial}\n${canonical(config)}`);
    const id = hash.digest("hex").slice(0, 16);
    if (!planned.has(id)) planned.set(id, { id, config, varied });
  }
  return [...planned.values()];
}
