// A random state machine and the law of walks on it: where a walk starts, how long it is, which actions are taken, which cue stands
// before each action. Pure numbers; the words come in stateMachine.ts.
import { draw, fold } from "../core/rng.ts";
import type { Key } from "../core/rng.ts";

export interface MachineSizes {
  readonly states: number;
  readonly actions: number;
  readonly cues: number;
}

export interface Machine {
  /** [state][action] -> next state */
  readonly next: readonly (readonly number[])[];
  /** [state] -> probabilities of actions in training */
  readonly policy: readonly (readonly number[])[];
  /** [action] -> probabilities of cues in training */
  readonly cue: readonly (readonly number[])[];
}

/** Concentration of the training distributions; 0.3 is far from uniform: a few actions take most of the mass. */
const ALPHA = 0.3;

export function makeMachine(k: Key, { states, actions, cues }: MachineSizes): Machine {
  const table = draw(fold(k, "table"));
  const policy = draw(fold(k, "policy"));
  const cue = draw(fold(k, "cue"));
  return {
    next: Array.from({ length: states }, () => Array.from({ length: actions }, () => table.integer(states))),
    policy: Array.from({ length: states }, () => policy.dirichlet(ALPHA, actions)),
    cue: Array.from({ length: actions }, () => cue.dirichlet(ALPHA, cues)),
  };
}

/** The distribution of walks; "uniform" replaces a training distribution by the uniform one. */
export interface WalkLaw {
  /** Number of actions, uniform between both ends inclusive. */
  readonly depth: readonly [number, number];
  readonly nuisance: "train" | "uniform";
  readonly policy: "train" | "uniform";
}

export interface Walk {
  readonly start: number;
  readonly actions: readonly number[];
  /** One before each action. */
  readonly cues: readonly number[];
}

const uniformOver = (n: number) => Array.from({ length: n }, () => 1 / n);
const actionWeights = (m: Machine, law: WalkLaw, state: number) =>
  law.policy === "train"
    ? (m.policy[state] as readonly number[])
    : uniformOver((m.next[0] as readonly number[]).length);
const cueWeights = (m: Machine, law: WalkLaw, action: number) =>
  law.nuisance === "train" ? (m.cue[action] as readonly number[]) : uniformOver((m.cue[0] as readonly number[]).length);

/** The states that the actions lead through, the start not included. */
export function pathOf(m: Machine, start: number, actions: readonly number[]): number[] {
  let state = start;
  return actions.map((action) => (state = (m.next[state] as readonly number[])[action] as number));
}

/** Cues come from their own key, so that two laws that differ in the nuisance alone give the same problems with other cues. */
export function drawWalk(m: Machine, law: WalkLaw, k: Key): Walk {
  const choose = draw(fold(k, "walk"));
  const [low, high] = law.depth;
  const start = choose.integer(m.next.length);
  const depth = low + choose.integer(high - low + 1);
  const actions: number[] = [];
  let state = start;
  for (let i = 0; i < depth; i++) {
    const action = choose.weighted(actionWeights(m, law, state));
    actions.push(action);
    state = (m.next[state] as readonly number[])[action] as number;
  }
  const decorate = draw(fold(k, "cues"));
  return { start, actions, cues: actions.map((action) => decorate.weighted(cueWeights(m, law, action))) };
}

/** Nats of the choices in a walk, -log p: its start and depth, and what its actions and cues cost. */
export function walkNats(m: Machine, law: WalkLaw, walk: Walk): { readonly frame: number; readonly choices: number } {
  const [low, high] = law.depth;
  const depth = walk.actions.length;
  const frame = Math.log(m.next.length) + (depth >= low && depth <= high ? Math.log(high - low + 1) : Infinity);
  let choices = 0;
  let state = walk.start;
  walk.actions.forEach((action, i) => {
    choices -= Math.log(actionWeights(m, law, state)[action] as number);
    choices -= Math.log(cueWeights(m, law, action)[walk.cues[i] as number] as number);
    state = (m.next[state] as readonly number[])[action] as number;
  });
  return { frame, choices };
}

const entropy = (p: readonly number[]) => p.reduce((h, x) => (x > 0 ? h - x * Math.log(x) : h), 0);

/** Expected nats of the choices at step 1, 2, ..., depth: exact, by carrying the distribution over states along. */
export function choiceEntropies(m: Machine, law: WalkLaw, depth: number): number[] {
  const states = m.next.length;
  let at = uniformOver(states);
  const cueEntropy = m.cue.map((_, action) => entropy(cueWeights(m, law, action)));
  return Array.from({ length: depth }, () => {
    let nats = 0;
    const after = Array.from({ length: states }, () => 0);
    at.forEach((mass, state) => {
      const weights = actionWeights(m, law, state);
      nats += mass * entropy(weights);
      weights.forEach((p, action) => {
        nats += mass * p * (cueEntropy[action] as number);
        const to = (m.next[state] as readonly number[])[action] as number;
        after[to] = (after[to] as number) + mass * p;
      });
    });
    at = after;
    return nats;
  });
}
