// Randomness as a value: every function here is a pure function of a key. A key is made from a seed and split with `fold` into as many
// independent ones as a program has places that need randomness; nothing is drawn "in passing", so adding a draw changes no other.
// Words: key = 64 bits of Philox key; fold = derive a key; drawer = a key with a position, for code that draws a varying number of times.
// It does not do: secrets (it is not cryptographic), or the engines' own generators (they differ from one another).
import { dirichlet } from "./dirichlet.ts";
import { log, normalQuantile } from "./elementary.ts";
import { philox } from "./philox.ts";

/** Two uint32. */
export type Key = readonly [number, number];

// The last counter word says what a block is for, so that numbers of one purpose are never those of another under the same key.
const STREAM = 0;
const FOLD_NUMBER = 1;
const FOLD_TEXT = 2;
const ROOT: Key = [0, 0];
const block = new Uint32Array(4);
const bits = new DataView(new ArrayBuffer(8));

function derive(k: Key, a: number, b: number, position: number, purpose: number): Key {
  philox(block, a, b, position, purpose, k[0], k[1]);
  return [block[0] as number, block[1] as number];
}

function foldOne(k: Key, datum: number | string): Key {
  if (typeof datum === "number") {
    bits.setFloat64(0, datum + 0); // + 0: -0 and 0 are one seed
    return derive(k, bits.getUint32(0), bits.getUint32(4), 0, FOLD_NUMBER);
  }
  const bytes = new TextEncoder().encode(datum);
  const padded = new DataView(new ArrayBuffer(Math.ceil((bytes.length + 1) / 8) * 8));
  bytes.forEach((byte, i) => padded.setUint8(i, byte));
  let key = derive(k, bytes.length, 0, 0, FOLD_TEXT);
  for (let i = 0; i < padded.byteLength; i += 8)
    key = derive(key, padded.getUint32(i), padded.getUint32(i + 4), i / 8 + 1, FOLD_TEXT);
  return key;
}

/** As it stands in a manifest. */
export const GENERATOR = "Philox 4x32-10, counter-based";

/** Kept for the manifest alone: every number of the laboratory follows from these. No draw reads them. */
const seeds = new Set<number | string>();
/** A program that makes seeds in a loop must not fill the memory. */
const MAX_SEEDS = 1_000;

/** @returns the different seeds of which keys were made in this process, the first 1,000 */
export const seedsUsed = (): (number | string)[] => [...seeds];

/**
 * A key from a seed; numbers may be any double, 1 and "1" are different seeds.
 * @example key(7) // [2834936986, 1077943984]
 */
export function key(seed: number | string): Key {
  if (seeds.size < MAX_SEEDS) seeds.add(seed);
  return foldOne(ROOT, seed);
}

/** Derives a key; order matters. @example fold(key(7), "layer", 3) */
export function fold(k: Key, ...data: readonly (number | string)[]): Key {
  return data.reduce<Key>(foldOne, k);
}

/** Calls `use(i, u)` for i in [0, n) with u in [0, 1), 53 random bits each; two doubles a block. */
function eachUniform(k: Key, start: number, n: number, use: (i: number, u: number) => void): void {
  for (let i = 0; i < n; i++) {
    const at = start + i;
    if (i === 0 || at % 2 === 0) philox(block, (at / 2) >>> 0, Math.floor(at / 2 ** 33), 0, STREAM, k[0], k[1]);
    const high = block[(at % 2) * 2] as number;
    const low = block[(at % 2) * 2 + 1] as number;
    use(i, ((high >>> 5) * 2 ** 26 + (low >>> 6)) / 2 ** 53);
  }
}

/** Strictly inside (0, 1): the middle of the interval that a 53-bit draw stands for. Above 1/2 the half step is rounded away, never to 1. */
const inside = (u: number) => (u < 0.5 ? u + 2 ** -54 : u);

/** @returns [n] uniform on [0, 1); element i depends on the key and i alone */
export function uniform(k: Key, n: number): Float64Array {
  const out = new Float64Array(n);
  eachUniform(k, 0, n, (i, u) => (out[i] = u));
  return out;
}

/** @returns [n] standard normals by the inverse distribution function; element i depends on the key and i alone */
export function normal(k: Key, n: number): Float64Array {
  const out = new Float64Array(n);
  eachUniform(k, 0, n, (i, u) => (out[i] = normalQuantile(inside(u))));
  return out;
}

/** @returns [n] uniform on 0..bound-1; the bias of the scaling is below bound / 2^53 */
export function integers(k: Key, n: number, bound: number): Int32Array {
  const out = new Int32Array(n);
  eachUniform(k, 0, n, (i, u) => (out[i] = Math.floor(u * bound)));
  return out;
}

/** @returns [n] standard Gumbel: argmax of log-weights plus these is a draw by weight */
export function gumbel(k: Key, n: number): Float32Array {
  const out = new Float32Array(n);
  eachUniform(k, 0, n, (i, u) => (out[i] = -log(-log(inside(u)))));
  return out;
}

/** @returns a uniformly random order of 0..n-1 (Fisher–Yates) */
export function permutation(k: Key, n: number): Int32Array {
  const out = Int32Array.from({ length: n }, (_, i) => i);
  eachUniform(k, 0, Math.max(0, n - 1), (i, u) => {
    const last = n - 1 - i;
    const other = Math.floor(u * (last + 1));
    const held = out[last] as number;
    out[last] = out[other] as number;
    out[other] = held;
  });
  return out;
}

/** The index that u in [0, 1) selects; weights need not sum to 1. */
function select(weights: ArrayLike<number>, u: number): number {
  let total = 0;
  for (let i = 0; i < weights.length; i++) total += weights[i] as number;
  let left = u * total;
  let last = 0;
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i] as number;
    if (weight <= 0) continue;
    if (left < weight) return i;
    left -= weight;
    last = i;
  }
  return last; // rounding only: u * total reached the sum
}

/** @returns one index drawn by weight */
export function categorical(k: Key, weights: ArrayLike<number>): number {
  return select(weights, uniform(k, 1)[0] as number);
}

export interface Drawer {
  /** On [0, 1). */
  uniform(): number;
  /** On 0..bound-1. */
  integer(bound: number): number;
  pick<T>(choices: readonly T[]): T;
  /** An index, by weight. */
  weighted(weights: ArrayLike<number>): number;
  normal(): number;
  shuffle<T>(items: readonly T[]): T[];
  /** A point of the (n-1)-simplex from Dirichlet(alpha, ..., alpha). */
  dirichlet(alpha: number, n: number): number[];
}

/** A key with a position: successive calls give successive numbers of the key's stream. */
export function draw(k: Key): Drawer {
  let at = 0;
  const next = () => {
    let u = 0;
    eachUniform(k, at, 1, (_, value) => (u = value));
    at += 1;
    return u;
  };
  const integer = (bound: number) => Math.floor(next() * bound);
  const normalOne = () => normalQuantile(inside(next()));
  return {
    uniform: next,
    integer,
    pick: (choices) => choices[integer(choices.length)] as (typeof choices)[number],
    weighted: (weights) => select(weights, next()),
    normal: normalOne,
    shuffle: (items) => {
      const order = permutation(derive(k, at++, 0, 1, FOLD_NUMBER), items.length);
      return Array.from(order, (i) => items[i] as (typeof items)[number]);
    },
    dirichlet: (alpha, n) => dirichlet(alpha, n, () => inside(next()), normalOne),
  };
}
