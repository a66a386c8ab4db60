// Experiments over seeds with their live line: twins, control rewards, and the scorecard that both make.
import type { StepReport } from "../../train/run.ts";
import {
  type ControlRewardsPlan,
  controlRewardsOf,
  type ProbeWatch,
  type RewardGain,
} from "../../probe/controlRewards.ts";
import { type Prediction, readCounterEvidence, readPredictions } from "../../probe/scorecard.ts";
import { seededInput, type SeededOptions } from "../../probe/seeded.ts";
import { type Twins, twinsOf, type TwinsPlan } from "../../probe/twins.ts";
import { level, listed, points } from "../../probe/words.ts";
import { columns, type ChartSpec, type Series } from "../chart/spec.ts";
import { Finding } from "../finding.ts";
import { watchLive } from "../live.ts";
import { WORDS } from "./verdicts.ts";

const watched = <T>(title: string, unit: string, work: (watch: ProbeWatch) => Promise<T>): Promise<T> =>
  watchLive({ title, unit, shown: ({ metrics }: StepReport) => metrics }, work);

function twinsChart({ sets, seeds, points: all, confidence }: Twins): ChartSpec {
  const series = sets.flatMap((set, colour): Series[] => {
    const here = all.filter((p) => p.set === set);
    const x = here.map((p) => p.tokens);
    return [
      {
        name: set,
        colour,
        mark: "line",
        x,
        ...columns(here.map((p) => p.gap)),
      },
      ...seeds.map((seed, i): Series => {
        const y = here.map((p) => p.gaps[i] ?? Number.NaN);
        return { name: `${set}, seed ${seed}`, colour, mark: "line", faint: true, x, y };
      }),
    ];
  });
  return {
    title: "What pre-training is worth",
    x: { label: "post-training tokens", scale: "log" },
    y: { label: "accuracy of the twin minus the blank slate's", percent: true },
    series,
    references: [{ y: 0, label: "no gap" }],
    note: `Faint: single seeds. Band: ${level(confidence)} over seeds.`,
  };
}

function twinsWords({ sets, points: all, seeds }: Twins): string {
  const parts = sets.map((set) => {
    const last = all.findLast((p) => p.set === set);
    return last ? `${points(last.gap)} on “${set}”` : "";
  });
  return `Over ${seeds.length} seeds, at the largest budget, the twin is ahead of the blank slate by ${listed(parts)}.`;
}

/**
 * A blank slate and its pre-trained twin on the same ordered post-training tokens: the gap between them against tokens, for every set, over seeds.
 * Shows a live line. An interrupt ends it without a result: a part of the seeds would be a choice of them.
 * @throws TOO_FEW_SEEDS fewer than four; SEED_REPEATED, EMPTY_DATA, and what training and evaluation throw
 * @example
 * await probe.twins({
 *   init: (seed) => model.init({ vocab: task.vocab, layers: 2, width: 64, heads: 2, maxLength: 64, seed }),
 *   corpus: task.pretrainCorpus(20_000), pretrain: { steps: 600, batch: 32, learningRate: 3e-3 },
 *   train: task.train(20_000), sft: { batch: 32, learningRate: 3e-3 }, budgets: [100, 400], seeds: [0, 1, 2, 3],
 *   sets: { test: task.test(), deeper: task.test({ depth: [11, 14] }) },
 * })
 */
export async function twins<S extends string>(plan: TwinsPlan<S>): Promise<Finding<Twins<S>>> {
  const found = await watched("twins", "budget and seed", (watch) => twinsOf(plan, watch));
  return new Finding(found, {
    title: "A blank slate and its pre-trained twin",
    rows: found.points.map(({ set, steps, tokens, blank, twin, gap, gaps }) => ({
      set,
      steps,
      tokens: Math.round(tokens),
      blank,
      twin,
      gap,
      "gap of each seed": gaps.map((g) => g.toFixed(3)).join("  "),
    })),
    chart: twinsChart(found),
    sentence: twinsWords(found),
    note: `${found.seeds.length} seeds, all of them shown; intervals: ${level(found.confidence)}, Student's over seeds, on the same problems.`,
  });
}

function gainWords({ reward, one, raises }: RewardGain): string {
  const said = points(one.difference);
  if (raises === "agrees") return `“${reward}” raised pass@1 (${said})`;
  return one.difference.high < 0
    ? `“${reward}” lowered it (${said})`
    : `for “${reward}” no change can be told (${said})`;
}

/**
 * RL from the same models, prompts and seeds under several rewards: does it learn from what the reward says?
 * Shows a live line. An interrupt ends it without a result.
 * @throws TOO_FEW_SEEDS fewer than four; SEED_REPEATED, and what training and evaluation throw
 * @example
 * await probe.controlRewards({
 *   start: async (seed) => (await sft(await fresh(seed), task.train(4000), fit)).model,
 *   prompts: task.prompts(256), test: task.test({ n: 200 }), seeds: [0, 1, 2, 3], rl: { steps: 30 },
 *   rewards: (seed) => ({ true: task.reward, random: rewards.random({ seed }), inverted: rewards.inverted(task.verify) }),
 * })
 */
export async function controlRewards<Name extends string>(
  plan: ControlRewardsPlan<Name>,
): Promise<Finding<readonly RewardGain<Name>[]>> {
  const found = await watched("control rewards", "training", (watch) => controlRewardsOf(plan, watch));
  const gains = found.map(({ one }) => one.difference);
  const each = plan.seeds.map((seed, i): Series => ({
    name: `seed ${seed}`,
    mark: "points",
    faint: true,
    x: found.map((_, j) => j),
    y: found.map(({ seeds }) => (seeds[i]?.after ?? Number.NaN) - (seeds[i]?.before ?? Number.NaN)),
  }));
  return new Finding(found, {
    title: "RL under true and control rewards",
    rows: found.map(({ reward, one, many, k, seeds }) => ({
      reward,
      "pass@1 before": one.before,
      "pass@1 after": one.after,
      gain: one.difference,
      [`gain in pass@${k}`]: many.difference,
      "gain of each seed": seeds.map((s) => (s.after - s.before).toFixed(3)).join("  "),
      ...(seeds.every((s) => s.sharpening)
        ? { "τ* of each seed": seeds.map((s) => s.sharpening?.temperature.toFixed(2)).join("  ") }
        : {}),
    })),
    chart: {
      title: "What RL learns from each reward",
      x: { label: "", scale: "category", categories: found.map(({ reward }) => reward) },
      y: { label: "pass@1 after minus before", percent: true },
      series: [
        {
          name: "mean over seeds",
          mark: "points",
          x: found.map((_, i) => i),
          ...columns(gains),
        },
        ...each,
      ],
      references: [{ y: 0, label: "no gain" }],
    },
    sentence: `Over ${plan.seeds.length} seeds, ${listed(found.map(gainWords))}.`,
    note: `${plan.seeds.length} seeds, all of them shown; intervals: ${level(plan.confidence)}, Student's over seeds, on the same problems.`,
  });
}

/**
 * The predictions P1 to P5 of distribution fitting against experiments over seeds: supported, contradicted or undecided, each with its effect.
 * P5 is the evidence against: "supported" there speaks for RL that adds reach.
 * @param found of `twins`; rl and controls of `controlRewards`
 * @example probe.predictions(gaps, { chance: task.chance, rl: gains.result[0], controls: gains.result.slice(1) })
 */
export function predictions(found: Finding<Twins>, options: SeededOptions): Finding<readonly Prediction[]> {
  const input = seededInput(found.result, options);
  const [claims, against] = [readPredictions(input), readCounterEvidence(input)];
  const read = [...claims, ...against];
  const drawn = read.filter(({ unit }) => unit === "accuracy" || unit === "difference");
  const seeds = found.result.seeds.length;
  const count = (reading: Prediction["reading"]) => claims.filter((p) => p.reading === reading).length;
  return new Finding(read, {
    title: "Predictions of distribution fitting",
    rows: read.map(({ claim, prediction, interval: { each = [], ...effect }, unit, reading, why }) => ({
      claim,
      prediction,
      effect,
      unit,
      seeds,
      "each seed": each.map((v) => v.toFixed(3)).join("  "),
      reading: why === undefined ? WORDS[reading] : `${WORDS[reading]}: ${why}`,
    })),
    chart: {
      title: "Effects with their intervals",
      x: { label: "", scale: "category", categories: drawn.map(({ claim }, i) => `${claim} (${i + 1})`) },
      y: { label: "accuracy or difference of accuracies", percent: true },
      series: [
        {
          name: "effect",
          mark: "points",
          x: drawn.map((_, i) => i),
          ...columns(drawn.map(({ interval }) => interval)),
        },
      ],
      references: [{ y: 0, label: "0" }],
    },
    sentence: `Over ${seeds} seeds in one world, ${count("agrees")} of ${claims.length} readings are supported, ${count("disagrees")} contradicted and ${count("undecided")} undecided.${against.map((p) => ` Evidence against, P5, is ${p.reading === "agrees" ? "there" : p.reading === "disagrees" ? "not there" : "undecided"}.`).join("")}`,
    note: `Intervals: ${level(found.result.confidence)} over seeds; readings are not corrected for their number. Another world may read otherwise.`,
  });
}
