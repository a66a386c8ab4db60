// The normalizers of tokenizer.json: what a text is rewritten to before it is cut into words.
// Source: tokenizers, normalizers/*.rs.
import { byteLetters } from "../bytes.ts";
import { listOf, partOf, refuseOthers, textOf, unsupported } from "./component.ts";
import type { Json } from "./component.ts";
import { applied, graphemes, letterEdits } from "./edits.ts";
import type { Edit } from "./edits.ts";
import { patternOf } from "./pattern.ts";
import { parseCharsMap } from "./precompiled.ts";

/** One step: the edits that it makes to a text. */
export type Normalizer = (text: string) => readonly Edit[];

/** @returns the steps, in order; none for null */
export function parseNormalizers(given: unknown): readonly Normalizer[] {
  if (given === null || given === undefined) return [];
  const { type, json } = partOf(given, "normalizer");
  switch (type) {
    case "Sequence":
      refuseOthers(json, type, "normalizers");
      return listOf(json, "normalizers").flatMap(parseNormalizers);
    case "NFC":
    case "NFD":
    case "NFKC":
    case "NFKD":
      refuseOthers(json, type, "");
      return [(text) => formEdits(text, type)];
    case "Lowercase":
      refuseOthers(json, type, "");
      return [lowerCase];
    case "StripAccents":
      refuseOthers(json, type, "");
      return [without(/\p{M}/gu)];
    case "Strip":
      refuseOthers(json, type, "strip_left strip_right");
      return [strip(json)];
    case "Nmt":
      refuseOthers(json, type, "");
      return [without(NMT_NOTHING), replace(NMT_SPACES, " ")];
    case "Prepend": {
      refuseOthers(json, type, "prepend");
      const prefix = textOf(json, "prepend");
      return [(text) => (text === "" ? [] : [[0, 0, prefix]])];
    }
    case "Replace":
      refuseOthers(json, type, "pattern content");
      return [replace(patternOf(json["pattern"]), textOf(json, "content"))];
    case "ByteLevel":
      refuseOthers(json, type, "");
      return [(text) => letterEdits(text, byteLetters)];
    case "BertNormalizer":
      refuseOthers(json, type, "clean_text handle_chinese_chars strip_accents lowercase");
      return bert(json);
    case "Precompiled":
      refuseOthers(json, type, "precompiled_charsmap");
      return [parseCharsMap(textOf(json, "precompiled_charsmap"))];
    default:
      throw unsupported(`tokenizer.json asks for the normalizer ${JSON.stringify(type)}.`);
  }
}

/** By grapheme, or the whole text where a form joins letters across them. */
function formEdits(text: string, form: "NFC" | "NFD" | "NFKC" | "NFKD"): readonly Edit[] {
  const whole = text.normalize(form);
  if (whole === text) return [];
  const edits: Edit[] = [];
  for (const { segment, index } of graphemes(text)) {
    const by = segment.normalize(form);
    if (by !== segment) edits.push([index, index + segment.length, by]);
  }
  return applied(text, edits) === whole ? edits : [[0, text.length, whole]];
}

const replace =
  (pattern: RegExp, by: string): Normalizer =>
  (text) =>
    Array.from(text.matchAll(pattern), ({ index, 0: match }) => [index, index + match.length, by] as const);
const without = (pattern: RegExp): Normalizer => replace(pattern, "");

/** Letter by letter: a sigma at the end of a word is no other letter. */
const lowerCase: Normalizer = (text) => letterEdits(text, (letter) => letter.toLowerCase());

function strip(json: Json): Normalizer {
  const [left, right] = [json["strip_left"] === true, json["strip_right"] === true];
  return (text) => {
    const start = left ? (/^\p{White_Space}+/u.exec(text)?.[0].length ?? 0) : 0;
    const end = right ? text.length - (/\p{White_Space}+$/u.exec(text.slice(start))?.[0].length ?? 0) : text.length;
    const edits: Edit[] = [];
    if (start > 0) edits.push([0, start, ""]);
    if (end < text.length) edits.push([end, text.length, ""]);
    return edits;
  };
}

/* oxlint-disable no-control-regex */
const NMT_NOTHING = /[\u0001-\u0008\u000B\u000E-\u001F\u007F\u008F\u009F]/gu;
const NMT_SPACES = /[\t\n\f\r\u1680\u200B-\u200F\u2028\u2029\u2581\uFEFF\uFFFD]/gu;
const BERT_NOTHING = /(?![\t\n\r])[\p{Cc}\p{Cf}\p{Co}\p{Cs}\uFFFD]/gu;
/* oxlint-enable no-control-regex */
const CHINESE =
  /[\u{4E00}-\u{9FFF}\u{3400}-\u{4DBF}\u{20000}-\u{2A6DF}\u{2A700}-\u{2B73F}\u{2B740}-\u{2B81F}\u{2B920}-\u{2CEAF}\u{F900}-\u{FAFF}\u{2F800}-\u{2FA1F}]/u;

function bert(json: Json): readonly Normalizer[] {
  const isOn = (name: string) => json[name] === true;
  const stripAccents = json["strip_accents"] ?? isOn("lowercase");
  return [
    ...(isOn("clean_text") ? [without(BERT_NOTHING), replace(/\p{White_Space}/gu, " ")] : []),
    ...(isOn("handle_chinese_chars") ? [(text: string) => letterEdits(text, spaced)] : []),
    ...(stripAccents === true ? [(text: string) => formEdits(text, "NFD"), without(/\p{Mn}/gu)] : []),
    ...(isOn("lowercase") ? [lowerCase] : []),
  ];
}

const spaced = (letter: string) => (CHINESE.test(letter) ? ` ${letter} ` : undefined);
