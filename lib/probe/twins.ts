// The paper's comparison as one experiment: a blank slate and its pre-trained twin see the same post-training tokens in the same order, at
// several budgets, over several seeds; what is measured is the gap between them against tokens, in and out of distribution.
// Source: "Post-training is (Massive) Supervised Learning", arXiv 2606.07527 (abstract: both variants fine-tuned and compared). Differs
// from it: small models in worlds whose distribution is known. The twin starts from the blank slate's own random weights, so that
// pre-training is all that the two do not share. Each budget is a run of its own with its whole learning-rate schedule: a point on the way
// of a longer run would be a model that was stopped, not one that had finished.
import { fault } from "../core/errors.ts";
import { callable, checkOptions, listOf, required, type Rules, shaped, whole, without } from "../core/options.ts";
import type { Interval } from "../core/table.ts";
import type { Example, ExampleSet } from "../data/example.ts";
import { EVALUATE_RULES, evaluateModels } from "../eval/evaluate.ts";
import { CONFIDENCE } from "../eval/interval.ts";
import type { EvaluateOptions } from "../eval/scores.ts";
import { overSeeds } from "../eval/seeds.ts";
import type { Model } from "../model/model.ts";
import { EXAMPLES, SETS } from "../train/arguments.ts";
import { SFT_RULES, type SftOptions, trainPretrain, trainSft } from "../train/sft.ts";
import type { ProbeWatch } from "./controlRewards.ts";
import { distanceCurveOf } from "./distanceCurve.ts";
import { SEEDS } from "./options.ts";

type Fit = Omit<SftOptions, "seed" | "checkpoint" | "resumeFrom" | "forkFrom">;

export interface TwinsPlan<S extends string> {
  /** The blank slate of a seed; the probe disposes it. */
  init(seed: number): Promise<Model>;
  readonly corpus: ExampleSet;
  readonly pretrain: Fit;
  readonly train: ExampleSet;
  readonly sft: Omit<Fit, "steps" | "warmup">;
  /** Fine-tuning steps, ascending. */
  readonly budgets: readonly number[];
  /** By name, the one in distribution first. */
  readonly sets: Readonly<Record<S, ExampleSet>>;
  /** At least four; each gives weights, order of data and samples of its own. */
  readonly seeds: readonly number[];
  /** Of an example to the training distribution, e.g. `(e) => task.distanceToTrain(e).structural`: adds the slope of accuracy over it. */
  readonly distance?: (example: Example) => number;
  /** Default: one greedy completion. */
  readonly evaluate?: Pick<EvaluateOptions, "samples" | "temperature" | "maxNewTokens">;
  /** Default 0.95. */
  readonly confidence?: number;
}

/** Accuracies as fractions, one per seed in the order of the seeds. */
export interface TwinsPoint<S extends string = string> {
  readonly set: S;
  readonly steps: number;
  /** Post-training tokens that each has read; a mean over seeds, whose data come in different orders. */
  readonly tokens: number;
  readonly blanks: readonly number[];
  readonly twins: readonly number[];
  /** Twin minus blank of each seed. */
  readonly gaps: readonly number[];
  /** Over seeds, all on the same problems. */
  readonly blank: Interval;
  readonly twin: Interval;
  readonly gap: Interval;
}

export interface Twins<S extends string = string> {
  readonly seeds: readonly number[];
  readonly sets: readonly S[];
  /** By set, then budget. */
  readonly points: readonly TwinsPoint<S>[];
  /** Of all intervals. */
  readonly confidence: number;
  /** Of the blank slate at the largest budget, all sets pooled: accuracy per unit of distance, of each seed. Where a distance was given. */
  readonly slopes?: readonly number[];
}

const FIT: Rules<Fit> = without(SFT_RULES, "seed", "checkpoint", "resumeFrom", "forkFrom");
const { samples, temperature, maxNewTokens } = EVALUATE_RULES;
/** Looked at before hours of training. */
export const TWINS_RULES: Rules<TwinsPlan<string>> = {
  init: required(callable),
  corpus: required(EXAMPLES),
  pretrain: required(shaped<Fit>(FIT)),
  train: required(EXAMPLES),
  sft: required(shaped<Omit<Fit, "steps" | "warmup">>(without(FIT, "steps", "warmup"))),
  budgets: required(listOf(whole(1), 0)),
  sets: required(SETS),
  seeds: required(SEEDS),
  distance: callable,
  evaluate: shaped<NonNullable<TwinsPlan<string>["evaluate"]>>({ samples, temperature, maxNewTokens }),
  confidence: CONFIDENCE,
};

/**
 * @throws TOO_FEW_SEEDS fewer than four; SEED_REPEATED; EMPTY_DATA no budget; NO_SPREAD every problem is equally far
 */
export async function twinsOf<S extends string>(plan: TwinsPlan<S>, watch: ProbeWatch = {}): Promise<Twins<S>> {
  const { seeds, budgets, confidence = 0.95 } = checkOptions("twins", plan, TWINS_RULES);
  if (new Set(seeds).size !== seeds.length)
    throw fault("SEED_REPEATED", `seeds are ${seeds.join(", ")}.`, "a seed given twice is one observation.");
  if (budgets.length === 0)
    throw fault("EMPTY_DATA", "there is no budget.", "give budgets: [100, 400] steps or the like.");
  overSeeds(seeds, confidence); // refuses too few before hours of training
  const sets = Object.keys(plan.sets) as S[];
  const { signal } = watch;
  const started = performance.now();
  const measured: {
    seed: number;
    steps: number;
    tokens: number;
    accuracy: (arm: "blank" | "twin", set: S) => number;
  }[] = [];
  const slopes: number[] = [];
  let tokens = 0;
  for (const seed of seeds) {
    const blank = await plan.init(seed);
    const reading = await trainPretrain(blank, plan.corpus, { ...plan.pretrain, seed }, { signal });
    try {
      for (const steps of budgets) {
        signal?.throwIfAborted();
        const fit = { ...plan.sft, steps, seed };
        const blankRun = await trainSft(blank, plan.train, fit, { signal });
        const twinRun = await trainSft(reading.model, plan.train, fit, { signal });
        try {
          signal?.throwIfAborted();
          const models = { blank: blankRun.model, twin: twinRun.model };
          const scores = await evaluateModels(models, plan.sets, { ...plan.evaluate, seed }, { signal });
          signal?.throwIfAborted();
          const accuracy = (arm: "blank" | "twin", set: S) =>
            scores.rows.find((row) => row.model === arm && row.set === set)?.accuracy.value as number;
          if (plan.distance && steps === budgets.at(-1))
            slopes.push(distanceCurveOf(scores, plan.sets, "blank", plan.distance).slope.value);
          measured.push({ seed, steps, tokens: blankRun.tokens, accuracy });
          tokens += blankRun.tokens + twinRun.tokens;
          const seconds = (performance.now() - started) / 1000;
          const gap = accuracy("twin", sets[0] as S) - accuracy("blank", sets[0] as S);
          watch.onStep?.({
            step: measured.length,
            steps: seeds.length * budgets.length,
            tokens,
            seconds,
            metrics: { gap },
          });
        } finally {
          blankRun.model.dispose();
          twinRun.model.dispose();
        }
      }
    } finally {
      blank.dispose();
      reading.model.dispose();
    }
  }
  const points = sets.flatMap((set) =>
    budgets.map((steps): TwinsPoint<S> => {
      const here = measured.filter((m) => m.steps === steps);
      const blanks = here.map((m) => m.accuracy("blank", set));
      const twins = here.map((m) => m.accuracy("twin", set));
      const gaps = twins.map((twin, i) => twin - (blanks[i] as number));
      const interval = (values: readonly number[]) => overSeeds(values, confidence);
      return {
        set,
        steps,
        tokens: here.reduce((sum, m) => sum + m.tokens, 0) / here.length,
        blanks,
        twins,
        gaps,
        blank: interval(blanks),
        twin: interval(twins),
        gap: interval(gaps),
      };
    }),
  );
  return { seeds, sets, points, confidence, ...(plan.distance && { slopes }) };
}
