// A tokenizer.json as a whole: added tokens are cut out, the rest is normalized, cut into words and put to the model.
// Differs from the tokenizers library in: truncation, padding and post-processing (tokens before and behind a text) are left to the caller,
// as transformers leaves them to it; text can be kept from becoming special tokens.
// Source: tokenizers, tokenizer/mod.rs.
import { checkIds, Finder, parseAdded, withSpecials } from "./added.ts";
import type { AddedToken } from "./added.ts";
import { isRecord } from "../../core/record.ts";
import { invalid } from "./component.ts";
import type { Json } from "./component.ts";
import { parseDecoders } from "./decoders.ts";
import { applied, before } from "./edits.ts";
import type { Edit, Range } from "./edits.ts";
import { parseModel, vocabularyOf } from "./model.ts";
import { parseNormalizers } from "./normalizers.ts";
import type { Normalizer } from "./normalizers.ts";
import type { Model } from "./piece.ts";
import { parseCutters } from "./words.ts";
import type { Word } from "./words.ts";

export interface Token {
  readonly id: number;
  /** As the tokenizers library spells it. */
  readonly text: string;
  /** Where it stands in the text, in UTF-16 units. */
  range(): Range;
}

/** Whether special tokens' names in a range of the text are text there. */
export type IsPlain = (from: number, to: number) => boolean;

export interface Pipeline {
  readonly added: readonly AddedToken[];
  /** Token -> id, added ones included. */
  readonly vocabulary: ReadonlyMap<string, number>;
  /** The vocabulary's spelling of a token, or undefined. */
  spelling(id: number): string | undefined;
  /** @param isPlain default: names of special tokens are special everywhere */
  encode(text: string, isPlain?: IsPlain): Token[];
  decode(ids: readonly number[]): string;
}

/** What a text came from: edits, and how far into the whole text it began. */
interface Origin {
  readonly at: number;
  readonly steps: readonly (readonly Edit[])[];
  readonly length: number;
}

/**
 * @param named tokens that are special although the file does not say so
 * @throws TOKENIZER_INVALID      it is not what it should be
 * @throws TOKENIZER_UNSUPPORTED  a part or switch that is not computed here
 */
export function parsePipeline(json: Json, named: ReadonlySet<string> = new Set()): Pipeline {
  const modelJson = json["model"];
  if (!isRecord(modelJson)) throw invalid("tokenizer.json has no model.");
  const modelVocabulary = vocabularyOf(modelJson);
  const added = withSpecials(parseAdded(json), named, modelVocabulary);
  checkIds(added, modelVocabulary);
  const vocabulary = new Map(modelVocabulary);
  for (const { content, id } of added) vocabulary.set(content, id);
  const spellings = new Map(Array.from(modelVocabulary, ([token, id]) => [id, token]));
  const normalizers = parseNormalizers(json["normalizer"]);
  for (const { content, id, normalized } of added)
    spellings.set(id, normalized ? rewritten(content, normalizers).text : content);

  const unknown = modelJson["unk_token"] ?? spellings.get(modelJson["unk_id"] as number);
  const barred = new Set(added.flatMap(({ special, content }) => (special && content !== unknown ? [content] : [])));
  const plain = parseModel(modelJson, modelVocabulary, barred);
  // Where no special token is in the model's own vocabulary, both are one; where some are, text is seldom marked.
  const marked = barred.isDisjointFrom(modelVocabulary)
    ? () => plain
    : once(() => parseModel(modelJson, modelVocabulary, new Set()));
  const cutters = parseCutters(json["pre_tokenizer"]);
  const decoders = parseDecoders(json["decoder"]);
  const [inText, inNormalized] = finders(added, normalizers);

  const encodePart = (whole: Word, model: Model, origin: Origin): Token[] => {
    const words = cutters.reduce<readonly Word[]>(
      (list, cut) => list.flatMap((word) => (word.text === "" ? [] : cut(word, origin.at === 0))),
      [whole],
    );
    return words.flatMap((word) =>
      model(word.text).map(({ id, text, from, to }) => ({
        id,
        text,
        range: () => rangeOf(origin, unitsOf(word, [from, to])),
      })),
    );
  };
  return {
    added,
    vocabulary,
    spelling: (id) => spellings.get(id),
    encode(text, isPlain) {
      const model = isPlain ? plain : marked();
      const tokens: Token[] = [];
      const isText = (token: AddedToken, range: Range) => token.special && isPlain !== undefined && isPlain(...range);
      for (const part of inText.parts(text, (token, from, to) => isText(token, [from, to]))) {
        const given = text.slice(part.from, part.to);
        if (part.token) {
          tokens.push({ id: part.token.id, text: given, range: () => [part.from, part.to] });
          continue;
        }
        const { text: now, steps } = rewritten(given, normalizers);
        const whole = { at: part.from, steps, length: given.length };
        for (const piece of inNormalized.parts(now, (token, from, to) => isText(token, rangeOf(whole, [from, to])))) {
          const content = now.slice(piece.from, piece.to);
          if (piece.token) {
            tokens.push({ id: piece.token.id, text: content, range: () => rangeOf(whole, [piece.from, piece.to]) });
            continue;
          }
          for (const token of encodePart({ text: content, at: piece.from }, model, whole)) tokens.push(token);
        }
      }
      return tokens;
    },
    decode(ids) {
      const tokens = ids.flatMap((id) => spellings.get(id) ?? []);
      return decoders
        ? decoders.reduce<readonly string[]>((list, decode) => decode(list), tokens).join("")
        : tokens.join(" ");
    },
  };
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

/** Tokens that are looked for in the text as it is, and those in the normalized one. */
function finders(added: readonly AddedToken[], normalizers: readonly Normalizer[]): [Finder, Finder] {
  const [late, early] = [added.filter((token) => token.normalized), added.filter((token) => !token.normalized)];
  return [
    new Finder(
      early,
      early.map(({ content }) => content),
    ),
    new Finder(
      late,
      late.map(({ content }) => rewritten(content, normalizers).text),
    ),
  ];
}

function rewritten(text: string, normalizers: readonly Normalizer[]) {
  const steps: (readonly Edit[])[] = [];
  let now = text;
  for (const normalize of normalizers) {
    const edits = normalize(now);
    steps.push(edits);
    now = applied(now, edits);
  }
  return { text: now, steps };
}

/** A range of a word in the text that was cut. */
function unitsOf({ at, raw }: Word, [from, to]: Range): Range {
  if (raw === undefined) return [at + from, at + to];
  const [first, last] = [unitOf(raw, from), unitOf(raw, to - 1)];
  return [at + first.from, at + last.to];
}

/** The letter that a byte is of. */
function unitOf(text: string, byte: number): { readonly from: number; readonly to: number } {
  let [from, bytes] = [0, 0];
  for (const letter of text) {
    bytes += Buffer.byteLength(letter);
    if (byte < bytes) return { from, to: from + letter.length };
    from += letter.length;
  }
  return { from, to: from };
}

/** What was put before the text came from its first letter. */
function rangeOf({ at, steps, length }: Origin, [from, to]: Range): Range {
  const given: Range = from < 0 ? [0, Math.max(1, to)] : [from, to];
  const [start, end] = steps.reduceRight<Range>((found, edits) => before(edits, found), given);
  return [at + Math.min(start, length), at + Math.min(end, length)];
}
