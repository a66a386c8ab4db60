// Does a model know when it is right? The probability that it gave its own answer, beside how often answers of that probability are right.
// Words: confidence = probability of the whole completion, end token included; bias = mean confidence minus accuracy; ECE = expected
// calibration error, the mean over bins of |confidence - accuracy|, weighted by answers.
// Sources: Naeini et al. 2015 (ECE); Bröcker and Smith 2007 (consistency resampling). Differs from common code: (1) bins hold equal numbers of
// answers; (2) ECE is above 0 even for a model that is calibrated, because bins are noisy, so what such a model would show by chance
// stands beside it, with the p-value of "calibrated"; (3) the interval is by bootstrap over problems with the sign of every bin's gap kept as it is:
// |gap| folds at 0, which lifts resamples and narrows them (turned round the estimate, 86 to 90 % of nominal 95 % intervals held the truth); by how
// much it lifts them is taken off, and 0 is inside where a calibrated model shows such an error.
import { fold, uniform } from "../core/rng.ts";
import type { Key } from "../core/rng.ts";
import { drawResamples, expandedTail, percentileInterval } from "./bootstrap.ts";
import type { Clustered } from "./clustered.ts";
import { clustersOf } from "./clustered.ts";
import type { Interval } from "./interval.ts";

export interface ReliabilityBin {
  readonly answers: number;
  /** Means of the answers in it. */
  readonly confidence: number;
  readonly accuracy: number;
}

export interface Calibration {
  /** Ascending in confidence. */
  readonly bins: readonly ReliabilityBin[];
  /** Its interval holds the truth in 93 % of experiments or more, from 100 answers on; see tests/lib/probe/coverage.test.ts. */
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

interface Errors {
  readonly gaps: Float64Array;
  readonly ece: number;
  readonly bias: number;
  /** The ECE if every gap still had its sign in `signs`. */
  readonly unfolded: number;
}

/**
 * @param weights how often a resample has each cluster
 * @param signs   of each bin's gap, in all answers
 */
function errorsOf(parts: readonly Part[], weights: ArrayLike<number>, signs: Float64Array): Errors {
  const gaps = new Float64Array(signs.length);
  let total = 0;
  for (const { bin, cluster, answers, gap } of parts) {
    const weight = weights[cluster] as number;
    gaps[bin] = (gaps[bin] as number) + weight * gap;
    total += weight * answers;
  }
  const mean = (of: (gap: number, bin: number) => number) =>
    gaps.reduce((sum, gap, bin) => sum + of(gap, bin), 0) / total;
  return {
    gaps,
    ece: mean(Math.abs),
    bias: mean((gap) => gap),
    unfolded: mean((gap, bin) => gap * (signs[bin] as number)),
  };
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
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

  const parts = partsOf(bins);
  const { indices } = drawResamples(fold(k, "calibration"), n, RESAMPLES);
  const tail = expandedTail(confidence, n);
  const whole = errorsOf(parts, new Float64Array(n).fill(1), new Float64Array(count));
  const signs = whole.gaps.map((gap) => (gap < 0 ? -1 : 1));
  const resampled = Array.from({ length: RESAMPLES }, (_, b) => {
    const weights = new Float64Array(n);
    for (const at of indices.subarray(b * n, (b + 1) * n)) weights[at] = (weights[at] as number) + 1;
    return errorsOf(parts, weights, signs);
  });
  const lift = mean(resampled.map(({ ece }) => ece)) - whole.ece;
  const [low, high] = percentileInterval(
    Float64Array.from(resampled, ({ unfolded }) => unfolded),
    tail,
  );
  const [biasLow, biasHigh] = percentileInterval(
    Float64Array.from(resampled, ({ bias }) => bias),
    tail,
  );

  // What a calibrated model would show: answers that are right with the probability that they say.
  const chance = Array.from({ length: CHANCES }, (_, i) => {
    const coins = uniform(fold(k, "calibrated", i), answers.length);
    let from = 0;
    const error = bins.reduce((sum, bin) => {
      let gap = 0;
      for (const { confidence } of bin) gap += confidence - ((coins[from++] as number) < confidence ? 1 : 0);
      return sum + Math.abs(gap);
    }, 0);
    return error / answers.length;
  });
  const p = (1 + chance.filter((c) => c >= whole.ece - ROUNDING).length) / (1 + CHANCES);
  return {
    bins: bins.map((bin) => ({
      answers: bin.length,
      confidence: mean(bin.map((a) => a.confidence)),
      accuracy: mean(bin.map((a) => a.right)),
    })),
    ece: {
      value: whole.ece,
      low: p > (1 - confidence) / 2 ? 0 : Math.max(0, low - lift),
      high: Math.max(0, high - lift),
    },
    bias: { value: whole.bias, low: biasLow, high: biasHigh },
    byChance: mean(chance),
    p,
  };
}
