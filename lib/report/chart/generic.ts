// The grammar: chart.line, scatter, bar, box, violin and heat draw anything with numbers as the domain charts are drawn.
import { distributionOf } from "./distribution.ts";
import { Figure } from "./figure.ts";
import { type ChartOptions, checkChart, type HeatOptions } from "./options.ts";
import { seedSeries, seedsNote } from "./seeds.ts";
import type { Axis, ChartSpec, Heat, Series } from "./spec.ts";

/** One named series of a chart. */
export interface Points {
  /** Positions along x; left out: 1, 2, 3, … */
  readonly x?: ArrayLike<number>;
  readonly y: ArrayLike<number>;
  /** Ends of the interval at each point. */
  readonly low?: ArrayLike<number>;
  readonly high?: ArrayLike<number>;
}

/** The same curve with several seeds: drawn as faint lines, their mean, and its 95 % interval over seeds (from four on). */
export interface SeededPoints {
  readonly x?: ArrayLike<number>;
  /** Values per seed. */
  readonly seeds: readonly ArrayLike<number>[];
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

/** A chart from its marks and what the user said about it; `own` notes stand after the user's. */
function figure(
  names: readonly string[],
  options: ChartOptions,
  marks: Omit<ChartSpec, "title" | "x" | "y"> & Partial<ChartSpec>,
): Figure {
  const note = [options.note, marks.note].filter(Boolean).join(" ");
  return new Figure({
    title: options.title ?? names.join(", "),
    x: axisOf(options.x, "x"),
    y: axisOf(options.y, "y"),
    ...marks,
    ...(options.references ? { references: options.references } : {}),
    ...(note === "" ? {} : { note }),
  });
}

/**
 * Lines with intervals as bands; a series of several seeds shows each of them.
 * @example line({ loss: { y: [3, 2, 1] } }, { x: "step", y: "loss (nats per token)" }).spec.series[0]?.x // [1, 2, 3]
 * @example line({ gap: { seeds: [[1, 2], [3, 4]] } }).spec.series.map((s) => s.y) // [[1, 2], [3, 4], [2, 3]]
 */
export function line(series: Readonly<Record<string, Points | SeededPoints>>, options: ChartOptions = {}): Figure {
  checkChart("line", options);
  const entries = Object.entries(series);
  const counts = entries.flatMap(([, points]) => ("seeds" in points ? [points.seeds.length] : []));
  const drawn = entries.flatMap(([name, points], colour) =>
    "seeds" in points
      ? seedSeries(name, points.seeds, points.x, colour)
      : [{ ...seriesOf(name, points, "line"), colour }],
  );
  return figure(Object.keys(series), options, {
    series: drawn,
    ...(counts.length > 0 ? { note: seedsNote(counts) } : {}),
  });
}

/**
 * Points with intervals as whiskers.
 * @example scatter({ seeds: { x: [0, 1], y: [0.2, 0.3] } }).spec.series[0]?.mark // "points"
 */
export function scatter(series: Readonly<Record<string, Points>>, options: ChartOptions = {}): Figure {
  checkChart("scatter", options);
  const drawn = Object.entries(series).map(([name, points]) => seriesOf(name, points, "points"));
  return figure(Object.keys(series), options, { series: drawn });
}

const categoryAxis = (given: string | Axis | undefined, categories: readonly string[]): Axis => ({
  ...axisOf(given, ""),
  scale: "category",
  categories,
});

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
  checkChart("bar", options);
  const positions = categories.map((_, i) => i);
  const drawn = Object.entries(series).map(([name, points]) => seriesOf(name, { ...points, x: positions }, "bar"));
  return figure(Object.keys(series), options, { x: categoryAxis(options.x, categories), series: drawn });
}

function distributions(
  mark: "box" | "violin",
  samples: Readonly<Record<string, ArrayLike<number>>>,
  options: ChartOptions,
): Figure {
  checkChart(mark, options);
  const names = Object.keys(samples);
  const drawn = names.map((name, at) => distributionOf(name, mark, at, samples[name] as ArrayLike<number>));
  const [left, missing] = [drawn.reduce((n, d) => n + d.left, 0), drawn.reduce((n, d) => n + d.missing, 0)];
  const note = [
    `Box: quartiles; stem: values within 1.5 times their distance. Diamond: mean with its 95 % interval. n = ${drawn.map((d) => d.count).join(", ")}.`,
    ...(missing > 0 ? [`${missing} missing values are left out.`] : []),
    ...(left > 0 ? [`${left} values beyond the stems are not drawn.`] : []),
  ].join(" ");
  return figure(names, options, { x: categoryAxis(options.x, names), series: [], distributions: drawn, note });
}

/**
 * Samples as boxes: quartiles, the reach of ordinary values, single values while they are few, the mean with its interval.
 * @param samples one sample per name; NaN counts as missing
 * @example box({ blank: [1, 2, 3, 4], twin: [2, 3, 4, 5] }, { y: "loss (nats per token)" }).spec.distributions?.[0]?.quartiles // [1.75, 2.5, 3.25]
 */
export function box(samples: Readonly<Record<string, ArrayLike<number>>>, options: ChartOptions = {}): Figure {
  return distributions("box", samples, options);
}

/**
 * Samples as violins: a box, and the density of the values around it (Gaussian kernel, cut at the smallest and the largest value).
 * @param samples one sample per name; NaN counts as missing
 * @example violin({ lengths: [1, 2, 2, 3] }).spec.distributions?.[0]?.density.length // 65
 */
export function violin(samples: Readonly<Record<string, ArrayLike<number>>>, options: ChartOptions = {}): Figure {
  return distributions("violin", samples, options);
}

/** Cells beyond which neighbours are averaged: one pixel each at the most. */
const MAX_SIDE = 100;

/** Means of neighbouring cells, so that neither side has more than MAX_SIDE. */
function coarsened(z: readonly ArrayLike<number>[], columns: number) {
  const [down, across] = [Math.ceil(z.length / MAX_SIDE), Math.ceil(columns / MAX_SIDE)];
  const rows = Math.ceil(z.length / down);
  const cells = Array.from({ length: rows }, (_, r) =>
    Array.from({ length: Math.ceil(columns / across) }, (_c, c) => {
      let [sum, count] = [0, 0];
      for (const row of z.slice(r * down, (r + 1) * down))
        for (let i = c * across; i < Math.min(columns, (c + 1) * across); i++)
          if (Number.isFinite(row[i])) [sum, count] = [sum + (row[i] as number), count + 1];
      return count > 0 ? sum / count : Number.NaN;
    }),
  );
  const kept = <T>(names: readonly T[], every: number): T[] => names.filter((_, i) => i % every === 0);
  return { cells, down, across, kept };
}

/**
 * A matrix as coloured cells, with their values where there is room.
 * @param z rows from the top; NaN stays empty
 * @example heat([[1, 0], [0, 1]], { rows: ["a", "b"], columns: ["a", "b"], z: "accuracy", percent: true }).spec.heat?.z // [[1, 0], [0, 1]]
 */
export function heat(z: readonly ArrayLike<number>[], options: HeatOptions = {}): Figure {
  checkChart("heat", options);
  const wide = Math.max(0, ...z.map((row) => row.length));
  const counted = (n: number) => Array.from({ length: n }, (_, i) => String(i + 1));
  const { rows = counted(z.length), columns = counted(wide), percent, diverging, range, z: label = "value" } = options;
  const { cells, down, across, kept } = coarsened(z, wide);
  const heat: Heat = {
    z: cells,
    label,
    ...(percent ? { percent } : {}),
    ...(diverging ? { diverging } : {}),
    ...(range ? { range } : {}),
  };
  const said =
    down * across > 1 ? { note: `Each cell is the mean of ${down} × ${across} of ${z.length} × ${wide}.` } : {};
  return figure([label], options, {
    x: categoryAxis(options.x, kept(columns, across)),
    y: categoryAxis(options.y, kept(rows, down)),
    series: [],
    heat,
    ...said,
  });
}
