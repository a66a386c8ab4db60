// Sequences side by side in rows, instead of one a row with padding behind it. No token sees another sequence: attention stays inside each one
// (decoder.ts, Packing) and its positions start at 0, so losses and gradients are those of the sequences apart. Sequences are placed longest
// first, each into the first row with room for it.
import type { Batch, Sequence } from "./batch.ts";
import { isCounted, roundLength } from "./batch.ts";

export interface PackedBatch extends Batch {
  readonly packing: NonNullable<Batch["packing"]>;
}

/** In the padding. */
const NO_SEQUENCE = -1;

/**
 * As collate.
 * @param rowLength at least; default: rows are as long as the longest sequence, longer ones would only cost attention
 * @example packSequences([{ id: "a", tokens: Int32Array.of(5, 6, 7), promptLength: 1 }], (s) => s.promptLength, 0, 8).B // 1
 */
export function packSequences(
  sequences: readonly Sequence[],
  firstCounted: (sequence: Sequence) => number,
  padId: number,
  maxLength: number,
  rowLength = 1,
): PackedBatch {
  const lengths = sequences.map(({ tokens }) => tokens.length - 1);
  const T = roundLength(Math.max(rowLength, ...lengths), maxLength);
  const { places, rows } = place(lengths, T);
  const B = roundRows(rows);
  const ids = new Int32Array(B * T).fill(padId);
  const targets = Int32Array.from({ length: B * T * 2 }, (_, i) => (i % 2 === 0 ? i / 2 : 0));
  const counts = new Float32Array(B * T);
  const packing = { sequences: new Int32Array(B * T).fill(NO_SEQUENCE), positions: new Int32Array(B * T), places };
  sequences.forEach((sequence, s) => {
    const { tokens } = sequence;
    const start = places[s] as number;
    ids.set(tokens.subarray(0, -1), start);
    for (let t = 0; t + 1 < tokens.length; t++) {
      packing.sequences[start + t] = s;
      packing.positions[start + t] = t;
      targets[(start + t) * 2 + 1] = tokens[t + 1] as number;
      if (isCounted(sequence, t + 1, firstCounted(sequence))) counts[start + t] = 1;
    }
  });
  return {
    B,
    T,
    ids,
    targets,
    counts,
    counted: counts.reduce((sum, count) => sum + count, 0),
    tokens: sequences.reduce((sum, { tokens }) => sum + tokens.length, 0),
    packing,
  };
}

/** Rows are rounded up in steps of a quarter of a power of two, so that few shapes occur: a captured step is made once per shape. */
function roundRows(rows: number): number {
  const step = Math.max(1, 2 ** (Math.floor(Math.log2(rows)) - 2));
  return Math.ceil(rows / step) * step;
}

/** @returns for each length where it begins, counted through all rows of T */
function place(lengths: readonly number[], T: number): { readonly places: readonly number[]; readonly rows: number } {
  const used: number[] = [];
  const places = lengths.map(() => 0);
  const longestFirst = lengths.map((_, s) => s).sort((a, b) => (lengths[b] as number) - (lengths[a] as number));
  for (const s of longestFirst) {
    const length = lengths[s] as number;
    const found = used.findIndex((tokens) => tokens + length <= T);
    const row = found < 0 ? used.push(0) - 1 : found;
    places[s] = row * T + (used[row] as number);
    used[row] = (used[row] as number) + length;
  }
  return { places, rows: Math.max(1, used.length) };
}
