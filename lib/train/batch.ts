// From examples to the arrays a step takes: encoding, the order in which examples come, padding, and which tokens count.
// A sequence is prompt, completion, end token - no begin token - or a conversation as its chat template has it. Its inputs are all but the last token, its targets all but the first.
import { fault } from "../core/errors.ts";
import { fold, permutation } from "../core/rng.ts";
import type { Key } from "../core/rng.ts";
import { isChat } from "../data/chats.ts";
import type { Example } from "../data/example.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import { encodeConversation } from "./conversation.ts";

export interface Sequence {
  /** The example's. */
  readonly id: string;
  readonly tokens: Int32Array;
  /** How many tokens at the start are prompt. */
  readonly promptLength: number;
  /** Per token, 1 where it counts as a target, for conversations in which turns alternate; default: every token behind the prompt. */
  readonly targets?: Uint8Array;
}

/** @returns whether token i of a sequence is a target that counts, when none before `first` does */
export const isCounted = ({ targets }: Sequence, i: number, first: number): boolean =>
  i >= first && (targets?.[i] ?? 1) === 1;

/**
 * @param maxLength of the model, in tokens
 * @throws EMPTY_DATA  no examples
 * @throws TOO_LONG    an example that does not fit: cutting it would silently change the task
 */
export function encodeExamples(examples: readonly Example[], tokenizer: Tokenizer, maxLength: number): Sequence[] {
  if (examples.length === 0) throw fault("EMPTY_DATA", "the set has no examples.", "a step needs at least one.");
  return examples.map((example) => {
    const sequence = isChat(example) ? encodeConversation(example, tokenizer) : encodeExample(example, tokenizer);
    const { length } = sequence.tokens;
    if (length - 1 <= maxLength) return sequence;
    throw fault(
      "TOO_LONG",
      `example ${example.id} has ${length} tokens, the model takes ${maxLength + 1}.`,
      "raise maxLength or leave the example out.",
    );
  });
}

function encodeExample({ id, prompt, completion }: Example, tokenizer: Tokenizer): Sequence {
  const promptIds = tokenizer.encode(prompt);
  const tokens = Int32Array.from([...promptIds, ...tokenizer.encode(completion), tokenizer.eosId]);
  return { id, tokens, promptLength: promptIds.length };
}

/**
 * An endless order of 0..count-1, shuffled anew for every epoch; a position depends on the key and the position alone.
 * @returns the indices at positions start .. start+n-1
 */
export function makeOrder(k: Key, count: number): (start: number, n: number) => number[] {
  let epoch = -1;
  let order = new Int32Array(0);
  return (start, n) =>
    Array.from({ length: n }, (_, i) => {
      const wanted = Math.floor((start + i) / count);
      if (wanted !== epoch) {
        epoch = wanted;
        order = new Int32Array(permutation(fold(k, "epoch", epoch), count));
      }
      return order[(start + i) % count] as number;
    });
}

/** Lengths are rounded up to a multiple of this, so that few shapes occur: a captured step is made once per shape. */
const LENGTH_STEP = 8;

export const roundLength = (length: number, maxLength: number) =>
  Math.min(maxLength, Math.ceil(length / LENGTH_STEP) * LENGTH_STEP);

/** One padded batch, row-major. */
export interface Batch {
  readonly B: number;
  readonly T: number;
  /** [B, T] inputs, padded on the right */
  readonly ids: Int32Array;
  /** [B * T, 2] (row, target token), as gatherND takes them */
  readonly targets: Int32Array;
  /** [B * T] 1 where the target counts, else 0 */
  readonly counts: Float32Array;
  /** Targets that count. */
  readonly counted: number;
  /** Tokens that are not padding, targets included. */
  readonly tokens: number;
  /** Where several sequences share a row; see pack.ts. */
  readonly packing?: {
    /** [B, T] which sequence a token belongs to; -1 in the padding */
    readonly sequences: Int32Array;
    /** [B, T] its position in it */
    readonly positions: Int32Array;
    /** Where each sequence begins, counted through all rows. */
    readonly places: readonly number[];
  };
}

/**
 * @param firstCounted index in a sequence of the first token that is a target which counts
 */
export function collate(
  sequences: readonly Sequence[],
  firstCounted: (sequence: Sequence) => number,
  padId: number,
  maxLength: number,
): Batch {
  const B = sequences.length;
  const T = roundLength(Math.max(1, ...sequences.map((s) => s.tokens.length - 1)), maxLength);
  const ids = new Int32Array(B * T).fill(padId);
  const targets = new Int32Array(B * T * 2);
  const counts = new Float32Array(B * T);
  let counted = 0;
  let tokens = 0;
  for (let row = 0; row < B * T; row++) targets[row * 2] = row;
  sequences.forEach((sequence, b) => {
    const { length } = sequence.tokens;
    ids.set(sequence.tokens.subarray(0, length - 1), b * T);
    for (let t = 0; t + 1 < length; t++) {
      const row = b * T + t;
      targets[row * 2 + 1] = sequence.tokens[t + 1] as number;
      if (!isCounted(sequence, t + 1, firstCounted(sequence))) continue;
      counts[row] = 1;
      counted += 1;
    }
    tokens += length;
  });
  return { B, T, ids, targets, counts, counted, tokens };
}
