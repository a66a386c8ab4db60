// What a chart is: axes with units, series with intervals, distributions, a heat map, reference lines. Plotly's figure, our own SVG and
// the lines of text are all made from this one value, so they show the same thing.
import type { Interval } from "../../core/table.ts";
import type { Distribution } from "./distribution.ts";

export interface Axis {
  /** With the unit: "loss (nats per token)". */
  readonly label: string;
  readonly scale?: "linear" | "log" | "category";
  /** Names of the positions 0, 1, 2, … of a category axis. */
  readonly categories?: readonly string[];
  /** Left out: the data's own range with a little air. */
  readonly range?: readonly [number, number];
  /** Values are fractions and are written as per cent. */
  readonly percent?: true;
  /** Values are counts: no ticks between whole numbers. */
  readonly whole?: true;
  /** Where ticks stand; left out: at round numbers. */
  readonly ticks?: readonly number[];
}

export interface Series {
  readonly name: string;
  readonly x: readonly number[];
  readonly y: readonly number[];
  /** Ends of the interval at each point; drawn whenever given. */
  readonly low?: readonly number[];
  readonly high?: readonly number[];
  readonly mark: "line" | "points" | "bar";
  /** A line's intervals stand at its points, not as a band along it: for a line that turns back. */
  readonly whiskers?: true;
  /** A quiet companion of another series (raw values under a mean, single seeds): thin, without legend entry. */
  readonly faint?: true;
  /** Index into the palette; left out: the series' own position. */
  readonly colour?: number;
}

/** Values of a series and the ends of their intervals. */
export const columns = (intervals: readonly Interval[]): Required<Pick<Series, "y" | "low" | "high">> => ({
  y: intervals.map((i) => i.value),
  low: intervals.map((i) => i.low),
  high: intervals.map((i) => i.high),
});

/** A line with a name across the plot: horizontal at y (chance), or vertical at x (where curves cross). */
export type Reference =
  | { readonly y: number; readonly x?: undefined; readonly label: string }
  | { readonly x: number; readonly y?: undefined; readonly label: string };

/** A matrix as coloured cells; x and y are category axes, y's names run from the top. */
export interface Heat {
  /** [rows, columns]; NaN is left empty. */
  readonly z: readonly (readonly number[])[];
  /** What a colour means, with its unit. */
  readonly label: string;
  readonly percent?: true;
  /** Two hues around 0 instead of one run of colours. */
  readonly diverging?: true;
  /** Left out: the data's own. */
  readonly range?: readonly [number, number];
}

export interface ChartSpec {
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
  /** On a category x axis. */
  readonly distributions?: readonly Distribution[];
  readonly heat?: Heat;
  readonly references?: readonly Reference[];
  /** One sentence under the chart: what the intervals are, what was left out. */
  readonly note?: string;
}

/** Points per series beyond which a chart shows the smallest and largest of each stretch instead. */
export const MAX_POINTS = 4_000;

function reduceSeries(series: Series): Series {
  const n = series.y.length;
  const stretches = MAX_POINTS / 2;
  const keep: number[] = [];
  for (let s = 0; s < stretches; s++) {
    const from = Math.floor((s * n) / stretches);
    const to = Math.floor(((s + 1) * n) / stretches);
    let low = from;
    let high = from;
    for (let i = from; i < to; i++) {
      if ((series.y[i] ?? 0) < (series.y[low] ?? 0)) low = i;
      if ((series.y[i] ?? 0) > (series.y[high] ?? 0)) high = i;
    }
    keep.push(...(low === high ? [low] : [Math.min(low, high), Math.max(low, high)]));
  }
  const take = (values: readonly number[]): number[] => keep.map((i) => values[i] ?? Number.NaN);
  return {
    ...series,
    x: take(series.x),
    y: take(series.y),
    ...(series.low ? { low: take(series.low) } : {}),
    ...(series.high ? { high: take(series.high) } : {}),
  };
}

/** @returns the same chart with at most MAX_POINTS points per series; its note says so when points were left out */
export function reduceSpec(spec: ChartSpec): ChartSpec {
  const longest = Math.max(0, ...spec.series.map((s) => s.y.length));
  if (longest <= MAX_POINTS) return spec;
  const said = `Drawn with at most ${MAX_POINTS} of ${longest} points: the smallest and the largest of each stretch.`;
  const series = spec.series.map((s) => (s.y.length > MAX_POINTS ? reduceSeries(s) : s));
  return { ...spec, series, note: spec.note === undefined ? said : `${spec.note} ${said}` };
}

/** @returns the series that have an entry in the key, with their place in the palette */
export function keyed(spec: ChartSpec): { readonly s: Series; readonly index: number }[] {
  return spec.series.map((s, i) => ({ s, index: s.colour ?? i })).filter(({ s }) => !s.faint && s.name !== "");
}

/** One series needs no key, the title names it; a reference line always does. */
export const hasKey = (spec: ChartSpec): boolean => keyed(spec).length > 1 || (spec.references ?? []).length > 0;
