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

export interface ExampleSet {
  /** As it appears in tables, e.g. "train", "test", "test depth 11-14". */
  readonly name: string;
  readonly examples: readonly Example[];
  readonly verify: Verify;
}
