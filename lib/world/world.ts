// What a world is: a procedural task whose data distribution is known exactly, so that "how far from the training distribution" and
// "how well could anyone do" are numbers and not guesses.
// Words: law = the distribution examples are drawn from; shift = what a test set changes in the training law (an out-of-distribution axis);
// split = train, prompts (for RL) or test; nuisance = a part of the prompt that says nothing about the answer.
import type { Example, ExampleSet, Reward, Verify } from "../data/example.ts";
import type { DISPLAY_SYMBOL, MimeBundle } from "../core/host.ts";
import type { INSPECT_SYMBOL, Inspect } from "../core/shown.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";

/** How far an example lies from the training distribution; 0 is "as in training" on both axes. */
export interface Distance {
  /** Steps, operands or the like outside the training range. */
  readonly structural: number;
  /** Nats per free choice above what the training law expects; negative for an unusually common example. */
  readonly surprisal: number;
}

/** What an example costs on average under a law, and over how many counted tokens. */
export interface Expected {
  /** Nats of the completion given its prompt. */
  readonly completionNats: number;
  /** Of the completion with its end token. */
  readonly completionTokens: number;
  /** Nats of the whole example, given its first word. */
  readonly exampleNats: number;
  /** Of the whole example with its end token, the first not counted: it is given. */
  readonly exampleTokens: number;
}

/** Mean code length of the data in nats per counted token: no model's loss can lie below it. */
export interface EntropyFloor extends Expected {
  /** completionNats / completionTokens: the floor of the SFT loss. */
  readonly completion: number;
  /** exampleNats / exampleTokens: the floor of the pre-training loss. */
  readonly example: number;
}

/**
 * @typeParam Shift which parts of the training law a test set may change
 */
export interface World<Shift extends object = object> {
  readonly name: string;
  readonly vocab: Tokenizer;
  /** Expected accuracy, on test(), of an answer of the right form filled in by blind uniform guesses. */
  readonly chance: number;
  /** n independent draws of the training law; a larger n, or `from`, continues the same stream. Repetitions happen, as in the law. */
  train(n: number, options?: { readonly from?: number }): ExampleSet<Verify>;
  /** n different problems for RL, none of them in train or test. A shift lets RL work at the edge of what was trained. */
  prompts(n: number, shift?: Shift): ExampleSet<Verify>;
  /** Different problems, none of them in train or prompts. Each comes once: where those of a kind run out, other kinds take their place. */
  test(options?: { readonly n?: number } & Shift): ExampleSet<Verify>;
  /** n documents of a broader, related distribution that shows the world's form but not its answers: what pre-training reads. */
  pretrainCorpus(n: number, shift?: Shift): ExampleSet<Verify>;
  readonly verify: Verify;
  /** 1 when verified, else 0. */
  readonly reward: Reward;
  /** Exact log-probability of an example under the law, in nats, before the split; -Infinity for what the law cannot produce. */
  logProb(example: Example, shift?: Shift): number;
  entropyFloor(shift?: Shift): EntropyFloor;
  /** First words of prompts with their probabilities: a model is given the first token of a text and never asked for it. Of most worlds one word. */
  openings(shift?: Shift): Readonly<Record<string, number>>;
  distanceToTrain(example: Example): Distance;
  /** Tokens of the longest prompt and completion (end token included): what a model's maxLength must hold. */
  longest(shift?: Shift): { readonly prompt: number; readonly completion: number };
  /** The world in JSON: sizes, seed, figures, an example. */
  describe(): WorldDescription;
  /** How a cell shows it: its rule, an example, what is known, and along which axes a test can leave the training law. */
  [DISPLAY_SYMBOL](): MimeBundle;
  readonly [INSPECT_SYMBOL]?: Inspect;
}

export interface WorldDescription {
  readonly name: string;
  /** The task in a sentence. */
  readonly rule: string;
  /** What each part of a shift changes. */
  readonly axes: Readonly<Record<string, string>>;
  readonly options: Readonly<Record<string, unknown>>;
  readonly chance: number;
  readonly entropyFloor: EntropyFloor;
  readonly vocabularySize: number;
  readonly example: { readonly prompt: string; readonly completion: string };
  /** One sentence each: what is known, and what it means for a reader of the scores. */
  readonly notes: readonly string[];
}

/** Words of a completion equal those of the reference, one by one: nothing missing, nothing after. */
export const verifyWords: Verify = (example, completion) =>
  completion.trim().split(/\s+/u).join(" ") === example.completion.trim().split(/\s+/u).join(" ");
