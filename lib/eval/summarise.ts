// From outcomes per problem to rows and comparisons: pure, so that the same outcomes always give the same table.
import { fold, key } from "../core/rng.ts";
import { calibrationOf } from "./calibration.ts";
import { clusteredIntervals } from "./clustered.ts";
import type { LeakReport } from "./leakage.ts";
import { majAtK } from "./majAtK.ts";
import { pairedTest } from "./pairedTest.ts";
import { passAtK } from "./passAtK.ts";
import { perRight } from "./perRight.ts";
import type { Comparison, ProblemScore, ScoreRow, Scores } from "./scores.ts";

type Options = Scores["options"];
const sum = (xs: readonly number[]) => xs.reduce((a, b) => a + b, 0);
const rightOf = (p: ProblemScore) => p.solved.filter(Boolean).length;
const accuracyOf = (p: ProblemScore) => rightOf(p) / p.solved.length;

/** All right answers are one answer; which wrong answer it was still matters. */
export const votesOf = (p: ProblemScore) =>
  p.completions.map((text, i) => (p.solved[i] ? "right" : `wrong: ${text.trim()}`));

export interface Evaluated {
  readonly models: readonly string[];
  readonly sets: readonly string[];
  /** By model. */
  readonly facts: Readonly<Record<string, { readonly parameters: number; readonly firstTokenSeconds: number | null }>>;
  /** By set. */
  readonly leaks: Readonly<Record<string, LeakReport>>;
}

/** More kinds than this are no kinds but names. */
const MAX_CATEGORIES = 40;
/** Where a problem was drawn, and how it is checked, is no kind of problem. */
const NO_CATEGORIES = ["split", "test", "tests", "setup", "entry_point"];

/** Meta keys whose texts sort the problems into at least two kinds. */
function categoriesOf(problems: readonly ProblemScore[]): readonly string[] {
  const keys = [...new Set(problems.flatMap(({ meta }) => Object.keys(meta)))];
  return keys.filter((key) => {
    if (NO_CATEGORIES.includes(key)) return false;
    const values = new Set(problems.map(({ meta }) => meta[key]));
    return [...values].every((v) => typeof v === "string") && values.size > 1 && values.size <= MAX_CATEGORIES;
  });
}

/**
 * @returns rows in order of sets, then models; models without a finished problem in a set have no row there
 */
export function summarise(
  { models, sets, facts, leaks }: Evaluated,
  outcomes: readonly ProblemScore[],
  options: Options,
): { readonly rows: ScoreRow[]; readonly comparisons: Comparison[] } {
  const intervals = clusteredIntervals(fold(key(options.seed), "intervals"), options.confidence);
  const { ratio, difference, rate } = intervals;
  const outcomesOf = (model: string, set: string) => outcomes.filter((o) => o.model === model && o.set === set);

  const cleanOf = (set: string, problems: readonly ProblemScore[]): Pick<ScoreRow, "clean"> => {
    const report = leaks[set];
    if (!report) return {};
    const leaked = new Set(report.leaks.map(({ id }) => id));
    const here = problems.filter(({ id }) => !leaked.has(id));
    return {
      clean: { problems: here.length, accuracy: here.length === 0 ? null : rate(here, here.map(accuracyOf)) },
    };
  };

  const toRow = (model: string, set: string, problems: readonly ProblemScore[]): ScoreRow => {
    const each = <T>(f: (p: ProblemScore) => T) => problems.map((p) => f(p));
    const samples = sum(each((p) => p.solved.length));
    const tokens = sum(each((p) => p.generatedTokens));
    const seconds = sum(each((p) => p.seconds));
    const known = facts[model] as Evaluated["facts"][string];
    const flopsOf = (p: ProblemScore) => 2 * known.parameters * (p.generatedTokens + p.promptTokens);
    const per = (amount: (p: ProblemScore) => number) =>
      perRight(
        intervals,
        problems,
        each(amount),
        each(rightOf),
        each((p) => p.solved.length),
      );
    const at = (ks: readonly number[], f: (p: ProblemScore, k: number) => number) =>
      Object.fromEntries(
        ks.map((k) => [
          k,
          rate(
            problems,
            each((p) => f(p, k)),
          ),
        ]),
      );
    const depths = [...new Set(each((p) => p.meta["depth"]))]
      .filter((d) => typeof d === "number")
      .sort((a, b) => a - b);
    return {
      model,
      set,
      problems: problems.length,
      samples: options.samples,
      temperature: options.temperature,
      accuracy: rate(problems, each(accuracyOf)),
      passAt: at(options.passAt, (p, k) => passAtK(p.solved.length, rightOf(p), k)),
      majAt: at(options.majAt, (p, k) => majAtK(votesOf(p), "right", k)),
      nllPerToken: ratio(
        problems,
        each((p) => p.referenceNats),
        each((p) => p.referenceTokens),
      ),
      byDepth: depths.map((depth) => {
        const here = problems.filter((p) => p.meta["depth"] === depth);
        return { depth, problems: here.length, accuracy: rate(here, here.map(accuracyOf)) };
      }),
      bitsPerByte: ratio(
        problems,
        each((p) => p.referenceNats / Math.LN2),
        each((p) => p.referenceBytes),
      ),
      calibration: calibrationOf(problems, fold(key(options.seed), "calibration"), options.confidence),
      ...cleanOf(set, problems),
      byCategory: categoriesOf(problems).flatMap((name) =>
        [...new Set(each((p) => `${p.meta[name]}`))].toSorted().map((category) => {
          const here = problems.filter((p) => p.meta[name] === category);
          // Of one template the question is how its problems go, not how other templates would.
          const asked = name === "template" ? here.map(() => ({ meta: {} })) : here;
          return { key: name, category, problems: here.length, accuracy: rate(asked, here.map(accuracyOf)) };
        }),
      ),
      firstTokenSeconds: known.firstTokenSeconds,
      distinctShare: sum(each((p) => new Set(p.completions).size)) / samples,
      unfinishedShare: sum(each((p) => p.unfinished)) / samples,
      tokens,
      seconds,
      flops: sum(each(flopsOf)),
      tokensPerCorrect: per((p) => p.generatedTokens),
      secondsPerCorrect: per((p) => p.seconds),
      flopsPerCorrect: per(flopsOf),
    };
  };

  const compare = (set: string, a: string, b: string): Comparison[] => {
    const before = outcomesOf(a, set);
    const after = outcomesOf(b, set);
    // After an interrupt one model may be a batch ahead: only problems both have finished are compared.
    const shared = Math.min(before.length, after.length);
    if (shared === 0) return [];
    const pairs = before.slice(0, shared).map((p, i) => [p, after[i] as ProblemScore] as const);
    const differences = pairs.map(([p, q]) => accuracyOf(q) - accuracyOf(p));
    const problems = after.slice(0, shared);
    const p = pairedTest(problems, differences, fold(key(options.seed), "flips", shared));
    return [{ set, a, b, problems: shared, difference: difference(problems, differences), p }];
  };

  const rows = sets.flatMap((set) =>
    models.flatMap((model) => {
      const problems = outcomesOf(model, set);
      return problems.length === 0 ? [] : [toRow(model, set, problems)];
    }),
  );
  const comparisons = sets.flatMap((set) =>
    models.flatMap((a, i) => models.slice(i + 1).flatMap((b) => compare(set, a, b))),
  );
  return { rows, comparisons };
}
