// The models of tokenizer.json: words to tokens. Byte pairs are in pairs.ts, unigrams in unigram.ts.
// Words: barred = a token that no text may become.
// Source: tokenizers, models/{wordpiece,wordlevel}/mod.rs.
import { isRecord } from "../../core/record.ts";
import { invalid, refuseOthers, textOf } from "./component.ts";
import type { Json } from "./component.ts";
import { pairModel } from "./pairs.ts";
import { unencodable } from "./piece.ts";
import type { Model, Piece, Vocabulary } from "./piece.ts";
import { unigramModel } from "./unigram.ts";

/** Kind of a model; files of early versions do not say it. */
function typeOf(json: Json): unknown {
  if (json["type"] !== undefined) return json["type"];
  if (json["merges"] !== undefined) return "BPE";
  if (Array.isArray(json["vocab"])) return "Unigram";
  return json["continuing_subword_prefix"] === undefined ? "WordLevel" : "WordPiece";
}

/** @returns token -> id; of a unigram model by place */
export function vocabularyOf(json: Json): Map<string, number> {
  const { vocab } = json;
  if (Array.isArray(vocab) && typeOf(json) === "Unigram")
    return new Map(
      vocab.map((entry: unknown, id) => {
        if (Array.isArray(entry) && typeof entry[0] === "string" && typeof entry[1] === "number") return [entry[0], id];
        throw invalid(`tokenizer.json has the unigram ${JSON.stringify(entry)}.`);
      }),
    );
  if (!isRecord(vocab)) throw invalid("tokenizer.json has a model without a vocabulary.");
  return new Map(
    Object.entries(vocab).map(([token, id]) => {
      if (Number.isSafeInteger(id) && (id as number) >= 0) return [token, id as number];
      throw invalid(`tokenizer.json gives the token ${JSON.stringify(token)} the id ${JSON.stringify(id)}.`);
    }),
  );
}

/**
 * @param all    the model's vocabulary
 * @param barred tokens that no text may become
 */
export function parseModel(json: Json, all: Vocabulary, barred: ReadonlySet<string>): Model {
  const vocabulary = new Map(all);
  for (const token of barred) vocabulary.delete(token);
  const type = typeOf(json);
  switch (type) {
    case "BPE":
      return remembered(pairModel(json, vocabulary, all));
    case "Unigram":
      return remembered(unigramModel(json, vocabulary, all));
    case "WordPiece":
      return remembered(wordPiece(json, vocabulary, all));
    case "WordLevel":
      refuseOthers(json, "WordLevel", "vocab unk_token");
      return wordLevel(json, vocabulary, all);
    default:
      throw invalid(`tokenizer.json has a model of type ${JSON.stringify(type)}.`);
  }
}

const KNOWN_WORDS = 20_000;
/** Longer words are not kept. */
const KNOWN_LENGTH = 256;

/** Texts consist of few words. */
function remembered(model: Model): Model {
  const known = new Map<string, readonly Piece[]>();
  return (word) => {
    if (word.length > KNOWN_LENGTH) return model(word);
    let pieces = known.get(word);
    if (!pieces) {
      pieces = model(word);
      if (known.size >= KNOWN_WORDS) known.clear();
      known.set(word, pieces);
    }
    return pieces;
  };
}

/** What stands for words that are not in the vocabulary. */
function unknownOf(json: Json, all: Vocabulary): (word: string) => readonly Piece[] {
  const text = textOf(json, "unk_token");
  const id = all.get(text);
  return (word) => {
    if (id === undefined) throw unencodable(word);
    return [{ id, text, from: 0, to: word.length }];
  };
}

function wordLevel(json: Json, vocabulary: Vocabulary, all: Vocabulary): Model {
  const unknown = unknownOf(json, all);
  return (word) => {
    const id = vocabulary.get(word);
    return id === undefined ? unknown(word) : [{ id, text: word, from: 0, to: word.length }];
  };
}

/** The longest token first, from left to right. */
function wordPiece(json: Json, vocabulary: Vocabulary, all: Vocabulary): Model {
  refuseOthers(json, "WordPiece", "vocab unk_token continuing_subword_prefix max_input_chars_per_word");
  const prefix = textOf(json, "continuing_subword_prefix", "##");
  const longest = Number(json["max_input_chars_per_word"] ?? 100);
  const unknown = unknownOf(json, all);
  return (word) => {
    const letters = Array.from(word);
    if (letters.length > longest) return unknown(word);
    const pieces: Piece[] = [];
    let from = 0;
    let first = 0;
    while (first < letters.length) {
      let found: Piece | undefined;
      let end = letters.length;
      for (; end > first && !found; end -= found ? 0 : 1) {
        const part = letters.slice(first, end).join("");
        const text = first > 0 ? prefix + part : part;
        const id = vocabulary.get(text);
        if (id !== undefined) found = { id, text, from, to: from + part.length };
      }
      if (!found) return unknown(word);
      pieces.push(found);
      first = end;
      from = found.to;
    }
    return pieces;
  };
}
