// Reinforcement learning on verifiable rewards: sample groups of completions, compare them, make the better ones more likely.
// One loop for every algorithm; what they differ in is in algorithms/.
import { fault } from "../core/errors.ts";
import { fold, key } from "../core/rng.ts";
import type { AnyReward, Example, ExampleSet, GroupReward } from "../data/example.ts";
import { Decoding } from "../model/decoding.ts";
import type { Model } from "../model/model.ts";
import { startEngine } from "../tensor/backend.ts";
import { rewards } from "../world/rewards.ts";
import { zeroVarianceShare } from "./advantage.ts";
import { ALGORITHMS } from "./algorithms/all.ts";
import type { AlgorithmName } from "./algorithms/all.ts";
import type { Algorithm } from "./algorithms/algorithm.ts";
import { makeOrder } from "./batch.ts";
import { makeSaver } from "./checkpoint.ts";
import type { CheckpointOptions } from "./checkpoint.ts";
import { Trainer } from "./trainer.ts";
import { assertFinite } from "./guard.ts";
import { replaceUseless } from "./resample.ts";
import { rlFeeds } from "./rl-feeds.ts";
import { sampleGroups, scoreSequences } from "./rollout.ts";
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
  /** Distances of the ratio from 1, below and above, at which the gradient stops; default the algorithm's. */
  readonly clipRange?: readonly [number, number];
  /** Default: half as much again as the longest reference completion. */
  readonly maxNewTokens?: number;
  /** Updates on each step's completions; default 1, on-policy. */
  readonly epochs?: number;
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
  /** A checkpoint of this very run to go on from; the model given here stays the reference. */
  readonly resumeFrom?: string | null;
}

/** Every default filled in; the reward by its name. */
export type ResolvedRl = Required<Omit<RlOptions, "reward">> & { readonly reward: string };

/**
 * Trains a copy of a model by reinforcement learning.
 * @param prompts examples whose prompts are answered; their completions serve only to choose maxNewTokens
 * @returns the run with the trained copy, which the caller disposes; `model` is untouched
 * @throws NOT_FINITE  a reward, the loss or the gradient is no number; says at which step
 * @throws ALGORITHM_UNKNOWN, EMPTY_DATA
 * @example const tuned = await trainRl(run.model, task.prompts(128), { algorithm: "grpo", groupSize: 16 });
 */
export async function trainRl(
  model: Model,
  prompts: ExampleSet,
  given: RlOptions = {},
  watch: Watch = {},
): Promise<TrainRun<ResolvedRl>> {
  await startEngine();
  const { algorithm, options, reward } = resolve(model, prompts, given);
  const klWeight = algorithm.klIn === "loss" ? options.klWeight : 0;
  const loss = surrogate({ clipRange: options.clipRange, klWeight });
  const trainer = new Trainer(makeState(model), loss, options);
  const reference = flatWeights(model);
  const decoding = new Decoding(model.config);
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
      decoding,
      signal: watch.signal,
    });
    return groups && { examples, ...groups };
  };

  const step = async (n: number) => {
    const first = await sample(n, options.promptsPerStep);
    const groups = algorithm.resamples && first ? await replaceUseless(first, (count) => sample(n, count)) : first;
    if (!groups) return undefined;
    const refLogProbs = await scoreSequences(trainer.state, reference, groups.sequences, options.temperature);
    const experience: Experience = { ...groups, refLogProbs };
    const learningRate = options.learningRate * multiplierAt(schedule, n - 1);
    let values: number[] = [];
    for (let epoch = 0; epoch < options.epochs; epoch++) {
      updates += 1;
      values = await trainer.step(rlFeeds(algorithm, experience, options, model), { learningRate, step: updates });
    }
    const surrogateMetrics = Object.fromEntries(
      [...SURROGATE_METRICS, "gradientNorm"].map((name, i) => [name, values[i] as number]),
    );
    const all = { ...rewardMetrics(groups.rewards, options.groupSize, experience), ...surrogateMetrics, learningRate };
    assertFinite(
      n,
      all,
      groups.examples.map(({ id }) => id),
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
    const saver = await makeSaver("rl", model, prompts, options, trainer.state);
    ({ asked = 0, updates = 0 } = saver.done.counters);
    const after = (n: number, tokens: number) => saver.after(n, tokens, { asked, updates });
    const result = await runSteps({ steps: options.steps, step, done: saver.done, after }, watch);
    return { kind: "rl", model: modelOf(model, trainer.state.theta), options, ...result };
  } finally {
    trainer.dispose();
    decoding.dispose();
    reference.dispose();
  }
}

function resolve(model: Model, prompts: ExampleSet, given: RlOptions) {
  const { reward, algorithm: name = "grpo", steps = 40, ...rest } = given;
  if (!Object.hasOwn(ALGORITHMS, name))
    throw fault(
      "ALGORITHM_UNKNOWN",
      `algorithm is "${name}".`,
      `it may be one of ${Object.keys(ALGORITHMS).join(", ")}.`,
    );
  if (prompts.examples.length === 0) throw fault("EMPTY_DATA", "the set has no prompts.", "a step needs at least one.");
  const algorithm: Algorithm = ALGORITHMS[name];
  const longest = Math.max(...prompts.examples.map(({ completion }) => model.tokenizer.encode(completion).length + 1));
  const options: ResolvedRl = {
    algorithm: name,
    steps,
    promptsPerStep: 16,
    groupSize: 16,
    learningRate: 2e-4,
    warmup: Math.ceil(steps * 0.1),
    temperature: 1,
    klWeight: 0,
    clipRange: algorithm.clipRange,
    maxNewTokens: Math.ceil(longest * 1.5),
    epochs: 1,
    microBatch: 128,
    weightDecay: 0,
    clip: 1,
    seed: 0,
    checkpoint: null,
    resumeFrom: null,
    ...rest,
    reward: reward ? reward.name || "custom" : "verify",
  };
  return { algorithm, options, reward: reward ?? rewards.verified(prompts.verify) };
}

function rewardMetrics(rewards: Float64Array, G: number, { oldLogProbs, finished }: Experience) {
  const R = rewards.length;
  return {
    reward: rewards.reduce((sum, reward) => sum + reward, 0) / R,
    zeroVarianceShare: zeroVarianceShare(rewards, G),
    completionLength: oldLogProbs.reduce((sum, row) => sum + row.length, 0) / R,
    finishedShare: finished.filter(Boolean).length / R,
  };
}
