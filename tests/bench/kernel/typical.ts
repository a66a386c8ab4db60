// Several runs of one benchmark as one: what each measured, at its median. Where one of them failed, all have.
import type { Result } from "./rows.ts";

/** @param runs the first has every section; the others those that were run again */
export function typical(runs: readonly [Result, ...Result[]]): Result {
  const errors: Record<string, string> = Object.assign({}, ...runs.map((run) => run.errors ?? {}));
  return { ...(merged(runs) as Result), errors };
}

function merged(values: readonly unknown[]): unknown {
  const [first] = values;
  const there = values.filter((value) => value !== undefined);
  if (there.includes(null)) return null;
  if (there.every((value) => typeof value === "number")) return median(there);
  if (there.every((value) => typeof value === "boolean")) return there.every(Boolean);
  if (typeof first !== "object" || first === null || Array.isArray(first)) return first;
  const objects = there as unknown[] as readonly Readonly<Record<string, unknown>>[];
  return Object.fromEntries(Object.keys(first).map((key) => [key, merged(objects.map((object) => object[key]))]));
}

/** Of an even number, the larger of the two in the middle: never one that was not measured. */
function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? NaN;
}
