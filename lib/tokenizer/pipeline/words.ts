// The pre-tokenizers of tokenizer.json: how a text is cut into words, none of which a token can cross.
// Source: tokenizers, pre_tokenizers/*.rs.
import { byteLetters } from "../bytes.ts";
import { listOf, partOf, refuseOthers, textOf, unsupported } from "./component.ts";
import type { Json } from "./component.ts";
import { behaviorOf, patternOf, split } from "./pattern.ts";
import type { Behavior } from "./pattern.ts";

export interface Word {
  readonly text: string;
  /** Its first letter's place in the text that was cut; -1 where a letter was put before the text. */
  readonly at: number;
  /** Where `text` is written in letters for bytes: what it was before. */
  readonly raw?: string;
}

/** @param isFirst whether the text that is cut is the beginning of the whole */
export type Cutter = (word: Word, isFirst: boolean) => readonly Word[];

/** The letters of words in regular expressions of Rust. */
const LETTER = String.raw`[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]`;
const NO_LETTER = String.raw`[^\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}\p{White_Space}]`;
const WORDS = new RegExp(`${LETTER}+|${NO_LETTER}+`, "gu");
const SPACE = /\p{White_Space}/gu;
const DIGIT = /\p{N}/gu;
const PUNCTUATION = /[\p{P}!-/:-@[-`{-~]/gu;
const GPT2 =
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

/** @returns cuts that follow each other; none for null */
export function parseCutters(given: unknown): readonly Cutter[] {
  if (given === null || given === undefined) return [];
  const { type, json } = partOf(given, "pre-tokenizer");
  switch (type) {
    case "Sequence":
      refuseOthers(json, type, "pretokenizers");
      return listOf(json, "pretokenizers").flatMap(parseCutters);
    case "ByteLevel":
      refuseOthers(json, type, "add_prefix_space trim_offsets use_regex");
      return [byteLevel(json)];
    case "Metaspace":
      refuseOthers(json, type, "replacement prepend_scheme split add_prefix_space str_rep");
      return [metaspace(json)];
    case "Split":
      refuseOthers(json, type, "pattern behavior invert");
      return [cutter(patternOf(json["pattern"]), behaviorOf(json["behavior"]), json["invert"] === true)];
    case "Punctuation":
      refuseOthers(json, type, "behavior");
      return [cutter(PUNCTUATION, behaviorOf(json["behavior"] ?? "Isolated"))];
    case "Digits":
      refuseOthers(json, type, "individual_digits");
      return [cutter(DIGIT, json["individual_digits"] === true ? "Isolated" : "Contiguous")];
    case "Whitespace":
      refuseOthers(json, type, "");
      return [cutter(WORDS, "Removed", true)];
    case "WhitespaceSplit":
      refuseOthers(json, type, "");
      return [cutter(SPACE, "Removed")];
    case "BertPreTokenizer":
      refuseOthers(json, type, "");
      return [cutter(SPACE, "Removed"), cutter(PUNCTUATION, "Isolated")];
    case "CharDelimiterSplit":
      refuseOthers(json, type, "delimiter");
      return [cutter(patternOf({ String: textOf(json, "delimiter") }), "Removed")];
    case "FixedLength":
      refuseOthers(json, type, "length");
      return [fixedLength(json)];
    default:
      throw unsupported(`tokenizer.json asks for the pre-tokenizer ${JSON.stringify(type)}.`);
  }
}

const part = ({ text, at }: Word, from: number, to: number): Word => ({ text: text.slice(from, to), at: at + from });

const cutter =
  (pattern: RegExp, behavior: Behavior, invert = false): Cutter =>
  (word) =>
    split(word.text, pattern, behavior, invert).map(([from, to]) => part(word, from, to));

const prefixed = ({ text, at }: Word, prefix: string): Word => ({ text: prefix + text, at: at - prefix.length });

function byteLevel(json: Json): Cutter {
  const cut = json["use_regex"] === false ? undefined : cutter(GPT2, "Isolated");
  const addsSpace = json["add_prefix_space"] === true;
  return (word) => {
    const whole = addsSpace && !word.text.startsWith(" ") ? prefixed(word, " ") : word;
    return (cut ? cut(whole, false) : [whole]).map(({ text, at }) => ({ text: byteLetters(text), at, raw: text }));
  };
}

function metaspace(json: Json): Cutter {
  const mark = textOf(json, "replacement", "▁");
  const scheme = textOf(json, "prepend_scheme", "always");
  if (Array.from(mark).length !== 1 || mark.length !== 1 || (json["str_rep"] ?? mark) !== mark)
    throw unsupported(`tokenizer.json writes spaces as ${JSON.stringify(json["str_rep"] ?? mark)}.`);
  if (!["always", "first", "never"].includes(scheme) || (json["add_prefix_space"] === false && scheme !== "never"))
    throw unsupported(`tokenizer.json has a Metaspace with prepend_scheme = ${JSON.stringify(scheme)}.`);
  const cut = json["split"] === false ? undefined : cutter(patternOf({ String: mark }), "MergedWithNext");
  return ({ text, at }, isFirst) => {
    const marked = { text: text.replaceAll(" ", mark), at };
    const isPrefixed =
      !marked.text.startsWith(mark) && (scheme === "always" || (scheme === "first" && isFirst && at === 0));
    const whole = isPrefixed ? prefixed(marked, mark) : marked;
    return cut ? cut(whole, false) : [whole];
  };
}

function fixedLength(json: Json): Cutter {
  const length = json["length"];
  if (!Number.isSafeInteger(length) || (length as number) < 1)
    throw unsupported(`tokenizer.json cuts texts every ${JSON.stringify(length)} letters.`);
  const letters = new RegExp(`[^]{1,${length as number}}`, "gu");
  return cutter(letters, "Isolated");
}
