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
import { checkOptions, type Rules, seed } from "../core/options.ts";
import { fold, key } from "../core/rng.ts";
import type { Example } from "../data/example.ts";
import { wordTokenizer } from "../tokenizer/word.ts";
import { USAGE } from "./choice.ts";
import { choiceEntropies, drawWalk, makeMachine, pathOf, walkNats } from "./machine.ts";
import type { Machine, Walk, WalkLaw } from "./machine.ts";
import { makeWorld } from "./procedural.ts";
import type { Written } from "./procedural.ts";
import { changedRange, checkRange, checkWhole, meanOver, outside, sizeOf, RANGE, SIZE } from "./range.ts";
import type { Range } from "./range.ts";
import type { World } from "./world.ts";

export interface StateMachineOptions {
  /** Of everything that the world draws: its rule, its problems, its splits. Default 0. */
  readonly seed?: number | string;
  /** How many states the machine has; default 20. */
  readonly states?: number;
  /** How many actions there are; with the states, so many facts are to be learned (states × actions). Default 20. */
  readonly actions?: number;
  /** Different cues. */
  readonly cues?: number;
  /** Actions in a problem, in training: smallest and largest. */
  readonly depth?: Range;
  /** Machines in the pre-training corpus, none of them the task's. */
  readonly otherMachines?: number;
}

/** What a test set may change. */
export interface StateMachineShift {
  /** Actions in a problem. */
  readonly depth?: Range;
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
const DEFAULTS = { seed: 0, states: 20, actions: 20, cues: 4, depth: [5, 10] as Range, otherMachines: 3 };
const RULES: Rules<StateMachineOptions> = {
  seed,
  states: SIZE,
  actions: SIZE,
  cues: SIZE,
  depth: RANGE,
  otherMachines: SIZE,
};
const SHIFT: Rules<StateMachineShift> = { depth: RANGE, nuisance: USAGE, policy: USAGE };

function writeWalk(machine: Machine, number: number, walk: Walk): Written {
  const steps = walk.actions.map((action, i) => `c${walk.cues[i]} a${action}`);
  const path = pathOf(machine, walk.start, walk.actions);
  return {
    prompt: `m${number} s${walk.start} ${steps.join(" ")} =`,
    completion: path.map((s) => `s${s}`).join(" "),
    meta: { depth: walk.actions.length, machine: number },
  };
}

/** The walk on machine 0 that a prompt tells, whether or not its words exist. */
function readWalk(prompt: string): Walk | undefined {
  const match = /^m0 s(\d+)((?: c\d+ a\d+)+) =$/u.exec(prompt);
  if (!match) return undefined;
  const steps = Array.from(
    (match[2] as string).matchAll(/ c(\d+) a(\d+)/gu),
    (s) => [Number(s[1]), Number(s[2])] as const,
  );
  return { start: Number(match[1]), cues: steps.map(([cue]) => cue), actions: steps.map(([, action]) => action) };
}

/**
 * A hidden random transition table; a problem gives a start and actions, the answer is the path. Its law, axes and a figure: notebooks/worlds/state-machine.md.
 * @throws BAD_WORLD        a size is not a positive whole number, or a depth range is empty
 * @throws WORLD_EXHAUSTED  (train, prompts, test) the world has fewer different problems than asked for
 * @example world.stateMachine({ seed: 7, states: 8, actions: 8, depth: [4, 9] }).train(1).examples[0]
 */
export function stateMachine(options: StateMachineOptions = {}): StateMachineWorld {
  const o = { ...DEFAULTS, ...checkOptions("world.stateMachine", options, RULES) };
  checkWhole("states", o.states, 2);
  checkWhole("actions", o.actions, 2);
  checkWhole("cues", o.cues, 1);
  checkWhole("otherMachines", o.otherMachines, 0);
  checkRange("depth", o.depth);

  const root = fold(key(o.seed), "stateMachine");
  const machines = Array.from({ length: 1 + o.otherMachines }, (_, i) => makeMachine(fold(root, "machine", i), o));
  const task = machines[0] as Machine;
  const words = (letter: string, n: number) => Array.from({ length: n }, (_, i) => `${letter}${i}`);
  const lawOf = (shift: StateMachineShift): WalkLaw => ({
    depth: checkRange("depth", shift.depth ?? o.depth),
    nuisance: shift.nuisance ?? "train",
    policy: shift.policy ?? "train",
  });
  const typical = choiceEntropies(task, lawOf({}), o.depth[1]);
  const sum = (xs: readonly number[]) => xs.reduce((a, b) => a + b, 0);

  const world = makeWorld<Walk, WalkLaw, StateMachineShift>({
    name: "state machine",
    rule: `A hidden table says where each of ${o.states} states leads under each of ${o.actions} actions; a problem names a start and the actions, the answer is the path.`,
    axes: {
      depth: "actions in a problem",
      nuisance: '"uniform": the cues before the actions tell nothing about them any more',
      policy: '"uniform": actions that training hardly took become common',
    },
    shift: SHIFT,
    options: o,
    key: root,
    vocab: wordTokenizer([
      "=",
      ...words("m", machines.length),
      ...words("s", o.states),
      ...words("a", o.actions),
      ...words("c", o.cues),
    ]),
    chance: () => meanOver(o.depth, (depth) => o.states ** -depth),
    lawOf,
    changes: (law) => [
      ...changedRange(law.depth, o.depth, (depth) => `depth ${depth}`),
      ...(law.nuisance === "train" ? [] : ["uniform cues"]),
      ...(law.policy === "train" ? [] : ["uniform actions"]),
    ],
    draw: (law, k) => drawWalk(task, law, k),
    canonical: (walk) => `${walk.start}:${walk.actions.join(",")}`,
    write: (walk) => writeWalk(task, 0, walk),
    read: ({ prompt, completion }: Example) => {
      const walk = readWalk(prompt);
      const exists =
        walk && walk.start < o.states && walk.actions.every((a) => a < o.actions) && walk.cues.every((c) => c < o.cues);
      return exists && writeWalk(task, 0, walk).completion === completion ? walk : undefined;
    },
    nats: (walk, law) => {
      const { frame, choices } = walkNats(task, law, walk);
      return frame + choices;
    },
    expected: (law) => {
      const steps = choiceEntropies(task, law, law.depth[1]);
      const exampleNats =
        Math.log(o.states) + Math.log(sizeOf(law.depth)) + meanOver(law.depth, (d) => sum(steps.slice(0, d)));
      const depth = meanOver(law.depth, (d) => d);
      // 2d + 3 words of prompt, d of completion, the end token, less the first.
      return { completionNats: 0, completionTokens: depth + 1, exampleNats, exampleTokens: 3 * depth + 3 };
    },
    distance: (walk) => {
      const depth = walk.actions.length;
      const expected = sum(Array.from({ length: depth }, (_, i) => typical[Math.min(i, typical.length - 1)] as number));
      return {
        structural: outside(depth, o.depth),
        surprisal: (walkNats(task, lawOf({}), walk).choices - expected) / depth,
      };
    },
    longest: ({ depth: [, deepest] }) => ({ prompt: 2 * deepest + 3, completion: deepest + 1 }),
    document: (i, k, shift) => {
      if (o.otherMachines === 0)
        throw fault(
          "BAD_WORLD",
          "this world has no other machines to read about.",
          "otherMachines: 3 in world.stateMachine gives it some.",
        );
      const number = 1 + (i % o.otherMachines);
      const machine = machines[number] as Machine;
      const law = lawOf({ depth: [o.depth[0], o.depth[1] + CORPUS_EXTRA_DEPTH], ...shift });
      return { written: writeWalk(machine, number, drawWalk(machine, law, k)) };
    },
    notes: [
      `The task is ${o.states * o.actions} facts: where each of ${o.states} states leads under each of ${o.actions} actions.`,
      "Given the prompt the path is deterministic, so the loss on completions can reach 0.",
      "Train, RL prompts and test share no problem; cues are not part of a problem.",
      `The pre-training corpus shows ${o.otherMachines} other machines in the same words, with walks up to ${CORPUS_EXTRA_DEPTH} steps longer: the form of the task and none of its facts.`,
    ],
  });
  return Object.assign(world, { transitions: task.next });
}
