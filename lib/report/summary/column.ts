// What one column holds, in numbers: counted, missing, mean, spread, quartiles, a histogram; of texts how many there are and which is the
// most frequent. NaN, null and undefined are missing everywhere (Danfo's describe() gives NaN for a column that has one).

import { quantiles } from "./select.ts";

/** Of numbers, booleans (0 and 1) and dates (milliseconds); NaN where there is none. */
export interface Numbers {
  readonly mean: number;
  /** Of a sample: divided by n - 1. */
  readonly sd: number;
  readonly min: number;
  /** Quartiles by linear interpolation (R's type 7). */
  readonly q1: number;
  readonly median: number;
  readonly q3: number;
  readonly max: number;
}

export interface ColumnSummary {
  readonly column: string;
  readonly type: "number" | "boolean" | "string" | "date" | "mixed" | "empty";
  /** Values that are there. */
  readonly count: number;
  readonly missing: number;
  /** undefined for texts and mixed columns. */
  readonly numbers: Numbers | undefined;
  /** undefined for numbers. */
  readonly texts: { readonly distinct: number; readonly top: string; readonly topCount: number } | undefined;
  /** Counts: of 12 equal stretches from min to max, or of the 12 most frequent texts. */
  readonly histogram: readonly number[];
}

const BINS = 12;
/** Texts told apart; beyond them "distinct" is a lower bound, and nobody reads on. */
const MAX_DISTINCT = 100_000;

type Kind = Exclude<ColumnSummary["type"], "empty" | "mixed"> | "other";

function kindOf(value: unknown): Kind {
  if (typeof value === "number" || typeof value === "bigint") return "number";
  if (typeof value === "boolean") return "boolean";
  if (typeof value === "string") return "string";
  return value instanceof Date ? "date" : "other";
}

const isMissing = (value: unknown): boolean =>
  value === null ||
  value === undefined ||
  Number.isNaN(value) ||
  (value instanceof Date && Number.isNaN(value.getTime()));

/** An estimate with its interval counts as its estimate. */
const single = (value: unknown): unknown =>
  typeof value === "object" && value !== null && "value" in value && "low" in value && "high" in value
    ? value.value
    : value;

function histogramOf(values: Float64Array, low: number, high: number): number[] {
  const counts = Array.from({ length: BINS }, () => 0);
  if (!(high > low && Number.isFinite(high - low))) return values.length > 0 ? [values.length] : [];
  const scale = BINS / (high - low);
  for (let i = 0; i < values.length; i++) {
    const bin = Math.min(BINS - 1, Math.floor(((values[i] as number) - low) * scale));
    counts[bin] = (counts[bin] as number) + 1;
  }
  return counts;
}

/** @param values no NaN, at least one; they are rearranged */
function numbersOf(values: Float64Array): Numbers {
  const n = values.length;
  let [sum, min, max] = [0, Infinity, -Infinity];
  for (let i = 0; i < n; i++) {
    const value = values[i] as number;
    sum += value;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  const mean = sum / n;
  let squares = 0;
  for (let i = 0; i < n; i++) squares += ((values[i] as number) - mean) ** 2;
  const sd = n > 1 ? Math.sqrt(squares / (n - 1)) : Number.NaN;
  const [q1, median, q3] = quantiles(values, [0.25, 0.5, 0.75]) as [number, number, number];
  return { mean, sd, min, q1, median, q3, max };
}

function textsOf(values: readonly string[]) {
  const counts = new Map<string, number>();
  for (const value of values) {
    const known = counts.get(value);
    if (known !== undefined || counts.size < MAX_DISTINCT) counts.set(value, (known ?? 0) + 1);
  }
  const ranked = [...counts].sort((a, b) => b[1] - a[1]);
  const [top, topCount] = ranked[0] ?? ["", 0];
  return {
    texts: { distinct: counts.size, top, topCount },
    histogram: ranked.slice(0, BINS).map(([, count]) => count),
  };
}

/** What is there as numbers, as far as all of it is: the kind, and how far it went. */
function readNumbers(
  values: ArrayLike<unknown>,
  numeric: Float64Array,
): { kind: Kind | undefined; count: number } | undefined {
  let kind: Kind | undefined;
  let count = 0;
  for (let i = 0; i < values.length; i++) {
    let value = values[i];
    // The common case first: this loop runs a million times.
    if (typeof value === "number") {
      if (value !== value) continue;
      if (kind !== "number") {
        if (kind !== undefined) return undefined;
        kind = "number";
      }
      numeric[count++] = value;
      continue;
    }
    value = single(value);
    if (isMissing(value)) continue;
    const own = kindOf(value);
    if (own === "string" || own === "other" || (kind !== undefined && kind !== own)) return undefined;
    kind = own;
    numeric[count++] = Number(value);
  }
  return { kind, count };
}

/** @param values of any kind */
export function summarizeColumn(column: string, values: ArrayLike<unknown>): ColumnSummary {
  const numeric = new Float64Array(values.length);
  const read = readNumbers(values, numeric);
  if (read) {
    const { kind, count } = read;
    const common = { column, count, missing: values.length - count, texts: undefined };
    if (kind === undefined || kind === "other") return { ...common, type: "empty", numbers: undefined, histogram: [] };
    const there = numeric.subarray(0, count);
    const numbers = numbersOf(there);
    return { ...common, type: kind, numbers, histogram: histogramOf(there, numbers.min, numbers.max) };
  }
  const words: string[] = [];
  let isTexts = true;
  for (let i = 0; i < values.length; i++) {
    const value = single(values[i]);
    if (isMissing(value)) continue;
    isTexts &&= typeof value === "string";
    words.push(safeText(value));
  }
  const common = { column, count: words.length, missing: values.length - words.length, numbers: undefined };
  return { ...common, type: isTexts ? "string" : "mixed", ...textsOf(words) };
}

function safeText(value: unknown): string {
  if (typeof value !== "object" || value === null) return String(value);
  try {
    return JSON.stringify(value) ?? Object.prototype.toString.call(value);
  } catch {
    // A cycle or a throwing getter: what kind of object it is still tells two kinds apart.
    return Object.prototype.toString.call(value);
  }
}
