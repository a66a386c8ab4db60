// Where a step's sequences come from: a set in memory, shuffled anew each epoch, or a stream. Both are functions of the seed and the position,
// so a run that goes on from a checkpoint reads what it would have read.
import { fold, key } from "../core/rng.ts";
import type { ExampleSet } from "../data/example.ts";
import { isStream } from "../data/stream.ts";
import type { ExampleStream } from "../data/stream.ts";
import type { Model } from "../model/model.ts";
import { encodeExamples, makeOrder } from "./batch.ts";
import type { Sequence } from "./batch.ts";
import type { HeldOut } from "./held-out.ts";

export interface Source {
  /** The sequences of the next step. */
  next(): Promise<readonly Sequence[]>;
  close(): Promise<void>;
}

/**
 * @param start how many sequences earlier steps took
 * @param count sequences per step
 * @throws EMPTY_DATA, TOO_LONG  see encodeExamples; for a stream when the example comes
 */
export function sourceOf(
  data: ExampleSet | ExampleStream,
  { tokenizer, config }: Model,
  { seed, start, count }: { readonly seed: number | string; readonly start: number; readonly count: number },
  heldOut: HeldOut | undefined,
): Source {
  if (!isStream(data)) {
    heldOut?.refuseAmong(data.examples);
    const sequences = encodeExamples(data.examples, tokenizer, config.maxLength);
    const order = makeOrder(fold(key(seed), "order"), sequences.length);
    let position = start;
    return {
      async next() {
        const chosen = order(position, count).map((i) => sequences[i] as Sequence);
        position += count;
        return Promise.resolve(chosen);
      },
      close: () => Promise.resolve(),
    };
  }
  const examples = data.open(start);
  return {
    async next() {
      const chosen = [];
      while (chosen.length < count) chosen.push((await examples.next()).value);
      heldOut?.refuseAmong(chosen);
      return encodeExamples(chosen, tokenizer, config.maxLength);
    },
    close: async () => void (await examples.return(undefined as never)),
  };
}
