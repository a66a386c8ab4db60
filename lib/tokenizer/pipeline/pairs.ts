// Byte-pair encoding of a word: its letters (or bytes), joined by the rule of the lowest rank until none applies.
// Source: Sennrich et al. 2016 (1508.07909); tokenizers, models/bpe/{model,word}.rs.
import { invalid, listOf, refuseOthers, textOf, unsupported } from "./component.ts";
import type { Json } from "./component.ts";
import { Heap } from "../heap.ts";
import { byteIds, unencodable } from "./piece.ts";
import type { Model, Piece, Vocabulary } from "./piece.ts";

/** Two numbers below it as one: exact below 2^53. */
const SPAN = 2 ** 26;

interface Rules {
  /** Pair of ids -> rank. */
  readonly ranks: ReadonlyMap<number, number>;
  /** Rank -> id. */
  readonly made: readonly number[];
}

/** @param vocabulary what text may become; @param all with the token that stands for unknown letters */
export function pairModel(json: Json, vocabulary: Vocabulary, all: Vocabulary): Model {
  refuseOthers(
    json,
    "BPE",
    "vocab merges unk_token continuing_subword_prefix end_of_word_suffix fuse_unk byte_fallback ignore_merges dropout",
  );
  if (typeof json["dropout"] === "number" && json["dropout"] > 0)
    throw unsupported(`tokenizer.json leaves out merges at random (dropout = ${json["dropout"]}).`);
  const prefix = textOf(json, "continuing_subword_prefix", "");
  const rules = parseRules(listOf(json, "merges"), prefix, vocabulary, all);
  const spelling = new Map(Array.from(all, ([token, id]) => [id, token]));
  const letters = lettersOf(json, prefix, vocabulary, all);
  const isWhole = json["ignore_merges"] === true;
  return (word) => {
    const whole = isWhole ? vocabulary.get(word) : undefined;
    return whole === undefined
      ? join(letters(word), rules, spelling)
      : [{ id: whole, text: word, from: 0, to: word.length }];
  };
}

function parseRules(merges: readonly unknown[], prefix: string, vocabulary: Vocabulary, all: Vocabulary): Rules {
  const ranks = new Map<number, number>();
  const made: number[] = [];
  merges.forEach((merge, rank) => {
    const [left, right, ...more]: unknown[] = Array.isArray(merge) ? merge : String(merge).split(" ");
    if (typeof left !== "string" || typeof right !== "string" || more.length > 0)
      throw invalid(`tokenizer.json has the merge ${JSON.stringify(merge)}.`);
    const whole = left + right.slice(prefix.length);
    const [a, b, c] = [vocabulary.get(left), vocabulary.get(right), vocabulary.get(whole)];
    if (a === undefined || b === undefined || c === undefined) {
      const strange = [left, right, whole].find((token) => !all.has(token));
      if (strange === undefined) return;
      throw invalid(`tokenizer.json merges to ${JSON.stringify(strange)}, which is not in its vocabulary.`);
    }
    ranks.set(a * SPAN + b, rank);
    made[rank] = c;
  });
  return { ranks, made };
}

type Letter = Omit<Piece, "text">;

/** The parts that a word is joined from; letters without a token are bytes, the unknown token, or nothing. */
function lettersOf(json: Json, prefix: string, vocabulary: Vocabulary, all: Vocabulary): (word: string) => Letter[] {
  const suffix = textOf(json, "end_of_word_suffix", "");
  const [fuses, hasBytes] = [json["fuse_unk"] === true, json["byte_fallback"] === true];
  const unknownText = json["unk_token"] ?? undefined;
  const unknown = typeof unknownText === "string" ? all.get(unknownText) : undefined;
  return (word) => {
    const out: Letter[] = [];
    let pending: Letter | undefined;
    const flush = () => {
      if (pending) out.push(pending);
      pending = undefined;
    };
    let from = 0;
    for (const letter of word) {
      const to = from + letter.length;
      const token = (from > 0 ? prefix : "") + letter + (to === word.length ? suffix : "");
      const id = vocabulary.get(token);
      const bytes = id === undefined && hasBytes ? byteIds(token, vocabulary) : undefined;
      if (id !== undefined) {
        flush();
        out.push({ id, from, to });
      } else if (bytes) {
        // What is pending stays so, as in the source.
        out.push(...bytes.map((byte) => ({ id: byte, from, to })));
      } else if (unknownText !== undefined) {
        if (unknown === undefined) throw unencodable(letter);
        if (!fuses) flush();
        pending = { id: unknown, from: pending?.from ?? from, to };
      }
      from = to;
    }
    flush();
    return out;
  };
}

/** Joins by rank, ties from the left. A queue holds rank and place; a pair that has changed since is passed over. */
function join(letters: readonly Letter[], { ranks, made }: Rules, spelling: ReadonlyMap<number, string>): Piece[] {
  const n = letters.length;
  const ids = letters.map(({ id }) => id);
  const ends = letters.map(({ to }) => to);
  const next = Int32Array.from({ length: n }, (_, i) => i + 1);
  const previous = Int32Array.from({ length: n }, (_, i) => i - 1);
  const queue = new Heap<number>((a, b) => a < b);
  const rankAt = (i: number): number | undefined => {
    const right = next[i] as number;
    return right < n ? ranks.get((ids[i] as number) * SPAN + (ids[right] as number)) : undefined;
  };
  const offer = (i: number) => {
    const rank = i < 0 ? undefined : rankAt(i);
    if (rank !== undefined) queue.push(rank * SPAN + i);
  };
  for (let i = 0; i < n; i++) offer(i);
  for (let top = queue.pop(); top !== undefined; top = queue.pop()) {
    const [rank, i] = [Math.floor(top / SPAN), top % SPAN];
    if (ids[i] === GONE || rankAt(i) !== rank) continue;
    const right = next[i] as number;
    ids[i] = made[rank] as number;
    ends[i] = ends[right] as number;
    ids[right] = GONE;
    const after = next[right] as number;
    next[i] = after;
    if (after < n) previous[after] = i;
    offer(previous[i] as number);
    offer(i);
  }
  const pieces: Piece[] = [];
  for (let i = 0; i < n; i = next[i] as number)
    pieces.push({
      id: ids[i] as number,
      text: spelling.get(ids[i] as number) as string,
      from: (letters[i] as Letter).from,
      to: ends[i] as number,
    });
  return pieces;
}

const GONE = -1;
