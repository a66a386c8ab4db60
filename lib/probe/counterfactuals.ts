// What else would have given what RL gave? The model before RL, used better: at the temperature τ* that comes closest to RL, greedily, by
// majority vote, by best of k (which needs the verifier), and trained on its own right answers (expert iteration). If one of these is as
// good as RL, RL was not needed to get there.
// Sources: expert iteration as counterfactual, Echo Chamber arXiv 2504.07912; majority vote, 2203.11171; temperature, RL-Wall 2505.22756. Differs
// from them: all on the same problems with the same random numbers, each as a difference to the model after RL with a paired interval.
import {
  anything,
  checkOptions,
  required,
  type Rules,
  type Ruled,
  seed as aSeed,
  shaped,
  whole,
} from "../core/options.ts";
import { fold, key } from "../core/rng.ts";
import type { Interval } from "../core/table.ts";
import type { ExampleSet, Reward } from "../data/example.ts";
import { clusteredIntervals } from "../eval/clustered.ts";
import { evaluateModels } from "../eval/evaluate.ts";
import { CONFIDENCE } from "../eval/interval.ts";
import { majAtK } from "../eval/majAtK.ts";
import { passAtK } from "../eval/passAtK.ts";
import type { ProblemScore } from "../eval/scores.ts";
import { votesOf } from "../eval/summarise.ts";
import type { Model } from "../model/model.ts";
import { EXAMPLES, MODEL } from "../train/arguments.ts";
import { RL_RULES, type RlOptions, trainRl } from "../train/rl.ts";
import type { ProbeWatch } from "./controlRewards.ts";
import { type Sharpening, sharpeningOf } from "./sharpening.ts";

export interface CounterfactualsPlan {
  readonly before: Model;
  readonly after: Model;
  /** What RL was given: expert iteration gets the same. */
  readonly prompts: ExampleSet;
  readonly reward?: Reward;
  /** RL's own options (`tuned.options`): expert iteration takes as many steps, completions and tokens. */
  readonly rl: Omit<
    RlOptions,
    "reward" | "force" | "algorithm" | "checkpoint" | "resumeFrom" | "forkFrom" | "clipRange"
  >;
  /** Problems that neither was trained on. */
  readonly test: ExampleSet;
  /** Completions of each problem, and voters; default 16. */
  readonly samples?: number;
  readonly seed?: number | string;
  /** Default 0.95. */
  readonly confidence?: number;
}

export interface Counterfactual {
  /** What was done with which model. */
  readonly what: string;
  /** Whether it needs to know the right answer when it is used. */
  readonly needsVerifier: boolean;
  /** Completions that one answer takes. */
  readonly completions: number;
  readonly accuracy: Interval;
  /** This minus the model after RL at temperature 1, paired; null for that one. */
  readonly against: Interval | null;
}

export interface Counterfactuals {
  readonly sharpening: Sharpening;
  readonly samples: number;
  readonly rows: readonly Counterfactual[];
}

/** RL's own options come as a run has them: of the reward, and of what forced tokens, the name. */
const ASKED: Ruled = { ...RL_RULES, reward: anything, force: anything };
const RULES: Rules<CounterfactualsPlan> = {
  before: required(MODEL),
  after: required(MODEL),
  prompts: required(EXAMPLES),
  reward: RL_RULES.reward,
  rl: required(shaped(ASKED)),
  test: required(EXAMPLES),
  samples: whole(1),
  seed: aSeed,
  confidence: CONFIDENCE,
};

const rightOf = (p: ProblemScore): number => p.solved.filter(Boolean).length;

/**
 * @throws VOCABULARY_MISMATCH, TOO_LONG, and what training throws
 * @example await counterfactualsOf({ before: run.model, after: tuned.model, prompts, rl: tuned.options, test: task.test({ n: 100 }) })
 */
export async function counterfactualsOf(plan: CounterfactualsPlan, watch: ProbeWatch = {}): Promise<Counterfactuals> {
  const given = checkOptions("counterfactuals", plan, RULES);
  const { before, after, prompts, test, reward, samples = 16, seed = 0, confidence = 0.95 } = given;
  const { signal } = watch;
  const sharpening = await sharpeningOf(before, after, test, { seed, confidence, signal });
  const { steps, promptsPerStep, groupSize, learningRate, warmup, temperature, maxNewTokens, epochs } = plan.rl;
  const asked = { steps, promptsPerStep, groupSize, learningRate, warmup, temperature, maxNewTokens, epochs };
  const known = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined)) as RlOptions;
  const options: RlOptions = { ...known, algorithm: "expert-iteration", seed };
  const expert = await trainRl(before, prompts, reward ? { ...options, reward } : options, watch);
  try {
    signal?.throwIfAborted();
    const outcomes = async (model: Model, temperature: number): Promise<readonly ProblemScore[]> => {
      const drawn = temperature === 0 ? 1 : samples;
      const scores = await evaluateModels({ model }, { test }, { samples: drawn, temperature, seed }, { signal });
      signal?.throwIfAborted();
      return scores.perProblem;
    };
    const [was, cool, cold] = [
      await outcomes(before, 1),
      await outcomes(before, sharpening.temperature.value),
      await outcomes(before, 0),
    ];
    const [is, isCold, own] = [await outcomes(after, 1), await outcomes(after, 0), await outcomes(expert.model, 1)];
    const intervals = clusteredIntervals(fold(key(seed), "counterfactuals"), confidence);
    const one = (p: ProblemScore): number => rightOf(p) / p.solved.length;
    const vote = (p: ProblemScore): number => majAtK(votesOf(p), "right", samples);
    const best = (p: ProblemScore): number => passAtK(samples, rightOf(p), samples);
    const target = is.map(one);
    const row = (
      what: string,
      found: readonly ProblemScore[],
      value: (p: ProblemScore) => number,
      uses: Pick<Counterfactual, "needsVerifier" | "completions">,
    ): Counterfactual => {
      const values = found.map(value);
      return {
        what,
        ...uses,
        accuracy: intervals.rate(found, values),
        against:
          found === is && value === one
            ? null
            : intervals.difference(
                found,
                values.map((v, i) => v - (target[i] as number)),
              ),
      };
    };
    const single = { needsVerifier: false, completions: 1 };
    const many = { needsVerifier: false, completions: samples };
    return {
      sharpening,
      samples,
      rows: [
        row("before RL", was, one, single),
        row(`before RL at τ* = ${sharpening.temperature.value.toFixed(2)}`, cool, one, single),
        row("before RL, greedy", cold, one, single),
        row(`before RL, majority of ${samples}`, was, vote, many),
        row(`before RL, best of ${samples}`, was, best, { needsVerifier: true, completions: samples }),
        row("before RL, then expert iteration", own, one, single),
        row("after RL", is, one, single),
        row("after RL, greedy", isCold, one, single),
        row(`after RL, majority of ${samples}`, is, vote, many),
      ],
    };
  } finally {
    expert.model.dispose();
  }
}
