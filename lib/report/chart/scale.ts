// Axes: from data to a range, round ticks and a place between 0 and 1. Linear, logarithmic and category axes.
import { numberFormat } from "../../core/table/number.ts";
import type { Axis } from "./spec.ts";

export interface Scale {
  /** 0 at the range's start, 1 at its end. */
  at(value: number): number;
  readonly ticks: readonly { readonly value: number; readonly text: string }[];
  readonly range: readonly [number, number];
}

const WANTED_TICKS = 6;

/** 1, 2 or 5 times a power of ten. */
function roundStep(span: number): number {
  const raw = span / WANTED_TICKS;
  const power = 10 ** Math.floor(Math.log10(raw));
  const factor = raw / power;
  return (factor <= 1 ? 1 : factor <= 2 ? 2 : factor <= 5 ? 5 : 10) * power;
}

function linearTicks(low: number, high: number, whole: boolean): number[] {
  const step = Math.max(roundStep(high - low), whole ? 1 : 0);
  const from = Math.ceil(low / step - 1e-9);
  const to = Math.floor(high / step + 1e-9);
  // Multiples of the step, not sums of it: 0.30000000000000004 never appears.
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => Number(((from + i) * step).toPrecision(12)));
}

/** Largest k whose axis counts in powers of two. */
const MAX_K = 4096;

/** Powers of two for k; else powers of ten, with 2 and 5 times them while they are few. */
function logTicks(low: number, high: number): number[] {
  const base = low >= 0.5 && high <= MAX_K * 1.2 ? 2 : 10;
  const from = Math.floor(Math.log(low) / Math.log(base) + 1e-9);
  const to = Math.ceil(Math.log(high) / Math.log(base) - 1e-9);
  const factors = base === 10 && to - from <= 3 ? [1, 2, 5] : [1];
  const powers = Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => base ** (from + i));
  return powers.flatMap((power) => factors.map((factor) => factor * power));
}

function tickText(axis: Axis, values: readonly number[]): (value: number) => string {
  if (axis.categories) return (v) => axis.categories?.[v] ?? "";
  if (axis.percent) {
    const write = numberFormat(values.map((v) => Number((v * 100).toPrecision(10))));
    return (v) => `${write(Number((v * 100).toPrecision(10)))} %`;
  }
  const write = numberFormat(values);
  return (v) => (Number.isInteger(v) && v >= 10_000 && v < 1e15 ? shortCount(v) : write(v));
}

/** @example shortCount(2_500_000) // "2.5 M" */
export function shortCount(value: number): string {
  const [unit, name] = value >= 1e9 ? [1e9, " G"] : value >= 1e6 ? [1e6, " M"] : value >= 1e4 ? [1e3, " k"] : [1, ""];
  return `${Number((value / unit).toPrecision(3))}${name}`;
}

/**
 * @param values all data (intervals included) along the axis; what is not finite, or not positive on a log axis, is ignored
 * @param air share of the span that is left free at both ends when the axis gives no range
 */
export function scaleOf(axis: Axis, values: readonly number[], air: number): Scale {
  if (axis.scale === "category") {
    const n = Math.max(1, axis.categories?.length ?? 0);
    const ticks = Array.from({ length: n }, (_, value) => ({ value, text: axis.categories?.[value] ?? "" }));
    return { at: (v) => (v + 0.5) / n, ticks, range: [-0.5, n - 0.5] };
  }
  const log = axis.scale === "log";
  let low = axis.range?.[0] ?? Infinity;
  let high = axis.range?.[1] ?? -Infinity;
  if (!axis.range) {
    for (const v of values) {
      if (!Number.isFinite(v) || (log && v <= 0)) continue;
      if (v < low) low = v;
      if (v > high) high = v;
    }
    if (low > high) [low, high] = log ? [1, 10] : [0, 1];
    if (low === high)
      [low, high] = log
        ? [low / 2, high * 2]
        : [low - Math.max(1, Math.abs(low)) * 0.05, high + Math.max(1, Math.abs(high)) * 0.05];
    if (log) [low, high] = [low / (high / low) ** air, high * (high / low) ** air];
    else [low, high] = [low === 0 ? 0 : low - (high - low) * air, high + (high - low) * air];
  }
  const chosen = (axis.ticks ?? (log ? logTicks(low, high) : linearTicks(low, high, axis.whole === true))).filter(
    (v) => v >= low - 1e-12 && v <= high + 1e-12,
  );
  const text = tickText(axis, chosen);
  const at = log
    ? (v: number) => (Math.log(Math.max(v, Number.MIN_VALUE)) - Math.log(low)) / (Math.log(high) - Math.log(low))
    : (v: number) => (v - low) / (high - low);
  return { at, ticks: chosen.map((value) => ({ value, text: text(value) })), range: [low, high] };
}
