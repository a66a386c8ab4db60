// What a model of a tokenizer.json makes of a word.
// Words: piece = a token and the part of the word that it stands for.
import { fault } from "../../core/errors.ts";

export interface Piece {
  readonly id: number;
  /** As the tokenizers library spells it: the vocabulary's token, but the letters themselves where a unigram model knows none. */
  readonly text: string;
  /** The part of the word, in UTF-16 units. */
  readonly from: number;
  readonly to: number;
}

export type Model = (word: string) => readonly Piece[];

export type Vocabulary = ReadonlyMap<string, number>;

export const unencodable = (word: string) =>
  fault("UNENCODABLE", `there is no plain token for a part of ${JSON.stringify(word.slice(0, 80))}.`, "leave it out.");

/** Ids of the bytes of a text by their names <0x00> to <0xFF>; undefined where one has none. */
export function byteIds(text: string, vocabulary: Vocabulary): number[] | undefined {
  const ids = Array.from(new TextEncoder().encode(text), (byte) => vocabulary.get(byteName(byte)));
  return ids.every((id) => id !== undefined) ? ids : undefined;
}

const byteName = (byte: number) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`;
