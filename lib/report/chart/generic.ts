// chart.line and chart.bar: anything with numbers, drawn like the domain charts.
import { Figure } from "./figure.ts";
import type { Axis, Reference, Series } from "./spec.ts";

/** One named series of a chart. */
export interface Points {
  /** Positions along x; left out: 1, 2, 3, … */
  readonly x?: ArrayLike<number>;
  readonly y: ArrayLike<number>;
  /** Ends of the interval at each point. */
  readonly low?: ArrayLike<number>;
  readonly high?: ArrayLike<number>;
}

export interface ChartOptions {
  readonly title?: string;
  /** Axis names with their units, or an axis: `{ label: "k", scale: "log" }`. */
  readonly x?: string | Axis;
  readonly y?: string | Axis;
  /** Horizontal lines with names, e.g. `[{ y: 0.05, label: "chance" }]`. */
  readonly references?: readonly Reference[];
  readonly note?: string;
}

const axisOf = (given: string | Axis | undefined, label: string): Axis =>
  typeof given === "object" ? given : { label: given ?? label };

function seriesOf(name: string, points: Points, mark: Series["mark"]): Series {
  const y = Array.from(points.y);
  return {
    name,
    mark,
    x: points.x ? Array.from(points.x) : y.map((_, i) => i + 1),
    y,
    ...(points.low ? { low: Array.from(points.low) } : {}),
    ...(points.high ? { high: Array.from(points.high) } : {}),
  };
}

const more = (options: ChartOptions): Pick<ChartOptions, "references" | "note"> => ({
  ...(options.references ? { references: options.references } : {}),
  ...(options.note === undefined ? {} : { note: options.note }),
});

/**
 * Lines with intervals as bands.
 * @example line({ loss: { y: [3, 2, 1] } }, { x: "step", y: "loss (nats per token)" }).spec.series[0]?.x // [1, 2, 3]
 */
export function line(series: Readonly<Record<string, Points>>, options: ChartOptions = {}): Figure {
  const drawn = Object.entries(series).map(([name, points]) => seriesOf(name, points, "line"));
  return new Figure({
    title: options.title ?? Object.keys(series).join(", "),
    x: axisOf(options.x, "x"),
    y: axisOf(options.y, "y"),
    series: drawn,
    ...more(options),
  });
}

/**
 * Points with intervals as whiskers.
 * @example scatter({ seeds: { x: [0, 1], y: [0.2, 0.3] } }).spec.series[0]?.mark // "points"
 */
export function scatter(series: Readonly<Record<string, Points>>, options: ChartOptions = {}): Figure {
  const drawn = Object.entries(series).map(([name, points]) => seriesOf(name, points, "points"));
  return new Figure({
    title: options.title ?? Object.keys(series).join(", "),
    x: axisOf(options.x, "x"),
    y: axisOf(options.y, "y"),
    series: drawn,
    ...more(options),
  });
}

/**
 * Grouped bars with intervals as whiskers, one group per category.
 * @param categories names under the groups, in the order of each series' values
 * @example bar(["test", "deeper"], { blank: { y: [0.9, 0.1] } }).spec.x.categories // ["test", "deeper"]
 */
export function bar(
  categories: readonly string[],
  series: Readonly<Record<string, Omit<Points, "x">>>,
  options: ChartOptions = {},
): Figure {
  const x = { ...axisOf(options.x, ""), scale: "category" as const, categories };
  const positions = categories.map((_, i) => i);
  const drawn = Object.entries(series).map(([name, points]) => seriesOf(name, { ...points, x: positions }, "bar"));
  return new Figure({
    title: options.title ?? Object.keys(series).join(", "),
    x,
    y: axisOf(options.y, "y"),
    series: drawn,
    ...more(options),
  });
}
