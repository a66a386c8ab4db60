// What distribution fitting predicts about a blank slate and its pre-trained twin, and whether the measured intervals agree. A reading
// is made from interval ends alone, by the rules written here, before any number is known.
//
// Source of the claim: "Post-training is (Massive) Supervised Learning", arXiv 2606.07527 (abstract). The predictions are this project's
// own: (1) random weights that only saw post-training data score far above chance in distribution; (2) there pre-training adds little;
// (3) it adds more out of distribution; (4) accuracy falls away from the training distribution; (5) RL raises pass@1 (6) but not pass@k
// at large k: it sharpens what is there. One world and one seed decide nothing beyond themselves.
import type { Interval } from "../core/table.ts";

/** A gap below this many accuracy points (as a fraction) counts as little. */
export const MARGIN = 0.05;
/** "Far above chance" is at least this many times chance. */
export const FAR = 10;

export type Reading = "agrees" | "disagrees" | "undecided";

export interface Prediction {
  readonly prediction: string;
  readonly measured: string;
  /** Fractions, as the reading used them. */
  readonly interval: Interval;
  readonly reading: Reading;
}

export interface Shifted {
  /** As the sentences have it: "uniform cues", "depth 7-9". */
  readonly name: string;
  readonly blank: Interval;
  /** Accuracy of the twin minus that of the blank slate, paired over problems. */
  readonly gap: Interval;
}

/** All accuracies and differences are fractions with their intervals. */
export interface ScorecardInput {
  readonly chance: number;
  /** Post-training tokens that each of the two has read. */
  readonly tokens: number;
  readonly blank: Interval;
  readonly twin: Interval;
  /** In distribution: twin minus blank, paired over problems. */
  readonly gap: Interval;
  readonly shifted: readonly Shifted[];
  /** Differences after minus before RL, paired over problems. */
  readonly rl?: { readonly k: number; readonly passOne: Interval; readonly passMany: Interval };
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

/** @returns on which side of a bound an interval lies as a whole */
function above(interval: Interval, bound: number): Reading {
  return interval.low > bound ? "agrees" : interval.high <= bound ? "disagrees" : "undecided";
}

const opposite: Readonly<Record<Reading, Reading>> = {
  agrees: "disagrees",
  disagrees: "agrees",
  undecided: "undecided",
};

/** @example percent(0.934) // "93.4 %" @example percent(0.000278) // "0.028 %" */
export function percent(fraction: number): string {
  const value = fraction * 100;
  return `${Math.abs(value) >= 0.1 || value === 0 ? value.toFixed(1) : Number(value.toPrecision(2)).toString()} %`;
}

/** Differences are said in points, with their sign. */
export function points(interval: Interval): string {
  const write = (v: number): string => `${v < 0 ? "−" : "+"}${Math.abs(v * 100).toFixed(1)}`;
  return `${write(interval.value)} points (${write(interval.low)} to ${write(interval.high)})`;
}

/** @example share({ value: 0.934, low: 0.91, high: 0.954 }) // "93.4 % (91.0–95.4)" */
export function share(interval: Interval): string {
  return `${percent(interval.value)} (${(interval.low * 100).toFixed(1)}–${(interval.high * 100).toFixed(1)})`;
}

/** @returns the predictions in order, each with what was measured and how it reads */
export function readPredictions(input: ScorecardInput): readonly Prediction[] {
  const { blank, chance, gap, shifted, rl } = input;
  const fitted: Prediction = {
    prediction: `blank slate above ${FAR} × chance (${percent(chance)}) in distribution`,
    measured: share(blank),
    interval: blank,
    reading: above(blank, FAR * chance),
  };
  const little: Prediction = {
    prediction: `pre-training adds little in distribution (< ${MARGIN * 100} points)`,
    measured: points(gap),
    interval: gap,
    reading: opposite[above(gap, MARGIN)],
  };
  const outside = shifted.flatMap(({ name, blank: there, gap: gapThere }): Prediction[] => {
    const more = independentDifference(gapThere, gap);
    const drop = independentDifference(blank, there);
    return [
      {
        prediction: `pre-training adds more: ${name}`,
        measured: points(more),
        interval: more,
        reading: above(more, 0),
      },
      {
        prediction: `accuracy falls: ${name}`,
        measured: points({ value: -drop.value, low: -drop.high, high: -drop.low }),
        interval: drop,
        reading: above(drop, 0),
      },
    ];
  });
  const sharpened: readonly Prediction[] = rl
    ? [
        {
          prediction: "RL raises pass@1",
          measured: points(rl.passOne),
          interval: rl.passOne,
          reading: above(rl.passOne, 0),
        },
        {
          prediction: `RL adds little to pass@${rl.k} (< ${MARGIN * 100} points)`,
          measured: points(rl.passMany),
          interval: rl.passMany,
          reading: opposite[above(rl.passMany, MARGIN)],
        },
      ]
    : [];
  return [fitted, little, ...outside, ...sharpened];
}
