// How numbers are written in a table: one number of decimals per column, so that digits stand under each other and none of them
// pretends. A plain column keeps about four significant digits; an interval column as many as its intervals leave meaningful.

/** An estimate with its interval; the interval need not be symmetric. */
export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

const MAX_DECIMALS = 6;
/** Beyond these a column is written with exponents. */
const LARGEST = 1e15;
const SMALLEST = 1e-4;

export function isInterval(value: unknown): value is Interval {
  if (typeof value !== "object" || value === null) return false;
  const { value: mean, low, high } = value as Partial<Record<keyof Interval, unknown>>;
  return typeof mean === "number" && typeof low === "number" && typeof high === "number";
}

/** Digits after the point in the shortest form of a float32-rounded value: 0.1 stored as float32 counts as one digit. */
function decimalsOf(value: number): number {
  const [mantissa = "", exponent = "0"] = Math.abs(Number(value.toPrecision(7)))
    .toExponential()
    .split("e");
  return Math.max(0, mantissa.replace(/^\d\.?/, "").length - Number(exponent));
}

const magnitude = (value: number): number => Math.floor(Math.log10(Math.abs(value)));

/** Finite numbers only; "NaN", "∞" and "−∞" are written in words by `numberText`. */
const special = (value: number): string => (Number.isNaN(value) ? "NaN" : value > 0 ? "∞" : "−∞");

/** A typographic minus: as wide as a digit, and a line never breaks behind it. */
const minus = (text: string): string => text.replace(/^-/, "−");

/**
 * @param values the numbers of one column that will be shown
 * @returns how to write each of them
 * @example [1.25, 10, 0.031].map(numberFormat([1.25, 10, 0.031])) // ["1.250", "10.000", "0.031"]
 * @example [3, -20].map(numberFormat([3, -20])) // ["3", "−20"]
 */
export function numberFormat(values: readonly number[]): (value: number) => string {
  const sizes = values.filter((v) => Number.isFinite(v) && v !== 0).map(Math.abs);
  if (sizes.length === 0) return (v) => (Number.isFinite(v) ? "0" : special(v));
  const largest = Math.max(...sizes);
  const smallest = Math.min(...sizes);
  if (largest >= LARGEST || largest < SMALLEST) {
    return (v) =>
      Number.isFinite(v) ? minus(Number(v.toPrecision(4)).toExponential().replace("e+", "e")) : special(v);
  }
  // Four significant digits of the largest, at least two of the smallest, none that the data do not have.
  const wanted = Math.max(3 - magnitude(largest), Math.min(1 - magnitude(smallest), MAX_DECIMALS), 0);
  const decimals = Math.min(wanted, Math.max(...sizes.map(decimalsOf)));
  return (v) => (Number.isFinite(v) ? minus(v.toFixed(decimals)) : special(v));
}

export interface IntervalText {
  /** "0.873" */
  readonly value: string;
  /** "± 0.021", or "[0.851, 0.890]" in a column with lopsided intervals */
  readonly spread: string;
}

/**
 * @param intervals the cells of one column that will be shown
 * @returns how to write each of them: two significant digits of the widest half-width decide the decimals of all
 * @example intervalFormat([{ value: 0.8731, low: 0.852, high: 0.894 }])({ value: 0.8731, low: 0.852, high: 0.894 }) // { value: "0.873", spread: "± 0.021" }
 */
export function intervalFormat(intervals: readonly Interval[]): (cell: Interval) => IntervalText {
  const halves = intervals.map((c) => (c.high - c.low) / 2).filter((h) => Number.isFinite(h) && h > 0);
  const widest = halves.length > 0 ? Math.max(...halves) : 0;
  const plain = numberFormat(intervals.map((c) => c.value));
  const decimals = Math.min(MAX_DECIMALS, Math.max(0, 1 - magnitude(widest)));
  const write = (v: number): string => (!Number.isFinite(v) || widest === 0 ? plain(v) : minus(v.toFixed(decimals)));
  // ± is honest only where both arms are (nearly) equal; one lopsided cell turns its column to [low, high].
  const symmetric = intervals.every((c) => {
    const half = (c.high - c.low) / 2;
    return !(Math.abs((c.high + c.low) / 2 - c.value) > 0.15 * half + 0.5 * 10 ** -decimals);
  });
  return (c) => ({
    value: write(c.value),
    spread: symmetric ? `± ${write((c.high - c.low) / 2)}` : `[${write(c.low)}, ${write(c.high)}]`,
  });
}
