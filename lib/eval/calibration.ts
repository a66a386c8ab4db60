// Does a model know when it is right? The probability that it gave its own answer, beside how often answers of that probability are right.
// Words: confidence = probability of the whole completion, end token included; bias = mean confidence minus accuracy; ECE = expected
// calibration error, the mean over bins of |confidence - accuracy|, weighted by answers.
// Sources: Naeini et al. 2015 (ECE); Bröcker and Smith 2007 (consistency resampling). Differs from common code: (1) bins hold equal numbers of
// answers; (2) ECE is above 0 even for a model that is calibrated, because bins are noisy, so what such a model would show by chance
// stands beside it, with the p-value of "calibrated"; (3) the interval is by bootstrap over problems with the sign of every bin's gap kept as it is:
// |gap| folds at 0, which lifts it and narrows its resamples (turned round the estimate, 86 to 90 % of nominal 95 % intervals held the truth); by how
// much is taken off, and 0 is inside where a calibrated model shows such an error.
import { fold, uniform } from "../core/rng.ts";
import type { Key } from "../core/rng.ts";
import { drawResamples, pairedInterval } from "./bootstrap.ts";
import type { Clustered } from "./clustered.ts";
import { clustersOf } from "./clustered.ts";
import { type Interval, normalCdf } from "./interval.ts";

export interface ReliabilityBin {
  readonly answers: number;
  /** Means of the answers in it. */
  readonly confidence: number;
  readonly accuracy: number;
}

export interface Calibration {
  /** Ascending in confidence. */
  readonly bins: readonly ReliabilityBin[];
  /** From 100 answers on its interval holds the truth in 94 to 96 % of experiments, in 84 % where one bin alone is wrong; see notebooks/intervals.md. */
  readonly ece: Interval;
  /** Mean confidence minus accuracy: above 0 the model is too sure. */
  readonly bias: Interval;
  /** ECE that a calibrated model with these confidences shows on average. */
  readonly byChance: number;
  /** Share of such models that show at least this ECE. */
  readonly p: number;
}

/** One problem's answers. */
export interface Judged extends Clustered {
  readonly confidences: readonly number[];
  readonly solved: readonly boolean[];
}

const BINS = 10;
/** Fewer answers in a bin say nothing; there are then fewer bins. */
const LEAST_IN_BIN = 10;
const RESAMPLES = 500;
/** Resolution of the p-value: 1/200. */
const CHANCES = 199;
/** Of float32 sums: errors this close are one. */
const ROUNDING = 1e-6;

interface Answer {
  readonly confidence: number;
  readonly right: number;
  readonly cluster: number;
}

/** Of one cluster in one bin: how many answers, and the sum of confidence minus right. */
interface Part {
  readonly bin: number;
  readonly cluster: number;
  answers: number;
  gap: number;
}

function partsOf(bins: readonly (readonly Answer[])[]): readonly Part[] {
  return bins.flatMap((answers, bin) => {
    const parts = new Map<number, Part>();
    for (const { confidence, right, cluster } of answers) {
      const part = parts.get(cluster) ?? { bin, cluster, answers: 0, gap: 0 };
      part.answers += 1;
      part.gap += confidence - right;
      parts.set(cluster, part);
    }
    return [...parts.values()];
  });
}

/** Of each bin the sum of confidence minus right, over all answers: their absolute values add up to the ECE. @param weights how often a resample has each cluster */
function gapsOf(parts: readonly Part[], weights: ArrayLike<number>, count: number): Float64Array {
  const gaps = new Float64Array(count);
  let total = 0;
  for (const { bin, cluster, answers, gap } of parts) {
    const weight = weights[cluster] as number;
    gaps[bin] = (gaps[bin] as number) + weight * gap;
    total += weight * answers;
  }
  return gaps.map((gap) => gap / total);
}

const sum = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0);
const mean = (values: ArrayLike<number>) => sum(values) / values.length;
const eceOf = (gaps: Float64Array) => sum(gaps.map(Math.abs));
const variance = (values: ArrayLike<number>) => {
  const centre = mean(values);
  return sum(Array.from(values, (v) => (v - centre) ** 2)) / (values.length - 1);
};

/** E|X| of a normal X. @example foldedMean(0, 1) // 0.7978845608028654 */
function foldedMean(centre: number, deviation: number): number {
  if (!(deviation > 0)) return Math.abs(centre);
  const z = centre / deviation;
  return deviation * Math.sqrt(2 / Math.PI) * Math.exp((-z * z) / 2) + centre * (2 * normalCdf(z) - 1);
}

/**
 * By how much folding lifts the ECE above the true one: the mean of two estimates. Resamples fold gaps a second time, which says too much of clear
 * gaps and too little of gaps near 0 (93 % of intervals held, misses on one side); true gaps that are normal over bins, with the variance that is left of
 * the observed one when the resamples' own is taken off, err the other way where gaps are of a few kinds (92 %).
 * @param resampled gaps of each resample
 */
function liftOf(gaps: Float64Array, resampled: readonly Float64Array[]): number {
  const again = mean(resampled.map(eceOf)) - eceOf(gaps);
  if (gaps.length < 2) return again;
  const noise = mean(Array.from(gaps, (_, bin) => variance(resampled.map((r) => r[bin] as number))));
  const left = Math.max(0, variance(gaps) - noise);
  const centre = mean(gaps);
  const normal = gaps.length * (foldedMean(centre, Math.sqrt(left + noise)) - foldedMean(centre, Math.sqrt(left)));
  return (again + normal) / 2;
}

/**
 * @param problems with their answers; no problems give an error of NaN
 * @param k of resamples and of what chance gives
 * @example calibrationOf([{ meta: {}, confidences: [0.9], solved: [true] }], key(0), 0.95).bias.value // -0.09999999999999998
 */
export function calibrationOf(problems: readonly Judged[], k: Key, confidence: number): Calibration {
  const clusters = clustersOf(problems);
  const answers = clusters
    .flatMap((members, cluster) =>
      members.flatMap((m) => {
        const { confidences, solved } = problems[m] as Judged;
        return confidences.map((c, s): Answer => ({ confidence: c, right: solved[s] === true ? 1 : 0, cluster }));
      }),
    )
    // Rounded: what differs in the seventh digit, as between batch sizes, must not change the bin.
    .toSorted((a, b) => Math.round(a.confidence * 1e5) - Math.round(b.confidence * 1e5));
  const count = Math.max(1, Math.min(BINS, Math.floor(answers.length / LEAST_IN_BIN)));
  const at = (i: number) => Math.round((i * answers.length) / count);
  const bins = Array.from({ length: count }, (_, i) => answers.slice(at(i), at(i + 1)));
  const n = clusters.length;

  const parts = partsOf(bins);
  const resamples = drawResamples(fold(k, "calibration"), n, RESAMPLES);
  const gaps = gapsOf(parts, new Float64Array(n).fill(1), count);
  const ece = eceOf(gaps);
  const resampled = Array.from({ length: RESAMPLES }, (_, b) => {
    const weights = new Float64Array(n);
    for (const at of resamples.indices.subarray(b * n, (b + 1) * n)) weights[at] = (weights[at] as number) + 1;
    return gapsOf(parts, weights, count);
  });
  const lift = liftOf(gaps, resampled);
  /** @param sign of each bin's gap, kept as it is in all answers */
  const signed = (sign: (bin: number) => number): Interval => {
    const totals = clusters.map(() => 0);
    const sizes = clusters.map(() => 0);
    for (const { bin, cluster, answers: here, gap } of parts) {
      totals[cluster] = (totals[cluster] as number) + sign(bin) * gap;
      sizes[cluster] = (sizes[cluster] as number) + here;
    }
    return n === 0
      ? { value: Number.NaN, low: Number.NaN, high: Number.NaN }
      : pairedInterval(totals, sizes, resamples, confidence);
  };
  const unfolded = signed((bin) => ((gaps[bin] as number) < 0 ? -1 : 1));

  // What a calibrated model would show: answers that are right with the probability that they say.
  const chance = Array.from({ length: CHANCES }, (_, i) => {
    const coins = uniform(fold(k, "calibrated", i), answers.length);
    let from = 0;
    const error = bins.reduce((so, bin) => {
      let gap = 0;
      for (const { confidence } of bin) gap += confidence - ((coins[from++] as number) < confidence ? 1 : 0);
      return so + Math.abs(gap);
    }, 0);
    return error / answers.length;
  });
  const p = (1 + chance.filter((c) => c >= ece - ROUNDING).length) / (1 + CHANCES);
  return {
    bins: bins.map((bin) => ({
      answers: bin.length,
      confidence: mean(bin.map((a) => a.confidence)),
      accuracy: mean(bin.map((a) => a.right)),
    })),
    ece: {
      value: ece,
      low: p > (1 - confidence) / 2 ? 0 : Math.max(0, unfolded.low - lift),
      high: Math.max(0, unfolded.high - lift),
    },
    bias: signed(() => 1),
    byChance: mean(chance),
    p,
  };
}
