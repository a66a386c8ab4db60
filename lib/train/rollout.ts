// One step's experience: completions of some prompts, their rewards, and their log-probabilities under the policy and the reference.
import type { Key } from "../core/rng.ts";
import { fold } from "../core/rng.ts";
import type { AnyReward, Example, GroupReward } from "../data/example.ts";
import type { Decoding } from "../model/decoding.ts";
import { head, inferHidden, tablesOf } from "../model/decoder.ts";
import { beforeStop, generateFrom } from "../model/generate.ts";
import type { Generated } from "../model/generate.ts";
import { rotaryTables } from "../model/rotary.ts";
import { scoreFrom } from "../model/score.ts";
import { promptIds } from "../model/prompt.ts";
import * as tf from "../tensor/tf.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import { rewardGroup } from "../world/rewards.ts";
import type { Rollouts } from "./algorithms/algorithm.ts";
import type { Sequence } from "./batch.ts";
import { weightsOf } from "./state.ts";
import type { TrainState } from "./state.ts";

export interface RolloutOptions {
  readonly groupSize: number;
  readonly maxNewTokens: number;
  readonly temperature: number;
  readonly stop: readonly string[];
  /** See RlOptions. */
  readonly force?: ((said: readonly number[], example: Example) => number | undefined) | undefined;
  readonly reward: AnyReward | GroupReward;
  readonly signal: AbortSignal | undefined;
  /** Of the run. */
  readonly decoding: Decoding;
}

export interface Experience extends Rollouts {
  /** Prompt, completion and, where it was drawn, the end token of each row. */
  readonly sequences: readonly Sequence[];
  /** Text of each completion. */
  readonly completions: readonly string[];
  readonly finished: readonly boolean[];
}

/**
 * @param flat [P] weights of the policy
 * @param k    of the step; a row's key is made of it, the example's id and the sample's number
 * @returns undefined when the signal was aborted meanwhile
 */
export async function sampleGroups(
  state: TrainState,
  tokenizer: Tokenizer,
  examples: readonly Example[],
  k: Key,
  options: RolloutOptions,
): Promise<Omit<Experience, "refLogProbs"> | undefined> {
  const { groupSize, maxNewTokens, temperature, stop, force, signal } = options;
  // A small set comes round within one step: the second time a prompt gets samples of its own.
  const seen = new Map<string, number>();
  const rows = examples.flatMap((example) => {
    const occurrence = seen.get(example.id) ?? 0;
    seen.set(example.id, occurrence + 1);
    return Array.from({ length: groupSize }, (_, sample) => ({ example, occurrence, sample }));
  });
  const prompts = rows.map(({ example }) => promptIds(example, tokenizer));
  const generated = await withWeights(state, state.theta, (weights) =>
    generateFrom(state.config, weights, options.decoding, tokenizer, prompts, {
      maxNewTokens,
      temperature,
      stop,
      ...(force && { force: (said, row) => force(said, (rows[row] as (typeof rows)[0]).example) }),
      signal,
      key: k,
      rowKeys: rows.map(({ example, occurrence, sample }) => fold(k, example.id, occurrence, sample)),
    }),
  );
  if (signal?.aborted) return undefined;
  const completions = generated.tokens.map((tokens) => beforeStop(tokenizer.decode([...tokens]), stop));
  const rewards = await rewardAll(examples, completions, generated.finished, options);
  if (!rewards) return undefined;
  return {
    groupSize,
    completions,
    finished: generated.finished,
    oldLogProbs: generated.logProbs,
    ...(generated.forced && { forced: generated.forced }),
    sequences: rows.map(({ example }, r) =>
      toSequence(example.id, prompts[r] as readonly number[], generated, r, tokenizer.eosId),
    ),
    rewards: Float64Array.from(rewards.flat()),
  };
}

/**
 * Rewards of each example's group. Groups are rewarded side by side, so that a sandbox can run several programs at a time.
 * @returns undefined when the signal was aborted meanwhile
 */
async function rewardAll(
  examples: readonly Example[],
  completions: readonly string[],
  finished: readonly boolean[],
  { groupSize, reward, signal }: RolloutOptions,
): Promise<(readonly number[])[] | undefined> {
  try {
    return await Promise.all(
      examples.map((example, g) => {
        const rows = Array.from({ length: groupSize }, (_, i) => g * groupSize + i);
        const answers = rows.map((r) => (finished[r] ? (completions[r] as string) : undefined));
        return rewardGroup(reward, example, answers, signal);
      }),
    );
  } catch (error) {
    if (signal?.aborted) return undefined;
    throw error;
  }
}

function toSequence(id: string, prompt: readonly number[], generated: Generated, r: number, eosId: number): Sequence {
  const tokens = generated.tokens[r] as Int32Array;
  const ended = generated.ends[r] === "end" ? [eosId] : [];
  return { id, tokens: Int32Array.from([...prompt, ...tokens, ...ended]), promptLength: prompt.length };
}

/** @returns per row, log-probabilities of its completion tokens under the weights of a flat vector */
export async function scoreSequences(
  state: TrainState,
  flat: tf.Tensor,
  sequences: readonly Sequence[],
  temperature: number,
): Promise<Float32Array[]> {
  return withWeights(state, flat, (weights) => scoreFrom(state.config, weights, sequences, { temperature }));
}

/** @returns [B * T, V] of weights of a flat vector, the temperature applied; the caller disposes it */
export function logitsOf(state: TrainState, flat: tf.Tensor, ids: tf.Tensor2D, temperature: number): tf.Tensor2D {
  return tf.tidy(() => {
    const weights = weightsOf(state, flat);
    const tables = tablesOf(state.config, rotaryTables(state.config, ids.shape[1]), ids.shape[1]);
    return tf.div(head(weights, inferHidden(state.config, weights, ids, tables)).y, temperature);
  });
}

async function withWeights<T>(
  state: TrainState,
  flat: tf.Tensor,
  use: (weights: ReadonlyMap<string, tf.Tensor>) => Promise<T>,
): Promise<T> {
  const kept = tf.tidy(() => Object.fromEntries(weightsOf(state, flat)));
  try {
    return await use(new Map(Object.entries(kept)));
  } finally {
    tf.dispose(kept);
  }
}
