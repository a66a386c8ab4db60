// Control rewards: signals that say nothing, the opposite, or something beside the point. If RL gains as much from these as from the true reward,
// the gain was not learned from the reward.
// Source: the spurious-reward experiments of "Spurious Rewards: Rethinking Training Signals in RLVR", arXiv 2506.10947. Differs from it: the random
// reward is a fixed function of problem and completion, not a coin per sample, so that runs repeat exactly and equal answers are rewarded equally.
import { fault } from "../core/errors.ts";
import { fold, key, uniform } from "../core/rng.ts";
import type { Reward, Verify } from "../data/example.ts";

/**
 * 1 with probability p for each different completion of each problem, whatever it says.
 * @example rewards.random({ p: 0.5, seed: 1 })
 */
function random({ p = 0.5, seed = 0 }: { readonly p?: number; readonly seed?: number | string } = {}): Reward {
  if (!(p >= 0 && p <= 1)) throw fault("BAD_REWARD", `p is ${p}, expected a probability.`, "0.5 gives the most noise.");
  const k = fold(key(seed), "random reward");
  return (example, completion) => ((uniform(fold(k, example.id, completion), 1)[0] as number) < p ? 1 : 0);
}

/** 1 for what is wrong, 0 for what is right. */
const inverted =
  (verify: Verify): Reward =>
  (example, completion) =>
    verify(example, completion) ? 0 : 1;

/**
 * 1 for the form of an answer, right or wrong: as many words as the reference, each of the kind (letters before digits) that stands there.
 * Collected text has another form: pass a pattern.
 */
function format(pattern?: RegExp): Reward {
  const shape = (text: string) => text.trim().replace(/\d+/gu, "0").replace(/\s+/gu, " ");
  return (example, completion) =>
    (
      pattern
        ? new RegExp(pattern.source, pattern.flags.replace(/[gy]/gu, "")).test(completion)
        : shape(completion) === shape(example.completion)
    )
      ? 1
      : 0;
}

/** Between 0 and 1: words as a share of `most`; a longer completion is always as good as a shorter one. */
function length(most: number): Reward {
  if (!(most >= 1))
    throw fault(
      "BAD_REWARD",
      `most is ${most}, expected at least 1 word.`,
      "the longest completion that can be drawn.",
    );
  return (_, completion) => Math.min(1, (completion.match(/\S+/gu) ?? []).length / most);
}

/**
 * A weighted sum.
 * @example rewards.sum([task.reward, 1], [rewards.format(), 0.1])
 */
const sum =
  (...parts: readonly (readonly [Reward, number])[]): Reward =>
  (example, completion) =>
    parts.reduce((total, [reward, weight]) => total + weight * reward(example, completion), 0);

export const rewards = { random, inverted, format, length, sum } as const;
