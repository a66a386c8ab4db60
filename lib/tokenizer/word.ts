// A word-level tokenizer over a closed vocabulary: text is words separated by white space, every word is one token, and a word that
// is not in the vocabulary is an error rather than an "unknown" token, because in a world with a known distribution it can only be a mistake.
// Ids: <pad> 0, <bos> 1, <eos> 2, then the words in the order given.
import { createHash } from "node:crypto";
import { fault } from "../core/errors.ts";
import type { Tokenizer } from "./tokenizer.ts";

const SPECIALS = ["<pad>", "<bos>", "<eos>"] as const;

export interface WordTokenizer extends Tokenizer {
  /** All tokens by id, the three special ones first. */
  readonly tokens: readonly string[];
}

/**
 * @param words distinct, without white space, none of them a special token's name
 * @throws BAD_VOCABULARY  a word is empty, repeated, contains white space, or is the name of a special token
 * @throws UNKNOWN_WORD    (encode) a word is not in the vocabulary; names of special tokens never are
 * @throws UNKNOWN_TOKEN   (decode) an id is outside 0..vocabSize-1
 * @example wordTokenizer(["a", "b"]).encode("b a") // [4, 3]
 */
export function wordTokenizer(words: readonly string[]): WordTokenizer {
  const bad = words.find(
    (word, i) =>
      !/^\S+$/u.test(word) || words.indexOf(word) !== i || SPECIALS.includes(word as (typeof SPECIALS)[number]),
  );
  if (bad !== undefined) {
    throw fault(
      "BAD_VOCABULARY",
      `"${bad}" cannot be a word of the vocabulary.`,
      `words are distinct, not empty, without white space, and none is ${SPECIALS.join(", ")}.`,
    );
  }
  const tokens: readonly string[] = [...SPECIALS, ...words];
  // Special tokens are not in this map, so text that spells "<eos>" is refused instead of ending a sequence.
  const ids = new Map(words.map((word, i) => [word, i + SPECIALS.length]));
  return {
    tokens,
    vocabSize: tokens.length,
    padId: 0,
    bosId: 1,
    eosId: 2,
    hash: createHash("sha256")
      .update(JSON.stringify({ kind: "word", tokens }))
      .digest("hex"),
    encode: (text) =>
      (text.match(/\S+/gu) ?? []).map((word) => {
        const id = ids.get(word);
        if (id === undefined)
          throw fault(
            "UNKNOWN_WORD",
            `"${word}" is not one of the ${words.length} words of this vocabulary.`,
            `words look like ${words.slice(0, 3).join(", ")}; see tokenizer.tokens.`,
          );
        return id;
      }),
    decode: (sequence) =>
      sequence
        .filter((id) => {
          if (!Number.isInteger(id) || id < 0 || id >= tokens.length)
            throw fault(
              "UNKNOWN_TOKEN",
              `token id ${id} is outside 0..${tokens.length - 1}.`,
              "was the text encoded with another tokenizer?",
            );
          return id >= SPECIALS.length;
        })
        .map((id) => tokens[id])
        .join(" "),
  };
}
