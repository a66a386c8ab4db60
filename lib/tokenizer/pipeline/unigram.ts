// The unigram model: of all ways to cut a word into tokens, the one of the highest summed score; of equal ones the first found.
// Source: Kudo 2018 (1804.10959); tokenizers, models/unigram/model.rs (encode_optimized).
import { invalid, refuseOthers } from "./component.ts";
import type { Json } from "./component.ts";
import { byteIds, unencodable } from "./piece.ts";
import type { Model, Piece, Vocabulary } from "./piece.ts";
import { Trie } from "./trie.ts";

/** How far below the lowest score an unknown letter is. */
const UNKNOWN_PENALTY = 10;

interface Node {
  readonly id: number;
  readonly score: number;
  readonly from: number;
}

/** @param vocabulary what text may become; @param all with the unknown token */
export function unigramModel(json: Json, vocabulary: Vocabulary, all: Vocabulary): Model {
  refuseOthers(json, "Unigram", "vocab unk_id byte_fallback");
  const scores = (json["vocab"] as readonly (readonly [string, number])[]).map(([, score]) => score);
  const unknown = json["unk_id"] ?? undefined;
  if (unknown !== undefined && !(Number.isSafeInteger(unknown) && (unknown as number) < scores.length))
    throw invalid(`tokenizer.json has unk_id = ${JSON.stringify(unknown)} for ${scores.length} unigrams.`);
  const unknownId = unknown as number | undefined;
  const unknownScore = scores.reduce((least, score) => Math.min(least, score), Infinity) - UNKNOWN_PENALTY;
  const hasBytes = json["byte_fallback"] === true;
  const names = new Map(Array.from(all, ([token, id]) => [id, token]));
  const trie = new Trie();
  for (const [token, id] of vocabulary) trie.add(token, id);

  const bestPath = (word: string): Node[] => {
    const best: (Node | undefined)[] = [];
    const offer = (end: number, node: Node) => {
      const known = best[end];
      if (!known || node.score > known.score) best[end] = node;
    };
    let from = 0;
    for (const letter of word) {
      const here = best[from]?.score ?? 0;
      let isKnown = false;
      trie.prefixes(word, from, (end, id) => {
        offer(end, { id, score: (scores[id] as number) + here, from });
        if (end === from + letter.length) isKnown = true;
      });
      if (!isKnown) {
        if (unknownId === undefined) throw unencodable(word);
        offer(from + letter.length, { id: unknownId, score: unknownScore + here, from });
      }
      from += letter.length;
    }
    const path: Node[] = [];
    for (let end = word.length; end > 0; end = (path.at(-1) as Node).from) path.push(best[end] as Node);
    return path.toReversed();
  };

  const pieceOf = (word: string, from: number, to: number): readonly Piece[] => {
    const text = word.slice(from, to);
    const id = vocabulary.get(text);
    if (id !== undefined) return [{ id, text, from, to }];
    const bytes = hasBytes ? byteIds(text, vocabulary) : undefined;
    if (bytes) return bytes.map((byte) => ({ id: byte, text: names.get(byte) as string, from, to }));
    if (unknownId === undefined) throw unencodable(word);
    return [{ id: unknownId, text, from, to }];
  };

  return (word) => {
    const pieces: Piece[] = [];
    const path = bestPath(word);
    for (let i = 0; i < path.length;) {
      let end = i + 1;
      // Unknown letters beside each other are one token.
      if (path[i]?.id === unknownId) while (path[end] && path[end]?.id === unknownId) end += 1;
      pieces.push(...pieceOf(word, (path[i] as Node).from, path[end]?.from ?? word.length));
      i = end;
    }
    return pieces;
  };
}
