// One curve measured with several seeds: every seed as a faint line, their mean over it, and Student's interval of the mean as its band.
import { fault } from "../../core/errors.ts";
import { overSeeds } from "../../eval/seeds.ts";
import type { Series } from "./spec.ts";

/** Below this an interval over seeds means nothing. */
const FEWEST = 4;

/** @returns what a chart that has such series must say under it */
export function seedsNote(counts: readonly number[]): string {
  const few = counts.some((n) => n < FEWEST) ? " No band: an interval needs four seeds." : "";
  const band = counts.some((n) => n >= FEWEST) ? ", band: its 95 % interval over seeds (Student's)" : "";
  return `Faint: single seeds (${[...new Set(counts)].join(", ")}). Bold: their mean${band}.${few}`;
}

/**
 * @param x shared by all seeds; where seeds are of different lengths only the part that all have gets a mean
 * @throws BAD_SEEDS no seed at all
 */
export function seedSeries(
  name: string,
  seeds: readonly ArrayLike<number>[],
  x: ArrayLike<number> | undefined,
  colour: number,
): Series[] {
  if (seeds.length === 0)
    throw fault("BAD_SEEDS", `“${name}” has no seeds.`, "give one list of values per seed: seeds: [[…], […]].");
  const place = (i: number): number => x?.[i] ?? i + 1;
  const shared = Math.min(...seeds.map((values) => values.length));
  const at = Array.from({ length: shared }, (_, i) => {
    const values = seeds.map((seed) => seed[i] as number);
    if (values.length >= FEWEST && values.every(Number.isFinite)) return overSeeds(values);
    const value = values.reduce((a, b) => a + b, 0) / values.length;
    return { value, low: Number.NaN, high: Number.NaN };
  });
  const common = { mark: "line" as const, colour };
  const single = seeds.map((values, i): Series => {
    const y = Array.from(values);
    return { ...common, name: `${name}, seed ${i + 1}`, faint: true, x: y.map((_, j) => place(j)), y };
  });
  const mean: Series = {
    ...common,
    name,
    x: at.map((_, i) => place(i)),
    y: at.map((p) => p.value),
    ...(seeds.length >= FEWEST ? { low: at.map((p) => p.low), high: at.map((p) => p.high) } : {}),
  };
  return [...single, mean];
}
