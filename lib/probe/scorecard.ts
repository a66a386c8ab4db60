// What distribution fitting predicts about a blank slate and its pre-trained twin, and whether the measured intervals agree. A reading
// is made from intervals alone, by the rules of reading.ts, before any number is known.
//
// Source of the claim: "Post-training is (Massive) Supervised Learning", arXiv 2606.07527 (abstract). The predictions are this project's
// own: (1) random weights that only saw post-training data score far above chance in distribution; (2) there pre-training adds little;
// (3) out of distribution it adds something, and more than in distribution; (4) accuracy falls away from the training distribution; (5) RL
// raises pass@1 (6) but not pass@k at large k: it sharpens what is there. As claims they count P1 (1), P2 (2, 3), P3 (4), P4 (5, 6) and P5, the
// evidence against. One world and one seed decide nothing beyond themselves.
import type { Interval } from "../core/table.ts";
import { above, below, endOf, MARGIN, type Measured, type Reading, type Verdict } from "./reading.ts";
import { figures, percent, points, share } from "./words.ts";

/** "Far above chance" is at least this many times chance. */
const FAR = 10;

export interface Prediction extends Reading {
  /** Which of the five predictions of distribution fitting it belongs to; P5 is the evidence against them. */
  readonly claim: "P1" | "P2" | "P3" | "P4" | "P5";
  readonly prediction: string;
  readonly measured: string;
  /** What was predicted about, in `unit`. */
  readonly interval: Measured;
  readonly unit: "accuracy" | "difference" | "accuracy per unit" | "nats per token" | "temperature";
}

export interface Shifted {
  /** As the sentences have it: "uniform cues", "depth 7-9". */
  readonly name: string;
  readonly blank: Measured;
  readonly twin: Measured;
  /** Accuracy of the twin minus that of the blank slate, paired. */
  readonly gap: Measured;
  /** That gap minus the gap in distribution. */
  readonly more: Measured;
  /** The blank slate's accuracy in distribution minus that here. */
  readonly drop: Measured;
}

/** One k before and after RL. */
export interface Moved {
  readonly before: Interval;
  readonly after: Interval;
  /** After minus before, paired over problems. */
  readonly difference: Measured;
}

/** All accuracies and differences are fractions with their intervals. */
export interface ScorecardInput {
  readonly chance: number;
  /** Post-training tokens that each of the two has read. */
  readonly tokens: number;
  readonly blank: Measured;
  readonly twin: Measured;
  /** In distribution: twin minus blank, paired over problems. */
  readonly gap: Measured;
  readonly shifted: readonly Shifted[];
  /** Gap in distribution at the largest budget of post-training minus the gap at the smallest, and all four accuracies. */
  readonly shrink?: { readonly difference: Measured; readonly accuracies: readonly Interval[] };
  readonly rl?: { readonly k: number; readonly one: Moved; readonly many: Moved };
  /** What RL on a reward that says nothing of the task gave, on pass@1. */
  readonly controls?: readonly { readonly name: string; readonly gain: Measured }[];
  /** Accuracy of the blank slate per unit of distance to the training distribution. */
  readonly slope?: Measured;
  /** Entropy after RL minus before, nats per token, and the temperature of the model before that comes closest to it. */
  readonly sharpening?: { readonly entropy: Measured; readonly temperature: Measured };
}

/** What "far above chance" asks for: ten times chance, or half of what guessing leaves over where ten times is beyond that. */
export function farAbove(chance: number): { readonly bar: number; readonly words: string } {
  const half = (1 + chance) / 2;
  return FAR * chance <= half
    ? { bar: FAR * chance, words: `${FAR} × chance (${percent(chance)})` }
    : { bar: half, words: `halfway from chance (${percent(chance)}) to all right` };
}

const because = (reading: Verdict, why: string | undefined): Reading =>
  why === undefined ? { reading } : { reading, why };
/** Why a comparison between two accuracies says nothing: undefined when it can say something. */
function stuck(accuracies: readonly Interval[], where: string): string | undefined {
  const end = endOf(accuracies);
  return end && `${where} near ${end === "floor" ? 0 : 100} % (${end})`;
}

function fitted({ blank, chance }: ScorecardInput): Prediction {
  const { bar, words } = farAbove(chance);
  const reading = above(blank, bar);
  // Ten times nearly nothing is nearly nothing: no success that anybody would call one.
  const floor = reading === "agrees" && endOf([blank]) === "floor";
  return {
    claim: "P1",
    prediction: `blank slate above ${words} in distribution`,
    measured: share(blank),
    interval: blank,
    unit: "accuracy",
    ...because(floor ? "undecided" : reading, floor ? "above chance, yet near 0 % (floor)" : undefined),
  };
}

function little({ blank, twin, gap }: ScorecardInput): Prediction {
  const why = stuck([blank, twin], "both");
  return {
    claim: "P2",
    prediction: `pre-training adds little in distribution (< ${MARGIN * 100} points)`,
    measured: points(gap),
    interval: gap,
    unit: "difference",
    ...because(why === undefined ? below(gap, MARGIN) : "undecided", why),
  };
}

/** Agrees: the twin leads there, and leads by more than in distribution. Twelve points less behind is no lead. */
function adds(input: ScorecardInput, { name, blank, twin, gap, more }: Shifted): Prediction {
  const prediction = {
    claim: "P2" as const,
    prediction: `pre-training adds more: ${name}`,
    measured: points(gap),
    interval: gap,
    unit: "difference" as const,
  };
  const end = stuck([blank, twin], "both");
  if (end !== undefined) return { ...prediction, ...because("undecided", end) };
  if (gap.high <= 0) return { ...prediction, reading: "disagrees", why: "it adds nothing there" };
  if (gap.low <= 0 && gap.high <= MARGIN)
    return { ...prediction, reading: "disagrees", why: `less than ${MARGIN * 100} points, if anything` };
  if (gap.low <= 0) return { ...prediction, reading: "undecided" };
  const inside = stuck([input.blank, input.twin], "in distribution both");
  if (inside !== undefined) return { ...prediction, reading: "undecided", why: `it adds; ${inside}` };
  const reading = above(more, 0);
  const open = "it adds; whether more is open";
  const no = "it adds, but no more than in distribution";
  return { ...prediction, ...because(reading, { agrees: undefined, disagrees: no, undecided: open }[reading]) };
}

/** No ceiling here: a blank slate that solves all problems out of distribution too is what the prediction excludes. */
function falls(input: ScorecardInput, { name, drop }: Shifted): Prediction {
  const nowhere = endOf([input.blank]) === "floor";
  return {
    claim: "P3",
    prediction: `accuracy falls by more than ${MARGIN * 100} points: ${name}`,
    measured: points({ value: -drop.value, low: -drop.high, high: -drop.low }),
    interval: drop,
    unit: "difference",
    ...because(nowhere ? "undecided" : above(drop, MARGIN), nowhere ? "near 0 % in distribution (floor)" : undefined),
  };
}

function sharpened({ k, one, many }: NonNullable<ScorecardInput["rl"]>): readonly Prediction[] {
  const rose = above(one.difference, 0);
  const whyOne = stuck([one.before, one.after], "both");
  const first: Prediction = {
    claim: "P4",
    prediction: "RL raises pass@1",
    measured: points(one.difference),
    interval: one.difference,
    unit: "difference",
    ...because(whyOne === undefined ? rose : "undecided", whyOne),
  };
  const lessReach = below(many.difference, MARGIN);
  // Where RL moved nothing it added little to everything: that is no sharpening.
  const unmoved = lessReach === "agrees" && first.reading !== "agrees";
  const whyMany =
    stuck([many.before, many.after], "both") ?? (unmoved ? "RL did not surely raise pass@1 either" : undefined);
  const second: Prediction = {
    claim: "P4",
    prediction: `RL adds little to pass@${k} (< ${MARGIN * 100} points)`,
    measured: points(many.difference),
    interval: many.difference,
    unit: "difference",
    ...because(whyMany === undefined ? lessReach : "undecided", whyMany),
  };
  return [first, second];
}

function shrinks({ difference, accuracies }: NonNullable<ScorecardInput["shrink"]>): Prediction {
  const why = stuck(accuracies, "all");
  return {
    claim: "P2",
    prediction: "the gap in distribution shrinks with post-training tokens",
    measured: points(difference),
    interval: difference,
    unit: "difference",
    ...because(why === undefined ? below(difference, 0) : "undecided", why),
  };
}

/** The evidence against: read for what it says itself, so "agrees" here speaks against distribution fitting. */
function expands({ k, many }: NonNullable<ScorecardInput["rl"]>): Prediction {
  const why = stuck([many.before, many.after], "both");
  return {
    claim: "P5",
    prediction: `against it: RL adds more than ${MARGIN * 100} points to pass@${k}`,
    measured: points(many.difference),
    interval: many.difference,
    unit: "difference",
    ...because(why === undefined ? above(many.difference, MARGIN) : "undecided", why),
  };
}

/** A model without a prior has nothing that a reward without content could amplify. */
const idle = ({ name, gain }: NonNullable<ScorecardInput["controls"]>[number]): Prediction => ({
  claim: "P4",
  prediction: `no gain in pass@1 from a reward that is ${name}`,
  measured: points(gain),
  interval: gain,
  unit: "difference",
  ...because(
    gain.low > 0 ? "disagrees" : gain.high < MARGIN ? "agrees" : "undecided",
    gain.high < 0 ? "it even lost" : undefined,
  ),
});

function slopes(input: ScorecardInput, slope: Measured): Prediction {
  const why = stuck([input.blank, ...input.shifted.map(({ blank }) => blank)], "accuracy everywhere");
  return {
    claim: "P3",
    prediction: "accuracy falls with distance to the training distribution",
    measured: `${points(slope)} per unit`,
    interval: slope,
    unit: "accuracy per unit",
    ...because(why === undefined ? below(slope, 0) : "undecided", why),
  };
}

/** @param why no reading can be made: RL had nothing to work on */
const sharper = (
  { entropy, temperature }: NonNullable<ScorecardInput["sharpening"]>,
  why: string | undefined,
): readonly Prediction[] => [
  {
    claim: "P4",
    prediction: "RL lowers the entropy of what is written",
    measured: `${figures(entropy)} nats per token`,
    interval: entropy,
    unit: "nats per token",
    ...because(why === undefined ? below(entropy, 0) : "undecided", why),
  },
  {
    claim: "P4",
    prediction: "the model before RL comes closest at a temperature below 1",
    measured: figures(temperature),
    interval: temperature,
    unit: "temperature",
    ...because(why === undefined ? below(temperature, 1) : "undecided", why),
  },
];

/** @returns the predictions in order, each with what was measured and how it reads */
export function readPredictions(input: ScorecardInput): readonly Prediction[] {
  return [
    fitted(input),
    little(input),
    ...(input.shrink ? [shrinks(input.shrink)] : []),
    ...input.shifted.flatMap((set) => [adds(input, set), falls(input, set)]),
    ...(input.slope ? [slopes(input, input.slope)] : []),
    ...(input.rl ? sharpened(input.rl) : []),
    ...(input.sharpening && input.rl
      ? sharper(input.sharpening, stuck([input.rl.one.before, input.rl.one.after], "both"))
      : []),
    ...(input.controls ?? []).map(idle),
  ];
}

/** @returns P5, the evidence against, apart: what agrees here must not be counted as agreeing with the rest */
export function readCounterEvidence({ rl }: ScorecardInput): readonly Prediction[] {
  return rl ? [expands(rl)] : [];
}
