// Calibration: whether answers given with 80 % confidence are right 80 % of the time.
// Source: Guo et al., "On Calibration of Modern Neural Networks" (2017), arXiv 1706.04599. Differs from it: (1) bins hold equally many
// answers, so that none is empty; (2) every bin has Wilson's interval; (3) of an evaluation, confidence is the share of completions that
// agree with the most frequent one, and right is whether that one is.
import { fault } from "../core/errors.ts";
import { checkOptions, type Rules, text, whole } from "../core/options.ts";
import { wilson } from "../eval/rate.ts";
import { votesOf } from "../eval/summarise.ts";
import { Figure } from "./chart/figure.ts";
import { columns, type Series } from "./chart/spec.ts";
import { Score } from "./score.ts";

/** An answer: how sure the model was, between 0 and 1, and whether it was right. */
export interface Answer {
  readonly confidence: number;
  readonly correct: boolean;
}

export interface CalibrationOptions {
  readonly title?: string;
  /** Of an evaluation; default its first. */
  readonly set?: string;
  /** At most so many; fewer where answers share their confidence. Default 10. */
  readonly bins?: number;
}

const RULES: Rules<CalibrationOptions> = { title: text, set: text, bins: whole(1) };

function answersOf(score: Score, model: string, set: string): Answer[] {
  return score.perProblem
    .filter((p) => p.model === model && p.set === set)
    .map((p) => {
      const counts = new Map<string, number>();
      for (const vote of votesOf(p)) counts.set(vote, (counts.get(vote) ?? 0) + 1);
      const [top, count] = [...counts].reduce((a, b) => (b[1] > a[1] ? b : a), ["", 0] as [string, number]);
      return { confidence: count / p.completions.length, correct: top === "right" };
    });
}

interface Bin {
  readonly confidence: number;
  readonly right: number;
  readonly count: number;
}

/** Equally many answers per bin; answers of one confidence are never torn apart. */
function binsOf(answers: readonly Answer[], wanted: number): Bin[] {
  const sorted = answers.toSorted((a, b) => a.confidence - b.confidence);
  const size = Math.max(1, Math.ceil(sorted.length / wanted));
  const bins: Answer[][] = [];
  for (const answer of sorted) {
    const last = bins.at(-1);
    if (!last || (last.length >= size && last.at(-1)?.confidence !== answer.confidence)) bins.push([answer]);
    else last.push(answer);
  }
  return bins.map((bin) => ({
    confidence: bin.reduce((sum, a) => sum + a.confidence, 0) / bin.length,
    right: bin.filter((a) => a.correct).length,
    count: bin.length,
  }));
}

/** Expected calibration error: the mean distance of accuracy from confidence over answers. */
const errorOf = (bins: readonly Bin[]): number => {
  const all = bins.reduce((sum, b) => sum + b.count, 0);
  return bins.reduce((sum, b) => sum + b.count * Math.abs(b.right / b.count - b.confidence), 0) / all;
};

/**
 * Accuracy against confidence, one line per model, with the line of perfect calibration.
 * @param given an evaluation with several completions per problem, or answers by name
 * @throws BAD_CONFIDENCE a confidence outside 0 to 1; TOO_FEW_SAMPLES an evaluation with one completion per problem
 * @example chart.calibration({ model: [{ confidence: 0.9, correct: true }, { confidence: 0.6, correct: false }] }).spec.series[0]?.y // [0, 1]
 */
export function calibration(
  given: Score | Readonly<Record<string, readonly Answer[]>>,
  options: CalibrationOptions = {},
): Figure {
  checkOptions("chart.calibration", options, RULES);
  const isScore = given instanceof Score;
  if (isScore && given.options.samples < 2)
    throw fault(
      "TOO_FEW_SAMPLES",
      "one completion per problem says nothing about confidence.",
      "evaluate with samples: 8 or more, or give answers with their confidence.",
    );
  const set = options.set ?? (isScore ? given.sets[0] : "") ?? "";
  const named: [string, readonly Answer[]][] = isScore
    ? given.models.map((model) => [model, answersOf(given, model, set)])
    : Object.entries(given);
  const bad = named.flatMap(([, all]) => all).find(({ confidence }) => !(confidence >= 0 && confidence <= 1));
  if (bad) throw fault("BAD_CONFIDENCE", `a confidence is ${bad.confidence}, expected 0 to 1.`, "give probabilities.");
  const binned = named.map(([name, all]) => ({ name, bins: binsOf(all, options.bins ?? 10) }));
  const series = binned.map(({ name, bins }, colour): Series => {
    const at = bins.map((b) => wilson(b.right, b.count));
    return {
      name,
      colour,
      mark: "line",
      whiskers: true,
      x: bins.map((b) => b.confidence),
      ...columns(at),
    };
  });
  const errors = binned.map(({ name, bins }) => `${name} ${(errorOf(bins) * 100).toFixed(1)} %`).join(", ");
  const perfect: Series = { name: "perfect", mark: "line", faint: true, x: [0, 1], y: [0, 1], colour: 5 };
  return new Figure({
    title: options.title ?? (isScore ? `Calibration, ${set}` : "Calibration"),
    x: {
      label: isScore ? "confidence (share of completions that agree)" : "confidence",
      percent: true,
      range: [0, 1],
    },
    y: { label: "accuracy", percent: true, range: [0, 1] },
    series: [...series, perfect],
    note: `Faint: perfect calibration. Bins hold equally many answers; whiskers: 95 % (Wilson). Expected calibration error: ${errors}.`,
  });
}
