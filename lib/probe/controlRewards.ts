// Does RL learn from what its reward says? The same models, prompts and seeds under the true reward and under rewards that say nothing, the
// opposite, or something beside the point. A gain that a control reward gives as well was not learned from the reward.
// Source: "Spurious Rewards: Rethinking Training Signals in RLVR", arXiv 2506.10947. Differs from it: (1) models that started from random weights, which
// have no prior behaviour to amplify, so distribution fitting predicts no gain from controls; (2) gains per seed, with an interval over
// seeds, every seed kept.
import { fault } from "../core/errors.ts";
import { callable, checkOptions, flag, required, type Rules, shaped, whole, without } from "../core/options.ts";
import type { Interval } from "../core/table.ts";
import type { AnyReward, ExampleSet, GroupReward } from "../data/example.ts";
import { evaluateModels } from "../eval/evaluate.ts";
import type { ScoreRow } from "../eval/scores.ts";
import { CONFIDENCE } from "../eval/interval.ts";
import { overSeeds } from "../eval/seeds.ts";
import type { Model } from "../model/model.ts";
import { EXAMPLES } from "../train/arguments.ts";
import { RL_RULES, trainRl, type RlOptions } from "../train/rl.ts";
import type { StepReport } from "../train/run.ts";
import { SEEDS } from "./options.ts";
import { above, type Verdict } from "./reading.ts";
import type { Moved } from "./scorecard.ts";
import { sharpeningOf } from "./sharpening.ts";

export interface ControlRewardsPlan<Name extends string> {
  /** The model that RL starts from, e.g. an SFT'd blank slate of this seed; the probe disposes it. */
  start(seed: number): Promise<Model>;
  readonly prompts: ExampleSet;
  readonly test: ExampleSet;
  /** By name; made anew for each seed. */
  rewards(seed: number): Readonly<Record<Name, AnyReward | GroupReward>>;
  /** At least four; each is one observation. */
  readonly seeds: readonly number[];
  readonly rl: Omit<RlOptions, "seed" | "reward" | "checkpoint" | "resumeFrom" | "forkFrom">;
  /** Completions of each test problem, at temperature 1; default 8. */
  readonly samples?: number;
  /** Whether to ask as well if each change is a lower temperature: entropy and τ* of every seed. Default false. */
  readonly sharpening?: boolean;
  /** Default 0.95. */
  readonly confidence?: number;
}

/** Of one training: pass@1, and pass@k at the number of samples, before and after it. */
export interface SeedGain {
  readonly seed: number;
  readonly before: number;
  readonly after: number;
  readonly reachBefore: number;
  readonly reachAfter: number;
  /** Where it was asked for: nats per token, after minus before, and the temperature of the old model that comes closest. */
  readonly sharpening?: { readonly entropy: number; readonly temperature: number };
}

/** Intervals: Student's over seeds, all on the same problems. */
export interface RewardGain<Name extends string = string> {
  readonly reward: Name;
  readonly seeds: readonly SeedGain[];
  /** pass@1, at temperature 1. */
  readonly one: Moved;
  /** pass@k at `k`. */
  readonly many: Moved;
  readonly k: number;
  /** Of the intervals. */
  readonly confidence: number;
  /** Of "this reward raises pass@1". */
  readonly raises: Verdict;
}

export interface ProbeWatch {
  readonly signal?: AbortSignal | undefined;
  onStep?(report: StepReport): void;
}

export const CONTROL_RULES: Rules<ControlRewardsPlan<string>> = {
  start: required(callable),
  prompts: required(EXAMPLES),
  test: required(EXAMPLES),
  rewards: required(callable),
  seeds: required(SEEDS),
  rl: required(
    shaped<ControlRewardsPlan<string>["rl"]>(
      without(RL_RULES, "seed", "reward", "checkpoint", "resumeFrom", "forkFrom"),
    ),
  ),
  samples: whole(2),
  sharpening: flag,
  confidence: CONFIDENCE,
};

/**
 * @returns one gain per reward; nothing after an interrupt but the signal's error, because a part of the seeds would be a choice of them
 * @throws TOO_FEW_SEEDS fewer than four
 */
export async function controlRewardsOf<Name extends string>(
  plan: ControlRewardsPlan<Name>,
  watch: ProbeWatch = {},
): Promise<readonly RewardGain<Name>[]> {
  const { seeds, samples = 8, confidence = 0.95 } = checkOptions("controlRewards", plan, CONTROL_RULES);
  if (new Set(seeds).size !== seeds.length)
    throw fault("SEED_REPEATED", `seeds are ${seeds.join(", ")}.`, "a seed given twice is one observation.");
  overSeeds(seeds, confidence); // refuses too few before hours of training
  const names = Object.keys(plan.rewards(seeds[0] as number)) as Name[];
  const gains = new Map<Name, SeedGain[]>(names.map((name) => [name, []]));
  const trainings = seeds.length * names.length;
  const started = performance.now();
  let done = 0;
  let tokens = 0;
  for (const seed of seeds) {
    const start = await plan.start(seed);
    const evaluate = async (model: Model): Promise<{ readonly one: number; readonly reach: number }> => {
      const options = { samples, temperature: 1, passAt: [1, samples], seed };
      const scores = await evaluateModels({ model }, { test: plan.test }, options, { signal: watch.signal });
      watch.signal?.throwIfAborted();
      const row = scores.rows[0] as ScoreRow;
      return { one: row.accuracy.value, reach: (row.passAt[samples] as Interval).value };
    };
    try {
      const before = await evaluate(start);
      const rewards = plan.rewards(seed);
      for (const name of names) {
        const run = await trainRl(
          start,
          plan.prompts,
          { ...plan.rl, seed, reward: rewards[name] },
          { signal: watch.signal },
        );
        try {
          watch.signal?.throwIfAborted();
          const after = await evaluate(run.model);
          const sharp = plan.sharpening
            ? await sharpeningOf(start, run.model, plan.test, { samples: 2, seed, confidence, signal: watch.signal })
            : undefined;
          gains.get(name)?.push({
            seed,
            before: before.one,
            after: after.one,
            reachBefore: before.reach,
            reachAfter: after.reach,
            ...(sharp && {
              sharpening: {
                entropy: sharp.entropyAfter.value - sharp.entropyBefore.value,
                temperature: sharp.temperature.value,
              },
            }),
          });
          done += 1;
          tokens += run.tokens;
          const seconds = (performance.now() - started) / 1000;
          watch.onStep?.({ step: done, steps: trainings, tokens, seconds, metrics: { gain: after.one - before.one } });
        } finally {
          run.model.dispose();
        }
      }
    } finally {
      start.dispose();
    }
  }
  return names.map((reward) => {
    const each = gains.get(reward) as SeedGain[];
    const moved = (before: readonly number[], after: readonly number[]): Moved => ({
      before: overSeeds(before, confidence),
      after: overSeeds(after, confidence),
      difference: overSeeds(
        after.map((a, i) => a - (before[i] as number)),
        confidence,
      ),
    });
    const one = moved(
      each.map((s) => s.before),
      each.map((s) => s.after),
    );
    const many = moved(
      each.map((s) => s.reachBefore),
      each.map((s) => s.reachAfter),
    );
    return { reward, seeds: each, one, many, k: samples, confidence, raises: above(one.difference, 0) };
  });
}
