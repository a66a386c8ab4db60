// How an interval is read: the rules, fixed before any number is known. A prediction agrees or disagrees only when a whole interval lies on
// one side; where all that was compared stands at the floor or at the ceiling, no difference could have shown, and nothing is read.
import type { Interval } from "../core/table.ts";

/** A gap below this many accuracy points (as a fraction) counts as little. */
export const MARGIN = 0.05;
/** Accuracies at most this far from 0 or from 1 stand at the floor or at the ceiling. */
const NEAR = 0.05;

export type Verdict = "agrees" | "disagrees" | "undecided";

export interface Reading {
  readonly reading: Verdict;
  /** Why nothing could be read, or what the reading does not say; as words that follow a colon. */
  readonly why?: string;
}

/** An interval over seeds that keeps what each of them gave. */
export interface Measured extends Interval {
  readonly each?: readonly number[];
}

/** @returns on which side of a bound an interval lies as a whole */
export function above(interval: Interval, bound: number): Verdict {
  return interval.low > bound ? "agrees" : interval.high <= bound ? "disagrees" : "undecided";
}

/** As `above`, for the prediction that the interval lies below. */
export function below(interval: Interval, bound: number): Verdict {
  return interval.high < bound ? "agrees" : interval.low >= bound ? "disagrees" : "undecided";
}

/**
 * @returns the end at which all of the accuracies stand, if they do
 * @example endOf([{ value: 0.01, low: 0, high: 0.03 }, { value: 0, low: 0, high: 0.02 }]) // "floor"
 */
export function endOf(accuracies: readonly Interval[]): "floor" | "ceiling" | undefined {
  if (accuracies.every(({ value }) => value <= NEAR)) return "floor";
  return accuracies.every(({ value }) => value >= 1 - NEAR) ? "ceiling" : undefined;
}

/**
 * Difference of two estimates from different problems: half-widths add in quadrature, each arm with its own.
 * @example independentDifference({ value: 0.9, low: 0.87, high: 0.93 }, { value: 0.5, low: 0.46, high: 0.54 }).low // 0.35
 */
export function independentDifference(a: Interval, b: Interval): Interval {
  const value = a.value - b.value;
  return {
    value,
    low: value - Math.hypot(a.value - a.low, b.high - b.value),
    high: value + Math.hypot(a.high - a.value, b.value - b.low),
  };
}
