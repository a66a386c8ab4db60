// The learning part of byte-pair encoding, on ids: which pair to join next. A queue holds pairs by the count they had when they were put in;
// counts of overlapping pairs fall later, so a pair that comes out with an old count goes back in with its new one.

import { Heap } from "./heap.ts";

export interface CountedWord {
  readonly ids: readonly number[];
  /** How often the word occurs. */
  readonly count: number;
}

type Pair = readonly [left: number, right: number];
interface Candidate {
  readonly pair: Pair;
  readonly count: number;
}

/** Pair as one number: exact below 2^26 tokens. */
const SPAN = 2 ** 26;
const pairKey = (left: number, right: number) => left * SPAN + right;
const keyPair = (key: number): Pair => [Math.floor(key / SPAN), key % SPAN];

/** Whether `a` is to be merged before `b`. */
const comesFirst = (a: Candidate, b: Candidate) =>
  a.count !== b.count ? a.count > b.count : pairKey(...a.pair) < pairKey(...b.pair);

/**
 * @param firstId id of the first merged token; the following merges take the next ones
 * @param most    how many merges to make
 * @returns at most that many pairs of ids, in order
 */
export function learnMerges(given: readonly CountedWord[], firstId: number, most: number, minCount: number): Pair[] {
  const words = given.map(({ ids, count }) => ({ ids: [...ids], count }));
  const counts = new Map<number, number>();
  /** Words in which a pair occurs, or did once. */
  const places = new Map<number, Set<number>>();
  const add = (key: number, by: number, word: number) => {
    counts.set(key, (counts.get(key) ?? 0) + by);
    if (by < 0) return;
    const known = places.get(key);
    if (known) known.add(word);
    else places.set(key, new Set([word]));
  };
  words.forEach(({ ids, count }, w) => {
    for (let i = 0; i + 1 < ids.length; i++) add(pairKey(ids[i] as number, ids[i + 1] as number), count, w);
  });
  const queue = new Heap(comesFirst);
  for (const [key, count] of counts) queue.push({ pair: keyPair(key), count });

  const merges: Pair[] = [];
  while (merges.length < most) {
    const top = queue.pop();
    if (!top) break;
    const key = pairKey(...top.pair);
    const count = counts.get(key) as number;
    if (count !== top.count) {
      if (count > 0) queue.push({ ...top, count });
      continue;
    }
    if (count < minCount || count < 1) break;
    const id = firstId + merges.length;
    merges.push(top.pair);
    const grown = new Set<number>();
    for (const w of places.get(key) as Set<number>) {
      const word = words[w] as (typeof words)[number];
      word.ids = joined(word.ids, top.pair, id, (left, right, sign) => {
        const changed = pairKey(left, right);
        add(changed, sign * word.count, w);
        if (sign > 0) grown.add(changed);
      });
    }
    counts.delete(key);
    for (const changed of grown) {
      const now = counts.get(changed) ?? 0;
      if (now > 0) queue.push({ pair: keyPair(changed), count: now });
    }
  }
  return merges;
}

/** @param change is told which neighbouring pairs go (-1) and come (+1) */
function joined(
  ids: readonly number[],
  [left, right]: Pair,
  id: number,
  change: (left: number, right: number, sign: 1 | -1) => void,
): number[] {
  const out: number[] = [];
  for (let i = 0; i < ids.length; i++) {
    if (ids[i] !== left || ids[i + 1] !== right) {
      out.push(ids[i] as number);
      continue;
    }
    const before = out.at(-1);
    if (before !== undefined) {
      change(before, left, -1);
      change(before, id, 1);
    }
    const after = ids[i + 2];
    if (after !== undefined) {
      change(right, after, -1);
      change(id, after, 1);
    }
    out.push(id);
    i += 1;
  }
  return out;
}
