// Loss on examples that are not trained on, while training goes on: the curve that says whether a model learns or memorises.
import { fault } from "../core/errors.ts";
import type { Example, ExampleSet } from "../data/example.ts";
import { level } from "../data/level.ts";
import type { ModelConfig } from "../model/config.ts";
import { scoreFrom } from "../model/score.ts";
import type { ScoredRow } from "../model/score.ts";
import * as tf from "../tensor/tf.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import { encodeExamples } from "./batch.ts";
import type { Sequence } from "./batch.ts";
import { weightsOf } from "./state.ts";
import type { TrainState } from "./state.ts";

export interface HeldOutOptions {
  /** None of it may be in the training data (same prompt but for case, spacing and sentence marks): that is checked. */
  readonly set: ExampleSet;
  /** Steps between evaluations; after the last step there is always one. */
  readonly every: number;
}

/** A document without prompt is its own problem. */
const problemOf = ({ prompt, completion }: Example) => level(prompt === "" ? completion : prompt);

export class HeldOut {
  readonly #rows: readonly (ScoredRow & Pick<Sequence, "targets">)[];
  readonly #problems: ReadonlySet<string>;
  readonly #every: number;
  readonly #steps: number;

  /**
   * @param maskPrompt as in training: whether only completion and end token count
   * @throws EMPTY_DATA, TOO_LONG  see encodeExamples
   */
  constructor(
    { set, every }: HeldOutOptions,
    { steps, maskPrompt }: { readonly steps: number; readonly maskPrompt: boolean },
    tokenizer: Tokenizer,
    config: ModelConfig,
  ) {
    this.#problems = new Set(set.examples.map(problemOf));
    this.#rows = encodeExamples(set.examples, tokenizer, config.maxLength).map((sequence) => ({
      tokens: sequence.tokens,
      ...(maskPrompt && sequence.targets && { targets: sequence.targets }),
      promptLength: maskPrompt ? Math.max(1, sequence.promptLength) : 1,
    }));
    this.#every = every;
    this.#steps = steps;
  }

  /** @throws TRAINED_ON  a held-out problem is among what is trained on */
  refuseAmong(train: readonly Example[]): void {
    const leaked = train.filter((example) => this.#problems.has(problemOf(example)));
    if (leaked.length === 0) return;
    throw fault(
      "TRAINED_ON",
      `${leaked.length} of ${train.length} examples to train on are held out, e.g. ${leaked[0]?.id}.`,
      "take them out of one of the sets.",
    );
  }

  /** @returns whether step n is followed by an evaluation */
  isDue(n: number): boolean {
    return n % this.#every === 0 || n === this.#steps;
  }

  /** @returns mean over counted tokens, nats */
  async loss(state: TrainState): Promise<number> {
    const weights = new Map(
      Object.entries(tf.tidy(() => Object.fromEntries<tf.Tensor>(weightsOf(state, state.theta)))),
    );
    try {
      const scores = await scoreFrom(state.config, weights, this.#rows, {});
      let sum = 0;
      let count = 0;
      this.#rows.forEach(({ promptLength, targets }, r) =>
        scores[r]?.forEach((logProb, i) => {
          if (targets?.[promptLength + i] === 0) return;
          sum -= logProb;
          count += 1;
        }),
      );
      return sum / count;
    } finally {
      tf.dispose([...weights.values()]);
    }
  }
}
