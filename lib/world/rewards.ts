// Rewards: how they are made of verifiers, code, votes and one another; and control rewards, signals that say nothing, the opposite, or something
// beside the point. If RL gains as much from those as from the true reward, the gain was not learned from the reward.
// Sources: majority vote: TTRL, 2504.16084. Tags: DeepSeek-R1, 2501.12948. Control rewards: "Spurious Rewards", 2506.10947; differs from it: the coins
// of the random reward follow from its seed, the problem and what was sampled, so that runs repeat exactly.
import { fault } from "../core/errors.ts";
import { callable, checkOptions, number, oneOf, required, type Rules, seed, shaped, without } from "../core/options.ts";
import { fold, key, uniform } from "../core/rng.ts";
import { verifyCode } from "../data/code.ts";
import type { CodeTests } from "../data/code.ts";
import { SANDBOX_RULES } from "../data/sandbox/sandbox.ts";
import type { AnyReward, AnyVerify, Example, GroupReward, Reward, Verify } from "../data/example.ts";
import { verdictOf } from "../data/verdict.ts";

/** Goes on with a value now, or when it is there: rewards that need no waiting stay plain functions. */
const after = <T, U>(value: T | Promise<T>, use: (value: T) => U): U | Promise<U> =>
  value instanceof Promise ? value.then(use) : use(value);

/**
 * 1 when verified, else 0: what RL takes when no reward is given.
 * @example rewards.verified(set.verify)
 */
function verified(verify: Verify): Reward;
function verified(verify: AnyVerify): AnyReward;
function verified(verify: AnyVerify): AnyReward {
  return (example, completion, signal) =>
    after(verify(example, completion, signal), (said) => Number(verdictOf(said, example)));
}

/**
 * 1 when the completion's code passes tests in the sandbox, else 0.
 * @example rewards.code({ language: "python", tests: (example) => String(example.meta["tests"]) })
 */
const code = (tests: CodeTests): AnyReward => verified(verifyCode(checkOptions("rewards.code", tests, CODE)));

const CODE: Rules<CodeTests> = {
  language: required(oneOf("python", "javascript")),
  tests: required(callable),
  setup: callable,
  code: callable,
  limits: shaped<NonNullable<CodeTests["limits"]>>(without(SANDBOX_RULES, "signal")),
};

/**
 * 1 when a completion says what most completions of its prompt say, else 0; answers that tie share it. Needs no reference answers.
 * @param answerOf what a completion says; undefined: nothing, which has no vote. Default: its text without the space around it
 */
const majority = (answerOf: (completion: string) => string | undefined = (text) => text.trim()): GroupReward => ({
  name: "majority",
  group(_, completions) {
    const answers = completions.map((completion) => (completion !== undefined ? answerOf(completion) : undefined));
    const votes = new Map<string, number>();
    for (const answer of answers) if (answer !== undefined) votes.set(answer, (votes.get(answer) ?? 0) + 1);
    const most = Math.max(...votes.values());
    const winners = [...votes.values()].filter((count) => count === most).length;
    return answers.map((answer) => (answer !== undefined && votes.get(answer) === most ? 1 / winners : 0));
  },
});

/**
 * 1 when a completion is these elements and nothing else, in this order, each once: `<think>…</think> <answer>…</answer>`.
 * @example rewards.tags("think", "answer")
 */
function tags(...names: readonly string[]): Reward {
  const wrong = names.find((name) => !/^[a-z][\w-]*$/iu.test(name));
  if (names.length === 0 || wrong !== undefined)
    throw fault(
      "BAD_REWARD",
      `${JSON.stringify(wrong ?? "")} is no tag's name.`,
      'e.g. rewards.tags("think", "answer").',
    );
  const order = names.flatMap((name) => [`<${name}>`, `</${name}>`]);
  return (_, completion) => {
    const marks = completion.match(/<\/?[a-z][\w-]*>/giu)?.filter((mark) => order.includes(mark)) ?? [];
    const between = completion
      .trim()
      .split(/<([a-z][\w-]*)>.*?<\/\1>/isu)
      .filter((_, i) => i % 2 === 0);
    return marks.join() === order.join() && between.every((text) => text.trim() === "") ? 1 : 0;
  };
}

interface RandomOptions {
  /** Default 0.5. */
  readonly p?: number;
  /** Default 0. */
  readonly seed?: number | string;
}
const RANDOM: Rules<RandomOptions> = { p: number, seed };

/**
 * 1 with probability p for each completion, whatever it says: equal completions have coins of their own. A coin that stood for an answer
 * could be learned: such a reward took 2.5 points of pass@1 (0.6 to 4.4, four seeds) from models that had most answers right already.
 * @example rewards.random({ p: 0.5, seed: 1 }).name // "random 0.5"
 */
function random(options: RandomOptions = {}): GroupReward {
  const { p = 0.5, seed: chosen = 0 } = checkOptions("rewards.random", options, RANDOM);
  if (!(p >= 0 && p <= 1)) throw fault("BAD_REWARD", `p is ${p}, expected a probability.`, "0.5 gives the most noise.");
  const k = fold(key(chosen), "random reward");
  return {
    name: `random ${p}`,
    group: (example, completions) =>
      Array.from(uniform(fold(k, example.id, JSON.stringify(completions)), completions.length), (u) => (u < p ? 1 : 0)),
  };
}

/** 1 for what is wrong, 0 for what is right. */
function inverted(verify: Verify): Reward;
function inverted(verify: AnyVerify): AnyReward;
function inverted(verify: AnyVerify): AnyReward {
  return (example, completion, signal) =>
    after(verify(example, completion, signal), (said) => Number(!verdictOf(said, example)));
}

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

type Part<R> = readonly [R, number];

/**
 * A weighted sum.
 * @example rewards.sum([task.reward, 1], [rewards.format(), 0.1])
 */
function sum(...parts: readonly Part<Reward>[]): Reward;
function sum(...parts: readonly Part<AnyReward>[]): AnyReward;
function sum(...parts: readonly Part<AnyReward | GroupReward>[]): GroupReward;
function sum(...parts: readonly Part<AnyReward | GroupReward>[]): AnyReward | GroupReward {
  const weights = parts.map(([, weight]) => weight);
  return combined(
    "sum",
    parts.map(([reward]) => reward),
    (numbers) => numbers.reduce((total, number, i) => total + number * (weights[i] as number), 0),
  );
}

/**
 * All of them multiplied: a reward that counts only when the others do.
 * @example rewards.product(task.reward, rewards.tags("think", "answer"))
 */
function product(...parts: readonly Reward[]): Reward;
function product(...parts: readonly AnyReward[]): AnyReward;
function product(...parts: readonly (AnyReward | GroupReward)[]): GroupReward;
function product(...parts: readonly (AnyReward | GroupReward)[]): AnyReward | GroupReward {
  return combined("product", parts, (numbers) => numbers.reduce((total, number) => total * number, 1));
}

function combined(
  name: string,
  parts: readonly (AnyReward | GroupReward)[],
  combine: (numbers: readonly number[]) => number,
): AnyReward | GroupReward {
  const singles = parts.filter((part) => typeof part === "function");
  if (singles.length === parts.length)
    return (example, completion, signal) => {
      const numbers = singles.map((reward) => reward(example, completion, signal));
      return numbers.every((number) => typeof number === "number")
        ? combine(numbers)
        : Promise.all(numbers.map(async (number) => number)).then(combine);
    };
  const all = async (example: Example, completions: readonly (string | undefined)[], signal?: AbortSignal) => {
    const columns = await Promise.all(parts.map((part) => rewardGroup(part, example, completions, signal)));
    return completions.map((_, i) => combine(columns.map((column) => column[i] as number)));
  };
  return { name, group: all };
}

/**
 * Rewards of all completions of one prompt.
 * @param completions undefined: one that did not end. It is no answer, and gets 0 whatever its text says
 */
export async function rewardGroup(
  reward: AnyReward | GroupReward,
  example: Example,
  completions: readonly (string | undefined)[],
  signal?: AbortSignal,
): Promise<readonly number[]> {
  if (typeof reward === "function")
    return Promise.all(completions.map(async (text) => (text === undefined ? 0 : reward(example, text, signal))));
  const numbers = await reward.group(example, completions, signal);
  if (numbers.length !== completions.length)
    throw fault(
      "SHAPE_MISMATCH",
      `the reward "${reward.name}" gave ${numbers.length} numbers for ${completions.length} completions.`,
      "one for each.",
    );
  return numbers.map((number, i) => (completions[i] === undefined ? 0 : number));
}

export const rewards = { verified, code, majority, tags, random, inverted, format, length, sum, product } as const;
