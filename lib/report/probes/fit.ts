// How well a model fits the distribution of its data: loss above the entropy floor, KL to the data in both directions, novelty of what it
// writes, and who finds whose texts likely.
import { host } from "../../core/host.ts";
import type { Interval } from "../../core/table.ts";
import type { ExampleSet } from "../../data/example.ts";
import type { Model } from "../../model/model.ts";
import { type CrossPerplexityCell, crossPerplexityOf } from "../../probe/crossPerplexity.ts";
import { type DataKl, dataKlOf, type DataKlPlan } from "../../probe/dataKl.ts";
import type { KlOptions } from "../../probe/kl.ts";
import { type NllGapPlan, type NllGapRow, nllGapOf } from "../../probe/nllGap.ts";
import { type NoveltyPlan, type NoveltyRow, noveltyOf } from "../../probe/novelty.ts";
import type { ProbeOptions } from "../../probe/options.ts";
import { figures, level, listed, share } from "../../probe/words.ts";
import type { World } from "../../world/world.ts";
import { columns, type Series } from "../chart/spec.ts";
import { Finding } from "../finding.ts";

type Models = Readonly<Record<string, Model>>;
type Options = Omit<ProbeOptions, "signal">;

const NONE: Interval = { value: Number.NaN, low: Number.NaN, high: Number.NaN };
/** Bars of one series, one per category. */
export const bars = (name: string, intervals: readonly (Interval | null)[]): Series => ({
  name,
  mark: "bar",
  x: intervals.map((_, i) => i),
  ...columns(intervals.map((i) => i ?? NONE)),
});

function nllWords(rows: readonly NllGapRow[]): string {
  const models = [...new Set(rows.map((r) => r.model))];
  const parts = models.map((model) => {
    const here = rows.filter((r) => r.model === model && r.set !== "seen");
    return `“${model}” lies ${listed(here.map((r) => `${figures(r.kl)} on “${r.set}”`))}`;
  });
  return `Above the entropy floor, in nats per completion token, ${listed(parts)}.`;
}

/**
 * Loss above the known entropy floor, on examples that training showed, on new ones and on shifted ones: KL(data ‖ model) per token.
 * @throws EMPTY_DATA, TOO_LONG
 * @example await probe.nllGap({ "blank + SFT": run.model }, task, { seen: data, sets: { test: {}, deeper: { depth: [10, 12] } } })
 */
export async function nllGap<Shift extends object>(
  models: Models,
  task: World<Shift>,
  plan: NllGapPlan<Shift>,
  options: Options = {},
): Promise<Finding<readonly NllGapRow[]>> {
  const rows = await host().cooperate((signal) => nllGapOf(models, task, plan, { ...options, signal }));
  const sets = ["seen", ...Object.keys(plan.sets)];
  return new Finding(rows, {
    title: `Loss above the entropy floor, ${task.name}`,
    rows: rows.map(({ model, set, problems, crossEntropy, floor, kl, gap, totalVariation }) => ({
      model,
      set,
      problems,
      "nats per token": crossEntropy,
      floor,
      "KL(data ‖ model)": kl,
      "minus seen": gap,
      "total variation": totalVariation,
    })),
    chart: {
      title: `KL(data ‖ model), ${task.name}`,
      x: { label: "", scale: "category", categories: sets },
      y: { label: "nats per completion token above the floor" },
      series: Object.keys(models).map((model) =>
        bars(
          model,
          sets.map((set) => rows.find((r) => r.model === model && r.set === set)?.kl ?? null),
        ),
      ),
    },
    sentence: nllWords(rows),
    note: `Intervals: ${level(options.confidence)} over problems. The floor is exact; total variation is between whole completions, where the prompt determines them.`,
  });
}

/** Of whose texts too few are possible. */
function fewWords(rows: readonly DataKl[]): string {
  const few = rows.filter(({ reverse }) => reverse === null || Number.isNaN(reverse.low)).map((r) => `“${r.model}”`);
  return few.length === 0
    ? ""
    : ` Fewer than four texts of ${listed(few)} are possible: the KL of those has no interval.`;
}

/**
 * KL between a model that learned every token and the data's true distribution, over whole examples, in both directions. Where fewer than four of
 * a model's texts are possible, KL(model ‖ data) of those has no interval.
 * @throws BAD_WORLD a mixture; TOO_LONG
 * @example await probe.dataKl({ "pre-trained": reading.model }, task, { n: 512 })
 */
export async function dataKl(
  models: Models,
  task: World,
  plan: DataKlPlan = {},
  options: Options = {},
): Promise<Finding<readonly DataKl[]>> {
  const rows = await host().cooperate((signal) => dataKlOf(models, task, plan, { ...options, signal }));
  return new Finding(rows, {
    title: `KL between model and data, ${task.name}`,
    rows: rows.map(({ model, n, entropy, forward, reverse, outside }) => ({
      model,
      draws: n,
      "entropy of the data": entropy,
      "KL(data ‖ model)": forward,
      "impossible texts": outside,
      "KL(model ‖ data) of the rest": reverse,
    })),
    chart: {
      title: `KL between model and data, ${task.name}`,
      x: { label: "", scale: "category", categories: rows.map((r) => r.model) },
      y: { label: "nats per example" },
      series: [
        bars(
          "KL(data ‖ model)",
          rows.map((r) => r.forward),
        ),
        bars(
          "KL(model ‖ data), possible texts",
          rows.map((r) => r.reverse),
        ),
      ],
    },
    sentence: `${listed(rows.map((r) => `“${r.model}” is ${figures(r.forward)} nats per example from the data, and ${share(r.outside)} of its own texts are impossible`))}.`,
    note: `${rows[0]?.n ?? 0} fresh draws and as many texts of the model; p is exact, so the data's entropy cancels draw by draw. Intervals: ${level(options.confidence)}.${fewWords(rows)}`,
  });
}

function noveltyWords(rows: readonly NoveltyRow[], runs: readonly number[]): string {
  const reference = rows.find((r) => r.writer === "reference");
  const shortest = runs.find((n) => reference?.fresh[n]);
  if (shortest === undefined || !reference) return "No completion is as long as the shortest run that was asked for.";
  const parts = rows
    .filter((r) => r.writer !== "reference" && r.fresh[shortest])
    .map(
      (r) =>
        `${share(r.fresh[shortest] as Interval)} in ${r.which === "all" ? "what" : "the right answers that"} “${r.writer}” writes`,
    );
  return `Runs of ${shortest} words that no training example has: ${listed(parts)}; in the references ${share(reference.fresh[shortest] as Interval)}.`;
}

/**
 * How new are a model's completions: runs of words that training never had, the longest run that it had, whole completions reused.
 * @throws TOO_LONG
 * @example await probe.novelty({ "blank + SFT": run.model }, task.test({ n: 100 }), { train: [data], runs: [2, 4, 8] })
 */
export async function novelty(
  models: Models,
  set: ExampleSet,
  plan: NoveltyPlan,
  options: Options = {},
): Promise<Finding<readonly NoveltyRow[]>> {
  const rows = await host().cooperate((signal) => noveltyOf(models, set, plan, { ...options, signal }));
  const runs = Object.keys(rows[0]?.fresh ?? {}).map(Number);
  const name = (r: NoveltyRow) => (r.writer === "reference" ? r.writer : `${r.writer}, ${r.which}`);
  return new Finding(rows, {
    title: `Novelty of completions, ${set.name}`,
    rows: rows.map((r) => ({
      completions: name(r),
      n: r.completions,
      ...Object.fromEntries(runs.map((n) => [`new runs of ${n}`, r.fresh[n] ?? null])),
      "longest known run": r.longest,
      "its share": r.covered,
      "whole completion reused": r.reused,
      "example recalled": r.recalled,
    })),
    chart: {
      title: `Runs of words that training never had, ${set.name}`,
      x: { label: "words in a run", scale: "category", categories: runs.map(String) },
      y: { label: "share of runs", percent: true },
      series: rows.map((r) =>
        bars(
          name(r),
          runs.map((n) => r.fresh[n] ?? null),
        ),
      ),
    },
    sentence: noveltyWords(rows, runs),
    note: `Intervals: ${level(options.confidence)} over problems. A right answer to a new problem has a novelty of its own: the references' is that.`,
  });
}

function crossWords(cells: readonly CrossPerplexityCell[], models: readonly string[]): string {
  const [old, young] = [models[0], models.at(-1)];
  const cell = cells.find((c) => c.writer === young && c.reader === old);
  const own = cells.find((c) => c.writer === old && c.reader === old);
  if (!cell?.excess || !own || old === young) return "One model has nobody to be read by.";
  const likely =
    cell.nats.high < own.nats.low
      ? "more likely than its own texts"
      : cell.nats.low > own.nats.high
        ? "less likely than its own texts"
        : "about as likely as its own texts";
  return `“${old}” reads what “${young}” writes at ${figures(cell.nats)} nats per token, ${likely} (${figures(own.nats)}); that is ${figures(cell.excess)} more than “${young}” itself needs.`;
}

/**
 * Every model's texts under every model: nats per token and perplexity, and what a reader needs beyond the writer itself.
 * @throws VOCABULARY_MISMATCH, TOO_LONG
 * @example await probe.crossPerplexity({ "before RL": run.model, "after RL": tuned.model }, task.test({ n: 64 }))
 */
export async function crossPerplexity(
  models: Models,
  set: ExampleSet,
  options: KlOptions = {},
): Promise<Finding<readonly CrossPerplexityCell[]>> {
  const cells = await host().cooperate((signal) => crossPerplexityOf(models, set, { ...options, signal }));
  const names = Object.keys(models);
  const writers = ["reference", ...names];
  return new Finding(cells, {
    title: `Who finds whose texts likely, ${set.name}`,
    rows: cells.map(({ writer, reader, nats, perplexity, excess }) => ({
      "written by": writer,
      "read by": reader,
      "nats per token": nats,
      perplexity,
      "beyond the writer": excess,
    })),
    chart: {
      title: `Texts under each model, ${set.name}`,
      x: { label: "written by", scale: "category", categories: writers },
      y: { label: "nats per token" },
      series: names.map((reader) =>
        bars(
          `read by ${reader}`,
          writers.map((writer) => cells.find((c) => c.writer === writer && c.reader === reader)?.nats ?? null),
        ),
      ),
    },
    sentence: crossWords(cells, names),
    note: `${set.examples.length} prompts, ${options.samples ?? 4} completions of each model at temperature 1. Intervals: ${level(options.confidence)} over prompts.`,
  });
}
