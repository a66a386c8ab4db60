// A sample as a box or a violin: what is drawn of it is computed here, once, so that Plotly, SVG and words agree and a million values weigh
// no more than fifty.
import { overSeeds } from "../../eval/seeds.ts";
import type { Interval } from "../../core/table.ts";

/** What is drawn of one sample. Quartiles by linear interpolation (R's type 7). */
export interface Distribution {
  readonly name: string;
  readonly mark: "box" | "violin";
  /** Position on the category axis. */
  readonly at: number;
  /** Finite values. */
  readonly count: number;
  /** Values that are no number; not drawn. */
  readonly missing: number;
  readonly quartiles: readonly [number, number, number];
  /** The furthest values within 1.5 times the distance of the quartiles. */
  readonly whiskers: readonly [number, number];
  /** Mean with its 95 % interval (Student's); its ends are NaN below four values. */
  readonly mean: Interval;
  /** Single values: all of a small sample, those beyond the whiskers of a larger one. */
  readonly points: readonly number[];
  /** Points beyond the whiskers that are not drawn. */
  readonly left: number;
  /** Gaussian kernel density between the smallest and the largest value; the highest is 1. */
  readonly density: readonly { readonly y: number; readonly width: number }[];
}

/** Samples up to here show every value. */
const FEW = 80;
const MAX_OUTLIERS = 100;
const DENSITY_STEPS = 64;
const BINS = 512;

function quantile(sorted: Float64Array, p: number): number {
  const at = (sorted.length - 1) * p;
  const low = sorted[Math.floor(at)] ?? Number.NaN;
  return low + ((sorted[Math.ceil(at)] ?? low) - low) * (at - Math.floor(at));
}

/**
 * Bandwidth by Silverman's rule (1986, eq. 3.31). Values are counted into bins first: the smoothing then costs the same for any sample.
 */
function densityOf(sorted: Float64Array, quartiles: Distribution["quartiles"], sd: number): Distribution["density"] {
  const [low, high] = [sorted[0] as number, sorted.at(-1) as number];
  const spread = Math.min(sd, (quartiles[2] - quartiles[0]) / 1.34 || sd);
  const bandwidth = 0.9 * spread * sorted.length ** -0.2;
  if (!(bandwidth > 0)) return [{ y: low, width: 1 }];
  const bins = new Float64Array(BINS);
  for (const v of sorted) {
    const bin = Math.min(BINS - 1, Math.floor(((v - low) / (high - low)) * BINS));
    bins[bin] = (bins[bin] as number) + 1;
  }
  const heights = Array.from({ length: DENSITY_STEPS + 1 }, (_, i) => {
    const y = low + ((high - low) * i) / DENSITY_STEPS;
    let sum = 0;
    for (let b = 0; b < BINS; b++) {
      const z = (y - (low + ((high - low) * (b + 0.5)) / BINS)) / bandwidth;
      sum += (bins[b] as number) * Math.exp(-0.5 * z * z);
    }
    return { y, width: sum };
  });
  const top = Math.max(...heights.map((h) => h.width));
  return heights.map(({ y, width }) => ({ y, width: width / top }));
}

/** At most `max` of the values, spread evenly over their order. */
const thinned = (values: Float64Array, max: number): number[] =>
  Array.from({ length: Math.min(max, values.length) }, (_, i) =>
    Number(values[Math.round((i * (values.length - 1)) / Math.max(1, Math.min(max, values.length) - 1))]),
  );

/** @returns what is drawn; a sample without a finite value has NaN everywhere and count 0 */
export function distributionOf(
  name: string,
  mark: Distribution["mark"],
  at: number,
  values: ArrayLike<number>,
): Distribution {
  const sorted = Float64Array.from(values).filter(Number.isFinite).sort();
  const count = sorted.length;
  const nan = Number.NaN;
  const none = { value: nan, low: nan, high: nan };
  const common = { name, mark, at, count, missing: values.length - count };
  if (count === 0)
    return {
      ...common,
      quartiles: [nan, nan, nan],
      whiskers: [nan, nan],
      mean: none,
      points: [],
      left: 0,
      density: [],
    };
  const quartiles = [quantile(sorted, 0.25), quantile(sorted, 0.5), quantile(sorted, 0.75)] as const;
  const reach = 1.5 * (quartiles[2] - quartiles[0]);
  const inside = sorted.filter((v) => v >= quartiles[0] - reach && v <= quartiles[2] + reach);
  const whiskers = [inside[0] as number, inside.at(-1) as number] as const;
  const outside = sorted.filter((v) => v < whiskers[0] || v > whiskers[1]);
  const points = count <= FEW ? [...sorted] : thinned(outside, MAX_OUTLIERS);
  const average = sorted.reduce((a, b) => a + b, 0) / count;
  const sd = Math.sqrt(sorted.reduce((sum, v) => sum + (v - average) ** 2, 0) / Math.max(1, count - 1));
  return {
    ...common,
    quartiles,
    whiskers,
    mean: count < 4 ? { ...none, value: average } : overSeeds(Array.from(sorted)),
    points,
    left: count <= FEW ? 0 : outside.length - points.length,
    density: mark === "violin" ? densityOf(sorted, quartiles, sd) : [],
  };
}

/** Sideways places of single points, between -1 and 1: the golden ratio's steps look random and are the same every time. */
export const jitter = (index: number): number => 2 * ((index * 0.6180339887498949) % 1) - 1;
