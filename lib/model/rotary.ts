// The tables of rotary positions (tensor/ops/rotary.ts) as a configuration asks for them: C and S also carry 1/sqrt(head width) for the queries, and 1 and 0 for the values, so attention
// needs no scaling and no extra slices. Frequencies are in rope.ts.
import type { Rotation } from "../tensor/ops/rotary.ts";
import * as tf from "../tensor/tf.ts";
import type { ModelConfig } from "./config.ts";
import { rotaryFrequencies, rotaryScale } from "./rope.ts";

/** One head's turns by position; empty where positions are learned instead. A record, so that it can be fed to a captured step. */
export type RotaryTables = Readonly<Record<string, tf.Tensor2D>> & {
  /** [positions, head width] */
  readonly cos?: tf.Tensor2D;
  /** [positions, head width], negative for first halves */
  readonly sin?: tf.Tensor2D;
};

/**
 * @param positions  tables are for 0..positions-1
 * @param length     of the sequences that they are for, where stretched frequencies depend on it
 * @returns the caller disposes them
 */
export function rotaryTables(config: ModelConfig, positions: number, length = positions): RotaryTables {
  const { headWidth, ropeTheta } = config;
  if (ropeTheta === 0) return {};
  const frequencies = rotaryFrequencies(config, length);
  const scale = rotaryScale(config);
  const half = frequencies.length;
  // Columns behind those that turn stay as they are.
  const cos = new Float32Array(positions * headWidth).fill(1);
  const sin = new Float32Array(positions * headWidth);
  for (let i = 0; i < half; i++) {
    for (let position = 0; position < positions; position++) {
      // Angles in float32, as the reference implementation keeps them.
      const angle = Math.fround(position * (frequencies[i] as number));
      const [first, second] = [position * headWidth + i, position * headWidth + i + half];
      cos[first] = cos[second] = Math.cos(angle) * scale;
      sin[second] = Math.sin(angle) * scale;
      sin[first] = -sin[second];
    }
  }
  return {
    cos: tf.tensor2d(cos, [positions, headWidth]),
    sin: tf.tensor2d(sin, [positions, headWidth]),
  };
}

/**
 * @param rowsOf chooses the rows of a table
 * @returns tensors of the caller's tidy
 */
export function rotationOf(
  { heads, kvHeads, headWidth, rotaryWidth, scaledScores }: ModelConfig,
  tables: RotaryTables,
  rowsOf: (table: tf.Tensor2D) => tf.Tensor2D,
): Rotation {
  const half = Math.ceil(rotaryWidth / 2);
  const parts = [half, half, headWidth - 2 * half] as const;
  const scale = scaledScores ? 1 / Math.sqrt(headWidth) : 1;
  if (!tables.cos || !tables.sin) {
    const queries = tf.mul<tf.Tensor2D>(tf.ones([1, heads * headWidth]), scale);
    const row = tf.concat2d([queries, tf.ones([1, 2 * kvHeads * headWidth])], 1);
    return { cos: row, sin: undefined, parts };
  }
  const [cos, sin] = [rowsOf(tables.cos), rowsOf(tables.sin)] as const;
  const spread = (table: tf.Tensor2D, values: tf.Tensor2D) =>
    tf.concat2d([tf.tile(tf.mul<tf.Tensor2D>(table, scale), [1, heads]), tf.tile(table, [1, kvHeads]), values], 1);
  const width: [number, number] = [cos.shape[0], kvHeads * headWidth];
  return { cos: spread(cos, tf.ones(width)), sin: spread(sin, tf.zeros(width)), parts };
}
