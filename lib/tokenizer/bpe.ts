// Byte-level byte-pair encoding learned from texts: words are cut by GPT-2's rule, written as bytes, and the most frequent neighbouring
// pair becomes a token until the vocabulary is full. The result is a tokenizer.json that any library reads.
// Sources: Sennrich et al. 2016 (1508.07909); Radford et al. 2019 (bytes, the rule for words); the order of merges is that of
// Hugging Face's BpeTrainer: by count, ties by the smaller ids.
import { fault } from "../core/errors.ts";
import {
  anything,
  checkOptions,
  required,
  type Rules,
  text as aText,
  texts as someTexts,
  whole,
} from "../core/options.ts";
import { BYTE_LETTERS, byteLetters } from "./bytes.ts";
import { parseTokenizer } from "./hugging-face.ts";
import type { HuggingFaceTokenizer } from "./hugging-face.ts";
import { learnMerges } from "./merges.ts";

const GPT2_WORDS = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;

export interface BpeOptions {
  /** Special tokens, 256 bytes and merges together; fewer when the texts have no more pairs. */
  readonly vocabSize: number;
  /** Special tokens with the ids 0, 1, …; default `["<|endoftext|>"]`. */
  readonly specials?: readonly string[];
  /** Which special token ends a completion; default: the first. */
  readonly eos?: string;
  /** Pairs that occur less often are not merged; default 2. */
  readonly minCount?: number;
  /** Jinja that lays conversations out, as transformers renders it; its special tokens must be among `specials`. Default none. */
  readonly chatTemplate?: string;
}

const RULES: Rules<BpeOptions> = {
  vocabSize: required(anything),
  specials: someTexts,
  eos: aText,
  minCount: whole(1),
  chatTemplate: aText,
};

/**
 * @param texts what the vocabulary is fitted to: training data only
 * @throws BAD_VOCABULARY  no room for 256 bytes and the special tokens, a special token twice or empty, or an end token that is none of them
 * @example trainBpe(["low low"], { vocabSize: 260, minCount: 1 }).encode(" low") // [259]
 */
export function trainBpe(texts: Iterable<string>, options: BpeOptions): HuggingFaceTokenizer {
  const given = checkOptions("tokenizer.train", options, RULES);
  const { vocabSize, specials = ["<|endoftext|>"], minCount = 2, chatTemplate } = given;
  const eos = given.eos ?? specials[0];
  const least = specials.length + BYTE_LETTERS.length;
  const bad = (fact: string, hint: string) => fault("BAD_VOCABULARY", fact, hint);
  if (!(vocabSize >= least)) throw bad(`vocabSize is ${vocabSize}.`, `256 bytes and special tokens take ${least}.`);
  if (eos === undefined || !specials.includes(eos))
    throw bad(`the end token is ${eos}.`, "it must be one of specials.");
  if (new Set(specials).size < specials.length || specials.includes(""))
    throw bad(`special tokens are ${JSON.stringify(specials)}.`, "give each a name, once.");

  const counts = new Map<string, number>();
  for (const text of texts)
    for (const [word] of text.matchAll(GPT2_WORDS)) counts.set(word, (counts.get(word) ?? 0) + 1);
  // Bytes by letter, as the tokenizers library numbers its alphabet; ids of merges follow.
  const alphabet = BYTE_LETTERS.toSorted((a, b) => (a.codePointAt(0) as number) - (b.codePointAt(0) as number));
  const tokens = [...specials, ...alphabet];
  const idOf = new Map(alphabet.map((letter, i) => [letter, i + specials.length]));
  const words = Array.from(counts, ([word, count]) => ({
    ids: Array.from(byteLetters(word), (letter) => idOf.get(letter) as number),
    count,
  }));
  const merges = learnMerges(words, tokens.length, vocabSize - least, minCount).map(([a, b]) => {
    const pair = [tokens[a] as string, tokens[b] as string] as const;
    tokens.push(pair.join(""));
    return pair;
  });
  return parseTokenizer(
    tokenizerJson(tokens, merges, specials),
    JSON.stringify({ tokenizer_class: "PreTrainedTokenizerFast", eos_token: eos }),
    { chatTemplate },
  );
}

/** As the tokenizers library writes it. */
function tokenizerJson(
  tokens: readonly string[],
  merges: readonly (readonly [string, string])[],
  specials: readonly string[],
) {
  const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  const byteLevel = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true };
  const json = {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: specials.map((content, id) => ({ id, content, ...flags })),
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: null,
    decoder: byteLevel,
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges,
    },
  };
  return `${JSON.stringify(json, null, 2)}\n`;
}
