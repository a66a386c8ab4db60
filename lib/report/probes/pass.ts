// Two models' pass@k side by side: where the curves cross, and which problems each covers.
import { checkOptions, required, type Rules, text } from "../../core/options.ts";
import type { Interval } from "../../core/table.ts";
import { type Coverage, coverageOf } from "../../probe/coverage.ts";
import { type Crossover, type CrossingPoint, crossoverOf } from "../../probe/crossover.ts";
import { percent, points } from "../../probe/words.ts";
import { columns } from "../chart/spec.ts";
import { Finding } from "../finding.ts";
import type { Score } from "../score.ts";

export interface PairOptions<M extends string, S extends string> {
  /** The model before, e.g. before RL, by its name in the score. */
  readonly before: NoInfer<M>;
  readonly after: NoInfer<M>;
  /** Default: the first set. */
  readonly set?: NoInfer<S>;
}

const RULES: Rules<PairOptions<string, string>> = { before: required(text), after: required(text), set: text };

const over = (score: Score, set: string | undefined): string => set ?? (score.sets[0] as string);

const kText = (k: number | null, samples: number): string => (k === null ? `beyond ${samples}` : String(k));

const side = ({ low, high }: Interval): string =>
  low > 0 ? "ahead" : high < 0 ? "behind" : "no difference that could be told";

function crossingWords({ crossing, curve, samples, before, after }: Crossover): string {
  const { value, low, high, crossingShare }: CrossingPoint = crossing;
  const first = curve[0]?.difference;
  const last = curve.at(-1)?.difference;
  if (!first || !last) return "";
  const ends = `“${after}” minus “${before}”: ${points(first)} at k = 1, ${points(last)} at k = ${samples}`;
  const share = `the curves cross in ${percent(crossingShare)} of the resamples`;
  const at = `k* = ${kText(value, samples)} (${kText(low, samples)} to ${kText(high, samples)})`;
  if (first.low > 0 && last.high < 0) return `${ends}: the first try was bought with reach, ${at}.`;
  if (first.low > 0 && last.low > 0) return `${ends}: ahead at the first try and in reach; ${share}.`;
  if (first.low > 0) return `${ends}: whether and where they cross is open; ${share}, ${at}.`;
  if (first.high < 0 && last.high < 0) return `${ends}: behind at the first try and in reach.`;
  // Curves that begin together or the other way round do not cross as k* has it.
  return `${ends}: at the first try ${side(first)}, in reach ${side(last)}.`;
}

/**
 * Where the pass@k curves of two models cross: k*, the smallest k at which the model before reaches more problems than the one after it.
 * @param score several completions per problem of both models
 * @throws NO_SUCH_SCORE
 * @example probe.crossover(pass, { before: "before RL", after: "after RL" })
 */
export function crossover<M extends string, S extends string>(
  score: Score<M, S>,
  options: PairOptions<M, S>,
): Finding<Crossover> {
  const found = crossoverOf(score, { ...checkOptions("crossover", options, RULES), set: over(score, options.set) });
  const { before, after, curve, samples, problems } = found;
  const line = (
    name: string,
    colour: number,
    read: (c: Crossover["curve"][number]) => { value: number; low: number; high: number },
  ) => ({
    name,
    colour,
    mark: "line" as const,
    x: curve.map((c) => c.k),
    ...columns(curve.map((c) => read(c))),
  });
  return new Finding(found, {
    title: `pass@k before and after, ${found.set}`,
    rows: curve.map((c) => ({ k: c.k, [before]: c.before, [after]: c.after, difference: c.difference })),
    chart: {
      title: `pass@k, ${found.set}`,
      x: { label: "k (completions per problem)", scale: "log", ticks: curve.map((c) => c.k) },
      y: { label: "problems solved at least once in k", percent: true },
      series: [line(before, 0, (c) => c.before), line(after, 1, (c) => c.after)],
    },
    sentence: crossingWords(found),
    note: `${problems} problems, ${samples} completions of each; intervals: ${score.options.confidence * 100} % over problems, differences paired.`,
  });
}

function coverageWords({ before, after, onlyBefore, onlyAfter, difference, p, samples }: Coverage): string {
  const counts = `In ${samples} tries “${after}” solves ${onlyAfter.problems} problems that “${before}” does not, and “${before}” ${onlyBefore.problems} that “${after}” does not (${points(difference)}, exact p = ${p < 0.001 ? "below 0.001" : p.toFixed(3)})`;
  if (p >= 0.05) return `${counts}: luck alone may fill both.`;
  return difference.value > 0 ? `${counts}: reach grew.` : `${counts}: reach shrank.`;
}

/**
 * Which problems two models solve at least once: both, one of them, none; with the exact test of whether they differ.
 * @throws NO_SUCH_SCORE
 * @example probe.coverage(pass, { before: "before RL", after: "after RL" })
 */
export function coverage<M extends string, S extends string>(
  score: Score<M, S>,
  options: PairOptions<M, S>,
): Finding<Coverage> {
  const found = coverageOf(score, { ...checkOptions("coverage", options, RULES), set: over(score, options.set) });
  const cells = [
    ["both", found.both],
    [`only ${found.before}`, found.onlyBefore],
    [`only ${found.after}`, found.onlyAfter],
    ["neither", found.neither],
  ] as const;
  const shares = cells.map(([, cell]) => cell.share);
  return new Finding(found, {
    title: `Problems solved at least once in ${found.samples}, ${found.set}`,
    rows: cells.map(([name, cell]) => ({ "solved by": name, problems: cell.problems, share: cell.share })),
    chart: {
      title: `Solved at least once in ${found.samples}, ${found.set}`,
      x: { label: "", scale: "category", categories: cells.map(([name]) => name) },
      y: { label: "share of problems", percent: true, range: [0, 1] },
      series: [
        {
          name: "problems",
          mark: "bar",
          x: cells.map((_, i) => i),
          ...columns(shares),
        },
      ],
    },
    sentence: coverageWords(found),
    note: `${found.problems} problems. A success rarer than one in ${found.samples} is mostly missed: not covered is not out of reach.`,
  });
}
