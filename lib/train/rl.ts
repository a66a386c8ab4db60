// Reinforcement learning on verifiable rewards: sample groups of completions, compare them, make the better ones more likely.
// One loop for every algorithm; what they differ in is in algorithms/.
import { fault } from "../core/errors.ts";
import {
  above,
  atLeast,
  callable,
  checkOptions,
  nullable,
  oneOf,
  required,
  seed,
  shaped,
  text,
  texts,
  whole,
} from "../core/options.ts";
import type { Rules } from "../core/options.ts";
import { fold, key } from "../core/rng.ts";
import type { AnyReward, Example, ExampleSet, GroupReward } from "../data/example.ts";
import { Decoding } from "../model/decoding.ts";
import type { Model } from "../model/model.ts";
import { longestReference } from "../model/prompt.ts";
import { startEngine } from "../tensor/backend.ts";
import type { Feeds } from "../tensor/capture/capture.ts";
import type * as tf from "../tensor/tf.ts";
import { rewards } from "../world/rewards.ts";
import { zeroVarianceShare } from "./advantage.ts";
import { ALGORITHMS } from "./algorithms/all.ts";
import type { AlgorithmName } from "./algorithms/all.ts";
import type { Algorithm } from "./algorithms/algorithm.ts";
import { makeOrder } from "./batch.ts";
import { checkData, checkModel } from "./arguments.ts";
import { CHECKPOINT_RULES, makeSaver } from "./checkpoint.ts";
import type { CheckpointOptions } from "./checkpoint.ts";
import { Critic } from "./critic.ts";
import type { KlEstimator } from "./kl.ts";
import { Trainer } from "./trainer.ts";
import { assertFinite } from "./guard.ts";
import { overlongPenalty } from "./overlong.ts";
import type { OverlongOptions } from "./overlong.ts";
import { replaceUseless } from "./resample.ts";
import type { Sampled } from "./resample.ts";
import { rlFeeds } from "./rl-feeds.ts";
import { logitsOf, sampleGroups, scoreSequences } from "./rollout.ts";
import type { Experience } from "./rollout.ts";
import { runSteps } from "./run.ts";
import type { TrainRun, Watch } from "./run.ts";
import { multiplierAt } from "./schedule.ts";
import { flatWeights, makeState, modelOf } from "./state.ts";
import { surrogate, SURROGATE_METRICS } from "./surrogate.ts";

export interface RlOptions {
  /** Default "grpo". */
  readonly algorithm?: AlgorithmName;
  /** Default 40. */
  readonly steps?: number;
  /** Different prompts in a step; default 16. */
  readonly promptsPerStep?: number;
  /** Completions of each prompt; default 16. */
  readonly groupSize?: number;
  /** Default 2e-4: small models take more than the 1e-6 of large ones. */
  readonly learningRate?: number;
  /**
   * Steps of linear warm-up, then constant; default a tenth of the steps. AdamW's first steps go full length in every weight, whatever the
   * gradient's size: without a warm-up they moved an SFT'd model by 0.05 nats at once.
   */
  readonly warmup?: number;
  /** Of a completion that ended; one that did not gets 0. Default: 1 when the set verifies it, else 0. */
  readonly reward?: AnyReward | GroupReward;
  /** Of the sampling policy, which is the one that is trained; default 1. */
  readonly temperature?: number;
  /** Pull towards the model that training started from; default 0. The KL itself is measured always. */
  readonly klWeight?: number;
  /**
   * How that KL is had, where it stands in the loss, and as it is reported: estimated from the drawn tokens, or "exact", over the whole vocabulary
   * (which takes memory for it once more). Default "k3"; see kl.ts for what each does.
   */
  readonly kl?: KlEstimator | "exact";
  /** Distances of the ratio from 1, below and above, at which the gradient stops; default the algorithm's. */
  readonly clipRange?: readonly [number, number];
  /** Default: half as much again as the longest reference completion. */
  readonly maxNewTokens?: number;
  /** Texts that end a completion, e.g. "\n\n"; what comes before is its answer. Default none: the end token alone. */
  readonly stop?: readonly string[];
  /**
   * The token that a completion has to say next, given what it has said; undefined: it draws. A result that a tool gave, or the beginning of an answer.
   * Forced tokens are read and rewarded as all of the completion is, and not trained on: they have no part in the loss, the KL and the metrics.
   */
  readonly force?: (said: readonly number[], example: Example) => number | undefined;
  /** Less reward near the end of maxNewTokens; default none, for "dapo" over the last fifth. The reward that is reported is without it. */
  readonly overlong?: OverlongOptions | null;
  /** Updates on each step's completions; default 1, on-policy; for "ppo" 4. */
  readonly epochs?: number;
  /** Of the critic, where the algorithm has one; default five times the learning rate. */
  readonly criticLearningRate?: number;
  /** Rows per pass through the model; changes memory and speed, not the step. Default 128. */
  readonly microBatch?: number;
  /** Default 0. */
  readonly weightDecay?: number;
  /** Largest global gradient norm; default 1. */
  readonly clip?: number;
  /** Default 0. */
  readonly seed?: number | string;
  /** Writes checkpoints on the way; default null, none. */
  readonly checkpoint?: CheckpointOptions | null;
  /** A checkpoint of this very run to go on from; of a branch, beside its forkFrom. The model given here stays the reference. */
  readonly resumeFrom?: string | null;
  /**
   * A checkpoint of another RL run from the same model to branch off: its weights, moments, critic and place in the prompts, with these options, reward
   * and prompts. The model given here stays the reference.
   */
  readonly forkFrom?: string | null;
}

/** Every default filled in; the reward, and what forces tokens where something does, by name. */
export type ResolvedRl = Required<Omit<RlOptions, "reward" | "force">> & {
  readonly reward: string;
  readonly force?: string;
};

/**
 * Trains a copy of a model by reinforcement learning.
 * @param prompts examples whose prompts are answered; their completions serve only to choose maxNewTokens
 * @returns the run with the trained copy, which the caller disposes; `model` is untouched
 * @throws NOT_FINITE  a reward, the loss or the gradient is no number; says at which step
 * @throws ALGORITHM_UNKNOWN, EMPTY_DATA; GROUP_TOO_SMALL  one completion of a prompt, where they are compared
 * @throws OPTION_UNKNOWN, OPTION_INVALID, NOT_A_MODEL, MODEL_DISPOSED, NOT_EXAMPLES  before anything is computed
 * @example const tuned = await trainRl(run.model, task.prompts(128), { algorithm: "grpo", groupSize: 16 });
 */
export async function trainRl(
  model: Model,
  prompts: ExampleSet,
  wanted: RlOptions = {},
  watch: Watch = {},
): Promise<TrainRun<ResolvedRl>> {
  const given = checkOptions("rl", wanted, RL_RULES);
  checkModel(model);
  checkData(prompts, "the prompts", false);
  await startEngine();
  const { algorithm, options, reward } = resolve(model, prompts, given);
  const { force } = given;
  const klWeight = algorithm.klIn === "loss" ? options.klWeight : 0;
  const loss = surrogate({ ...options, klWeight, ...(algorithm.ratio && { ratio: algorithm.ratio }) });
  const trainer = new Trainer(makeState(model), loss, options);
  const reference = flatWeights(model);
  const decoding = new Decoding(model.config);
  const critic = algorithm.returns && new Critic(model, options);
  const root = key(options.seed);
  const order = makeOrder(fold(root, "order"), prompts.examples.length);
  const schedule = { kind: "constant", steps: options.steps, warmup: options.warmup, minimum: 1 } as const;
  let asked = 0;
  let updates = 0;

  /** New completions of the next prompts; undefined when interrupted. */
  const sample = async (n: number, count: number) => {
    const examples = order(asked, count).map((i) => prompts.examples[i] as Example);
    asked += count;
    const k = fold(root, "rollout", n, asked);
    const groups = await sampleGroups(trainer.state, model.tokenizer, examples, k, {
      ...options,
      reward,
      force,
      decoding,
      signal: watch.signal,
    });
    return groups && { examples, ...groups };
  };

  /** With the reference's distributions, where the loss asks for them. */
  const withReference = (feeds: Feeds): Feeds =>
    options.kl === "exact"
      ? { ...feeds, refLogits: logitsOf(trainer.state, reference, feeds["ids"] as tf.Tensor2D, options.temperature) }
      : feeds;

  const step = async (n: number) => {
    const first = await sample(n, options.promptsPerStep);
    const groups = algorithm.resamples && first ? await replaceUseless(first, (count) => sample(n, count)) : first;
    if (!groups) return undefined;
    assertRewards(n, groups, options.groupSize);
    const refLogProbs = await scoreSequences(trainer.state, reference, groups.sequences, options.temperature);
    const values = await critic?.values(groups.sequences);
    const experience: Experience = {
      ...groups,
      rewards: shapedRewards(groups, options),
      oldLogProbs: chosenOnly(groups, refLogProbs),
      refLogProbs,
      ...(values && { values }),
    };
    const rate = multiplierAt(schedule, n - 1);
    const learningRate = options.learningRate * rate;
    let numbers: number[] = [];
    let criticMetrics = {};
    for (let epoch = 0; epoch < options.epochs; epoch++) {
      updates += 1;
      const feeds = rlFeeds(algorithm, experience, options, model).map((micro) => withReference(micro));
      numbers = await trainer.step(feeds, { learningRate, step: updates });
      // The critic must not learn from a step that is lost.
      if (!numbers.every(Number.isFinite)) break;
      if (critic && values && algorithm.returns) {
        const returns = algorithm.returns(experience, options.klWeight);
        const rates = { learningRate: options.criticLearningRate * rate, step: updates };
        const [valueLoss] = await critic.step(groups.sequences, values, returns, rates);
        criticMetrics = { valueLoss, explainedVariance: explainedVariance(values, returns) };
      }
    }
    const surrogateMetrics = Object.fromEntries(
      [...SURROGATE_METRICS, "gradientNorm"].map((name, i) => [name, numbers[i] as number]),
    );
    const all = { ...rewardMetrics(groups, experience), ...surrogateMetrics, ...criticMetrics, learningRate };
    assertFinite(
      n,
      all,
      groups.examples.map(({ id }) => id),
      [...trainer.culprits, ...(critic?.culprits ?? [])],
    );
    // The loss is left out: its value says nothing about progress (it is 0 on-policy), and users read it as if it did.
    const { loss: _, ...metrics } = all as typeof all & { loss: number };
    return {
      metrics,
      tokens: groups.sequences.reduce((sum, { tokens }) => sum + tokens.length, 0),
      sample: {
        prompt: (groups.examples[0] as Example).prompt,
        completion: groups.completions[0] as string,
        reward: groups.rewards[0] as number,
      },
    };
  };

  try {
    const saver = await makeSaver("rl", model, prompts, options, trainer.state, {
      ...(critic && { companions: { critic: critic.state } }),
      watch,
    });
    ({ asked = 0, updates = 0 } = saver.done.counters);
    const after = (n: number, tokens: number) => saver.after(n, tokens, { asked, updates });
    const interrupted = () => saver.interrupted();
    const result = await runSteps({ steps: options.steps, step, done: saver.done, after, interrupted }, watch);
    return { kind: "rl", model: modelOf(model, trainer.state.theta), options, ...result };
  } finally {
    trainer.dispose();
    critic?.dispose();
    decoding.dispose();
    reference.dispose();
  }
}

const LEARNING_RATE = 2e-4;

const isPair = (value: unknown) => Array.isArray(value) && value.length === 2 && value.every((x) => x >= 0);
const isReward = (value: unknown) =>
  typeof value === "function" || typeof (value as GroupReward | null)?.group === "function";

export const RL_RULES: Rules<RlOptions> = {
  // Which there are is said by resolve, and which take groups of one.
  algorithm: text,
  steps: whole(0),
  promptsPerStep: whole(1),
  groupSize: whole(1),
  learningRate: atLeast(0),
  warmup: whole(0),
  reward: { may: "a function of an example and a completion, or what `rewards` gives", holds: isReward },
  temperature: above(0),
  klWeight: atLeast(0),
  kl: oneOf("k1", "k2", "k3", "exact"),
  clipRange: { may: "two numbers, [below, above]", holds: isPair },
  maxNewTokens: whole(1),
  stop: texts,
  force: callable,
  overlong: nullable(shaped<OverlongOptions>({ buffer: required(atLeast(0)), penalty: atLeast(0) })),
  epochs: whole(1),
  criticLearningRate: atLeast(0),
  microBatch: whole(1),
  weightDecay: atLeast(0),
  clip: above(0),
  seed,
  ...CHECKPOINT_RULES,
};

function resolve(model: Model, prompts: ExampleSet, given: RlOptions) {
  const { reward, force, algorithm: name = "grpo", steps = 40, ...rest } = given;
  if (!Object.hasOwn(ALGORITHMS, name))
    throw fault(
      "ALGORITHM_UNKNOWN",
      `algorithm is "${name}".`,
      `it may be one of ${Object.keys(ALGORITHMS).join(", ")}.`,
    );
  if (ALGORITHMS[name].compares && rest.groupSize !== undefined && rest.groupSize < 2)
    throw fault(
      "GROUP_TOO_SMALL",
      `groupSize is ${rest.groupSize}, and "${name}" compares completions of one prompt.`,
      'draw at least two, or take "ppo" or "reinforce++".',
    );
  if (prompts.examples.length === 0) throw fault("EMPTY_DATA", "the set has no prompts.", "a step needs at least one.");
  const algorithm: Algorithm = ALGORITHMS[name];
  const maxNewTokens = rest.maxNewTokens ?? Math.ceil(longestReference(prompts.examples, model.tokenizer) * 1.5);
  const options: ResolvedRl = {
    algorithm: name,
    steps,
    promptsPerStep: 16,
    groupSize: 16,
    learningRate: LEARNING_RATE,
    warmup: Math.ceil(steps * 0.1),
    temperature: 1,
    klWeight: 0,
    kl: "k3",
    clipRange: algorithm.clipRange,
    maxNewTokens,
    stop: [],
    overlong:
      algorithm.overlong === undefined ? null : { buffer: Math.max(1, Math.round(maxNewTokens * algorithm.overlong)) },
    epochs: algorithm.epochs ?? 1,
    criticLearningRate: 5 * (rest.learningRate ?? LEARNING_RATE),
    microBatch: 128,
    weightDecay: 0,
    clip: 1,
    seed: 0,
    checkpoint: null,
    resumeFrom: null,
    forkFrom: null,
    ...rest,
    reward: reward ? reward.name || "custom" : "verify",
    ...(force && { force: force.name || "custom" }),
  };
  return { algorithm, options, reward: reward ?? rewards.verified(prompts.verify) };
}

/** @throws NOT_FINITE  a reward is no number; names the examples that it was given for */
function assertRewards(step: number, { examples, rewards }: Sampled, groupSize: number): void {
  const bad = rewards.find((reward) => !Number.isFinite(reward));
  if (bad === undefined) return;
  const ids = examples.filter((_, i) => !rewards.subarray(i * groupSize, (i + 1) * groupSize).every(Number.isFinite));
  assertFinite(
    step,
    { reward: bad },
    ids.map(({ id }) => id),
    [],
    "a reward is a finite number, or true or false, for every completion: look at what yours gives for these prompts; the step changed no weights.",
  );
}

/** A forced token was no choice of the policy: with the reference's log-probability it costs no KL, in the reward either. */
function chosenOnly({ oldLogProbs, forced }: Sampled, refLogProbs: readonly Float32Array[]): readonly Float32Array[] {
  if (!forced) return oldLogProbs;
  return oldLogProbs.map((row, r) =>
    row.map((logProb, t) =>
      (forced[r] as Uint8Array)[t] === 1 ? ((refLogProbs[r] as Float32Array)[t] as number) : logProb,
    ),
  );
}

/** Rewards as the algorithm sees them: less for what nearly ran out of room. */
function shapedRewards({ rewards, oldLogProbs }: Sampled, { overlong, maxNewTokens }: ResolvedRl): Float64Array {
  return overlong === null
    ? rewards
    : rewards.map(
        (reward, r) => reward + overlongPenalty((oldLogProbs[r] as Float32Array).length, maxNewTokens, overlong),
      );
}

/** Share of the returns' variance that the critic had foreseen; 0 where there is none. */
function explainedVariance(values: readonly Float32Array[], returns: readonly Float64Array[]): number {
  const came = returns.flatMap((row) => [...row]);
  const missed = returns.flatMap((row, r) => Array.from(row, (x, t) => x - (values[r]?.[t] as number)));
  const variance = (xs: readonly number[]) => {
    const centre = xs.reduce((sum, x) => sum + x, 0) / xs.length;
    return xs.reduce((sum, x) => sum + (x - centre) ** 2, 0) / xs.length;
  };
  const whole = variance(came);
  return whole === 0 ? 0 : 1 - variance(missed) / whole;
}

/** @param groups with the rewards before they were shaped */
function rewardMetrics({ rewards, groupSize }: Sampled, { rewards: seen, oldLogProbs, finished }: Experience) {
  const R = rewards.length;
  return {
    reward: rewards.reduce((sum, reward) => sum + reward, 0) / R,
    zeroVarianceShare: zeroVarianceShare(seen, groupSize),
    completionLength: oldLogProbs.reduce((sum, row) => sum + row.length, 0) / R,
    finishedShare: finished.filter(Boolean).length / R,
  };
}
