// The decoders of tokenizer.json: how tokens become a text again.
// Source: tokenizers, decoders/*.rs and pre_tokenizers/{byte_level,metaspace}.rs.
import { BYTE_LETTERS } from "../bytes.ts";
import { listOf, partOf, refuseOthers, textOf, unsupported } from "./component.ts";
import type { Json } from "./component.ts";
import { patternOf } from "./pattern.ts";

/** One step from texts to texts; what the last one gives is joined. */
export type Decoder = (tokens: readonly string[]) => readonly string[];

/** @returns the steps, in order; undefined for null: tokens are then joined by spaces */
export function parseDecoders(given: unknown): readonly Decoder[] | undefined {
  if (given === null || given === undefined) return undefined;
  const { type, json } = partOf(given, "decoder");
  switch (type) {
    case "Sequence":
      refuseOthers(json, type, "decoders");
      return listOf(json, "decoders").flatMap((one) => parseDecoders(one) ?? []);
    case "ByteLevel":
      // The other fields are those of the pre-tokenizer of the same name.
      refuseOthers(json, type, "add_prefix_space trim_offsets use_regex");
      return [byteLevel];
    case "Metaspace":
      refuseOthers(json, type, "replacement prepend_scheme split add_prefix_space str_rep");
      return [metaspace(json)];
    case "WordPiece":
      refuseOthers(json, type, "prefix cleanup");
      return [wordPiece(json)];
    case "BPEDecoder": {
      refuseOthers(json, type, "suffix");
      const suffix = textOf(json, "suffix", "</w>");
      return [(tokens) => tokens.map((token, i) => token.replaceAll(suffix, i === tokens.length - 1 ? "" : " "))];
    }
    case "ByteFallback":
      refuseOthers(json, type, "");
      return [byteFallback];
    case "Fuse":
      refuseOthers(json, type, "");
      return [(tokens) => [tokens.join("")]];
    case "Replace": {
      refuseOthers(json, type, "pattern content");
      const [pattern, content] = [patternOf(json["pattern"]), textOf(json, "content")];
      return [(tokens) => tokens.map((token) => token.replaceAll(pattern, () => content))];
    }
    case "Strip":
      refuseOthers(json, type, "content start stop");
      return [strip(json)];
    default:
      throw unsupported(`tokenizer.json asks for the decoder ${JSON.stringify(type)}.`);
  }
}

const BYTE_OF = new Map(BYTE_LETTERS.map((letter, byte) => [letter, byte]));
const UTF8 = new TextDecoder("utf-8", { ignoreBOM: true });
const STRICT = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });

/** A token with a letter outside GPT-2's alphabet is text. */
const byteLevel: Decoder = (tokens) => {
  const bytes = tokens.flatMap((token) => {
    const spelled = Array.from(token, (letter) => BYTE_OF.get(letter));
    return spelled.every((byte) => byte !== undefined) ? spelled : Array.from(new TextEncoder().encode(token));
  });
  return [UTF8.decode(Uint8Array.from(bytes))];
};

/** Every byte of a run that is no UTF-8 is U+FFFD. */
const byteFallback: Decoder = (tokens) => {
  const out: string[] = [];
  let run: number[] = [];
  const flush = () => {
    if (run.length === 0) return;
    try {
      out.push(STRICT.decode(Uint8Array.from(run)));
    } catch {
      out.push(...run.map(() => "\uFFFD"));
    }
    run = [];
  };
  for (const token of tokens) {
    const hex = /^<0x([0-9A-Fa-f]{2})>$/u.exec(token)?.[1];
    if (hex === undefined) {
      flush();
      out.push(token);
    } else run.push(Number.parseInt(hex, 16));
  }
  flush();
  return out;
};

/** The first token loses its marks, unless none were put there. */
function metaspace(json: Json): Decoder {
  const mark = textOf(json, "replacement", "▁");
  const isPrefixed = textOf(json, "prepend_scheme", "always") !== "never" && json["add_prefix_space"] !== false;
  return (tokens) => tokens.map((token, i) => token.replaceAll(mark, i === 0 && isPrefixed ? "" : " "));
}

const CLEANUP: readonly (readonly [string, string])[] = [
  [" .", "."],
  [" ?", "?"],
  [" !", "!"],
  [" ,", ","],
  [" ' ", "'"],
  [" n't", "n't"],
  [" 'm", "'m"],
  [" do not", " don't"],
  [" 's", "'s"],
  [" 've", "'ve"],
  [" 're", "'re"],
];

function wordPiece(json: Json): Decoder {
  const prefix = textOf(json, "prefix", "##");
  const cleans = json["cleanup"] !== false;
  const clean = (text: string) => CLEANUP.reduce((out, [from, to]) => out.replaceAll(from, to), text);
  return (tokens) =>
    tokens.map((token, i) => {
      const joins = token.startsWith(prefix);
      const text = i === 0 ? token : joins ? token.slice(prefix.length) : ` ${token}`;
      return cleans ? clean(text) : text;
    });
}

function strip(json: Json): Decoder {
  const content = textOf(json, "content", " ");
  const [start, stop] = [Number(json["start"] ?? 0), Number(json["stop"] ?? 0)];
  return (tokens) =>
    tokens.map((token) => {
      const letters = Array.from(token);
      let from = 0;
      while (from < Math.min(start, letters.length) && letters[from] === content) from += 1;
      let to = letters.length;
      while (letters.length - to < Math.min(stop, letters.length) && letters[to - 1] === content) to -= 1;
      return letters.slice(from, to).join("");
    });
}
