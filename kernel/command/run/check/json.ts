// Two JSON values of one output (a Plotly figure, a result): same structure, same texts, numbers within a relative tolerance. In a list
// of numbers the tolerance is relative to the largest of them: a curve that ends near zero is judged by the height it started from.
import { isRecord } from "../../../../lib/core/record.ts";
import { isClose, isSameText } from "./texts.ts";

export interface JsonDifference {
  /** Where, e.g. "data[0].y[3]". */
  readonly at: string;
  readonly stored: string;
  readonly now: string;
}

/** How a figure writes the numbers at its axes, and whether its marks may lie over them: looks, as colours are in a page. */
const LOOKS = new Set(["tickformat", "exponentformat", "cliponaxis"]);

/**
 * @returns the first difference, undefined when there is none
 * @example compareJson({ y: [1, 2] }, { y: [1, 2.1] }, 1e-3)?.at // "y[1]"
 */
export function compareJson(
  stored: unknown,
  now: unknown,
  tolerance: number,
  at = "",
  scale = 0,
): JsonDifference | undefined {
  if (typeof stored === "number" && typeof now === "number") {
    return isClose(stored, now, tolerance, scale) ? undefined : differs(at, stored, now);
  }
  if (typeof stored === "string" && typeof now === "string") {
    return isSameText(stored, now, tolerance) ? undefined : differs(at, stored, now);
  }
  if (Array.isArray(stored) && Array.isArray(now)) {
    if (stored.length !== now.length) return differs(`${at}.length`, stored.length, now.length);
    const height = Math.max(0, ...numbersOf(stored).map(Math.abs));
    return firstOf(stored, (held, i) => compareJson(held, now[i], tolerance, `${at}[${i}]`, height));
  }
  if (isRecord(stored) && isRecord(now)) {
    const names = [...new Set([...Object.keys(stored), ...Object.keys(now)])].filter((name) => !LOOKS.has(name));
    return firstOf(names, (name) =>
      compareJson(stored[name], now[name], tolerance, at === "" ? name : `${at}.${name}`),
    );
  }
  return Object.is(stored, now) ? undefined : differs(at, stored, now);
}

const numbersOf = (values: readonly unknown[]) => values.filter((value) => typeof value === "number").slice(0, 100_000);

function firstOf<T>(items: readonly T[], find: (item: T, index: number) => JsonDifference | undefined) {
  for (const [index, item] of items.entries()) {
    const found = find(item, index);
    if (found) return found;
  }
  return undefined;
}

function differs(at: string, stored: unknown, now: unknown): JsonDifference {
  const text = (value: unknown) => (value === undefined ? "nothing" : (JSON.stringify(value) ?? "nothing"));
  return { at, stored: text(stored), now: text(now) };
}
