// The state-machine world: a hidden random transition table; a problem gives a start state and a list of actions, the answer is the path
// of states. Knowing the table is knowing the task, so what training put into a model is exactly countable: states x actions facts.
//
//   m0 s3 c1 a4 c0 a2 =        prompt: machine, start, then per action a cue that says nothing about the path
//   s5 s1                      completion
//
// Source: RL-Wall, "Decomposing Elements of Problem Solving: What 'Math' Does RL Teach?", arXiv 2505.22756 (20 x 20, Dirichlet 0.3, depth 5-10,
// cues spurious in training and uniform at test). Differs from it: (1) states, actions and cues have words of their own, there they share
// the numbers 0..19; (2) a problem names its machine, so that other machines can be read in pre-training; (3) train, prompts and test are
// disjoint by a hash of start and actions; (4) a test can also take its actions uniformly, which shows transitions that training hardly had.
import { fault } from "../core/errors.ts";
import { fold, key } from "../core/rng.ts";
import type { Key } from "../core/rng.ts";
import type { Example, ExampleSet } from "../data/example.ts";
import { wordTokenizer } from "../tokenizer/word.ts";
import { choiceEntropies, drawWalk, makeMachine, pathOf, walkNats } from "./machine.ts";
import type { Machine, Walk, WalkLaw } from "./machine.ts";
import { contentId, drawProblems } from "./split.ts";
import type { Split } from "./split.ts";
import { verifyWords } from "./world.ts";
import type { EntropyFloor, World } from "./world.ts";

export interface StateMachineOptions {
  readonly seed?: number | string;
  readonly states?: number;
  readonly actions?: number;
  /** Different cues. */
  readonly cues?: number;
  /** Actions in a problem, in training: smallest and largest. */
  readonly depth?: readonly [number, number];
  /** Machines in the pre-training corpus, none of them the task's. */
  readonly otherMachines?: number;
}

/** What a test set may change. */
export interface StateMachineShift {
  /** Actions in a problem. */
  readonly depth?: readonly [number, number];
  /** "uniform": cues tell nothing about the action any more. */
  readonly nuisance?: "train" | "uniform";
  /** "uniform": actions are taken with equal probability, rare transitions included. */
  readonly policy?: "train" | "uniform";
}

export interface StateMachineWorld extends World<StateMachineShift> {
  /** The hidden table: transitions[state][action] is the next state. */
  readonly transitions: readonly (readonly number[])[];
}

/** Pre-training is broader than post-training here as elsewhere: without a shift of its own, the corpus has walks this much longer. */
const CORPUS_EXTRA_DEPTH = 4;

const range = (depth: readonly [number, number]) => (depth[0] === depth[1] ? `${depth[0]}` : `${depth[0]}-${depth[1]}`);

function resolve(options: StateMachineOptions) {
  const o = {
    seed: 0,
    states: 20,
    actions: 20,
    cues: 4,
    depth: [5, 10] as readonly [number, number],
    otherMachines: 3,
    ...options,
  };
  const whole = (name: "states" | "actions" | "cues" | "otherMachines", least: number) => {
    if (!Number.isInteger(o[name]) || o[name] < least)
      throw fault(
        "BAD_WORLD",
        `${name} is ${o[name]}, expected a whole number of at least ${least}.`,
        "world.stateMachine({ states: 20, actions: 20, cues: 4 }) is the published size.",
      );
  };
  whole("states", 2);
  whole("actions", 2);
  whole("cues", 1);
  whole("otherMachines", 0);
  checkDepth(o.depth);
  return o;
}

function checkDepth([low, high]: readonly [number, number]): void {
  if (!Number.isInteger(low) || !Number.isInteger(high) || low < 1 || high < low)
    throw fault(
      "BAD_WORLD",
      `depth is [${low}, ${high}], expected whole numbers 1 <= smallest <= largest.`,
      "for example depth: [5, 10].",
    );
}

/**
 * @throws BAD_WORLD        a size is not a positive whole number, or a depth range is empty
 * @throws WORLD_EXHAUSTED  (train, prompts, test) the world has fewer different problems than asked for
 * @example world.stateMachine({ seed: 7, states: 8, actions: 8, depth: [4, 9] }).train(1).examples[0]
 */
export function stateMachine(options: StateMachineOptions = {}): StateMachineWorld {
  const o = resolve(options);
  const root = fold(key(o.seed), "stateMachine");
  const machines: readonly Machine[] = Array.from({ length: 1 + o.otherMachines }, (_, i) =>
    makeMachine(fold(root, "machine", i), o),
  );
  const task = machines[0] as Machine;
  const words = (letter: string, n: number) => Array.from({ length: n }, (_, i) => `${letter}${i}`);
  const vocab = wordTokenizer([
    "=",
    ...words("m", machines.length),
    ...words("s", o.states),
    ...words("a", o.actions),
    ...words("c", o.cues),
  ]);
  const trainLaw: WalkLaw = { depth: o.depth, nuisance: "train", policy: "train" };
  const lawOf = (shift: StateMachineShift): WalkLaw => {
    const law = { ...trainLaw, ...shift };
    checkDepth(law.depth);
    return { depth: law.depth, nuisance: law.nuisance, policy: law.policy };
  };

  const nameOf = (split: Split, law: WalkLaw) => {
    const changes = [
      range(law.depth) === range(o.depth) ? "" : `depth ${range(law.depth)}`,
      law.nuisance === "train" ? "" : "uniform cues",
      law.policy === "train" ? "" : "uniform actions",
    ].filter((change) => change !== "");
    return [split, ...changes].join(", ");
  };

  const problemText = (walk: Walk) => `${walk.start}:${walk.actions.join(",")}`;
  const toExample = (machine: number, walk: Walk, split: string): Example => {
    const steps = walk.actions.map((action, i) => `c${walk.cues[i]} a${action}`);
    const prompt = `m${machine} s${walk.start} ${steps.join(" ")} =`;
    const path = pathOf(machines[machine] as Machine, walk.start, walk.actions);
    return {
      id: contentId("walk", prompt),
      prompt,
      completion: path.map((s) => `s${s}`).join(" "),
      meta: { depth: walk.actions.length, machine, split },
    };
  };
  const makeSet = (name: string, split: Split, law: WalkLaw, from: number, n: number): ExampleSet => {
    const k: Key = fold(root, split);
    const propose = (i: number, attempt: number) => drawWalk(task, law, fold(k, i, attempt));
    const walks = drawProblems(root, split, { from, n }, split !== "train", propose, problemText);
    return { name, examples: walks.map((walk) => toExample(0, walk, split)), verify: verifyWords };
  };

  /** The walk an example tells; undefined when it is not of this world's task, or its path is wrong. */
  const read = (example: Example): Walk | undefined => {
    const match = /^m0 s(\d+)((?: c\d+ a\d+)+) =$/u.exec(example.prompt);
    if (!match) return undefined;
    const numbers = Array.from(
      (match[2] as string).matchAll(/ c(\d+) a(\d+)/gu),
      (step) => [Number(step[1]), Number(step[2])] as const,
    );
    const walk = {
      start: Number(match[1]),
      cues: numbers.map(([cue]) => cue),
      actions: numbers.map(([, action]) => action),
    };
    const known =
      walk.start < o.states && walk.actions.every((a) => a < o.actions) && walk.cues.every((c) => c < o.cues);
    return known && toExample(0, walk, "").completion === example.completion ? walk : undefined;
  };

  const tokens = (depth: number) => ({ prompt: 2 * depth + 3, completion: depth + 1 });
  const entropyFloor = (shift: StateMachineShift = {}): EntropyFloor => {
    const law = lawOf(shift);
    const [low, high] = law.depth;
    const perStep = choiceEntropies(task, law, high);
    const depths = Array.from({ length: high - low + 1 }, (_, i) => low + i);
    const mean = (f: (depth: number) => number) => depths.reduce((sum, d) => sum + f(d), 0) / depths.length;
    const nats =
      Math.log(o.states) + Math.log(depths.length) + mean((d) => perStep.slice(0, d).reduce((a, b) => a + b, 0));
    return { completion: 0, example: nats / mean((d) => tokens(d).prompt + tokens(d).completion - 1) };
  };
  const chance =
    Array.from({ length: o.depth[1] - o.depth[0] + 1 }, (_, i) => o.states ** -(o.depth[0] + i)).reduce(
      (sum, p) => sum + p,
      0,
    ) /
    (o.depth[1] - o.depth[0] + 1);
  const typical = choiceEntropies(task, trainLaw, o.depth[1]);

  const self: StateMachineWorld = {
    name: "state machine",
    vocab,
    chance,
    transitions: task.next,
    train: (n, { from = 0 } = {}) => makeSet("train", "train", trainLaw, from, n),
    prompts: (n, shift = {}) => makeSet(nameOf("prompts", lawOf(shift)), "prompts", lawOf(shift), 0, n),
    test: ({ n = 512, ...shift } = {}) => makeSet(nameOf("test", lawOf(shift)), "test", lawOf(shift), 0, n),
    pretrainCorpus: (n, shift = {}) => {
      if (o.otherMachines === 0)
        throw fault(
          "BAD_WORLD",
          "this world has no other machines to read about.",
          "otherMachines: 3 in world.stateMachine gives it some.",
        );
      const k = fold(root, "corpus");
      const law = lawOf({ depth: [o.depth[0], o.depth[1] + CORPUS_EXTRA_DEPTH], ...shift });
      const examples = Array.from({ length: n }, (_, i) => {
        const machine = 1 + (i % o.otherMachines);
        return toExample(machine, drawWalk(machines[machine] as Machine, law, fold(k, i)), "corpus");
      });
      return { name: "pre-training corpus", examples, verify: verifyWords };
    },
    verify: verifyWords,
    reward: (example, completion) => (verifyWords(example, completion) ? 1 : 0),
    logProb: (example, shift = {}) => {
      const walk = read(example);
      if (!walk) return -Infinity;
      const { frame, choices } = walkNats(task, lawOf(shift), walk);
      return -(frame + choices);
    },
    entropyFloor,
    distanceToTrain: (example) => {
      const walk = read(example);
      if (!walk) return { structural: Infinity, surprisal: Infinity };
      const depth = walk.actions.length;
      const structural = Math.max(0, o.depth[0] - depth, depth - o.depth[1]);
      const expected = Array.from(
        { length: depth },
        (_, i) => typical[Math.min(i, typical.length - 1)] as number,
      ).reduce((a, b) => a + b, 0);
      return { structural, surprisal: (walkNats(task, trainLaw, walk).choices - expected) / depth };
    },
    longest: (shift = {}) => tokens(lawOf(shift).depth[1]),
    describe: () => {
      const [example] = self.train(1).examples as [Example];
      return {
        name: self.name,
        options: o,
        chance,
        entropyFloor: entropyFloor(),
        vocabularySize: vocab.vocabSize,
        example: { prompt: example.prompt, completion: example.completion },
        notes: [
          `The task is ${o.states * o.actions} facts: where each of ${o.states} states leads under each of ${o.actions} actions.`,
          "Given the prompt the path is deterministic, so the loss on completions can reach 0.",
          "Train, RL prompts and test share no problem; cues are not part of a problem.",
          `The pre-training corpus shows ${o.otherMachines} other machines in the same words, with walks up to ${CORPUS_EXTRA_DEPTH} steps longer: the form of the task and none of its facts.`,
        ],
      };
    },
  };
  return self;
}
