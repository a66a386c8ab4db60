// Intervals of accuracies in words, the same in tables and sentences.
import type { Interval } from "../core/table.ts";

/** @example percent(0.934) // "93.4 %" @example percent(0.000278) // "0.028 %" */
export function percent(fraction: number): string {
  const value = fraction * 100;
  return `${Math.abs(value) >= 0.1 || value === 0 ? value.toFixed(1) : Number(value.toPrecision(2)).toString()} %`;
}

/** How sure an interval is. @example level(0.9) // "90 %" */
export const level = (confidence = 0.95): string => `${Number((confidence * 100).toPrecision(6))} %`;

/** Of one problem, or of fewer than four seeds, there are no ends. */
const ends = ({ low, high }: Interval, between: string, write: (v: number) => string): string =>
  Number.isNaN(low) || Number.isNaN(high) ? "(no interval)" : `(${write(low)}${between}${write(high)})`;

/** Differences are said in points, with their sign. */
export function points(interval: Interval): string {
  const write = (v: number): string => `${v < 0 ? "−" : "+"}${Math.abs(v * 100).toFixed(1)}`;
  return `${write(interval.value)} points ${ends(interval, " to ", write)}`;
}

/** @example share({ value: 0.934, low: 0.91, high: 0.954 }) // "93.4 % (91.0–95.4)" */
export function share(interval: Interval): string {
  return `${percent(interval.value)} ${ends(interval, "–", (v) => (v * 100).toFixed(1))}`;
}

/**
 * Quantities that are no shares: three significant digits.
 * @example figures({ value: 0.51234, low: 0.4, high: 0.6 }) // "0.512 (0.400 to 0.600)"
 */
export function figures(interval: Interval): string {
  const write = (v: number): string => v.toPrecision(3).replace(/^-/, "−");
  return `${write(interval.value)} ${ends(interval, " to ", write)}`;
}

/** @example listed(["a", "b", "c"]) // "a, b and c" */
export function listed(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}
