// The unit of data everywhere: a prompt with its reference completion, and sets of them that know how to check an answer.

export interface Example {
  /** Stable and unique within its world: equal content gives an equal id. */
  readonly id: string;
  readonly prompt: string;
  /** The reference completion, without prompt and without end token. */
  readonly completion: string;
  /** Out-of-distribution coordinates and provenance, e.g. { depth: 7, template: "walk" }. */
  readonly meta: Readonly<Record<string, number | string>>;
}

/** Whether a model's completion text (special tokens removed) solves the example. Never throws, whatever the text. */
export type Verify = (example: Example, completion: string) => boolean;
/** Reward of a completion; most worlds give 1 when verified, else 0. */
export type Reward = (example: Example, completion: string) => number;

/** As Verify, where checking may take its time, e.g. in a sandbox. Aborting the signal leaves out what has not begun: it then rejects. */
export type AnyVerify = (example: Example, completion: string, signal?: AbortSignal) => boolean | Promise<boolean>;
/** As Reward; see AnyVerify. */
export type AnyReward = (example: Example, completion: string, signal?: AbortSignal) => number | Promise<number>;

/** A reward that depends on the other completions of the same prompt, e.g. a vote. */
export interface GroupReward {
  readonly name: string;
  /** @returns one number per completion; one that did not end is undefined, and gets 0 whatever stands for it */
  readonly group: (
    example: Example,
    completions: readonly (string | undefined)[],
    signal?: AbortSignal,
  ) => readonly number[] | Promise<readonly number[]>;
}

/** @typeParam V how answers are checked; those of worlds at once */
export interface ExampleSet<V extends AnyVerify = AnyVerify> {
  /** As it appears in tables, e.g. "train", "test", "test depth 11-14". */
  readonly name: string;
  readonly examples: readonly Example[];
  readonly verify: V;
}
