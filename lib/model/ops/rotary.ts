// Rotary positions on query|key|value heads side by side, in one pass: y = x C + swap(x) S, where swap exchanges the halves of each head and S has the sign.
// (A product with a swapping matrix took 1.7 to 4.5 times as long.) C and S also carry 1/sqrt(head width) for the queries, and 1 and 0 for the values, so attention needs no scaling and no extra slices.
// Source: Su et al. 2021, in the half-split layout of transformers' Llama ("rotate_half"). Where only the first columns of a head turn (GPT-NeoX),
// the others have C = 1 and S = 0.
import * as tf from "../../tensor/tf.ts";
import type { ModelConfig } from "../config.ts";
import { rotaryFrequencies, rotaryScale } from "../rope.ts";
import type { WithBack } from "./linear.ts";

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

/** C and S of the header comment for some rows, [rows or 1, all heads * head width]; or with the rows in two dimensions, as x has them. */
export interface Rotation {
  readonly cos: tf.Tensor;
  readonly sin: tf.Tensor | undefined;
  /** Of a head's columns: the two halves that change places, and what stays. */
  readonly parts: readonly [number, number, number];
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

/**
 * @param x        [B, T, all heads * head width]
 * @param rotation its tables broadcast against x
 * @returns y as x
 */
export function rotary(x: tf.Tensor, { cos, sin, parts }: Rotation): WithBack<tf.Tensor> {
  if (!sin) return { y: tf.mul(x, cos), back: (dy) => tf.mul(dy, cos) };
  const sizes = parts.filter((size) => size > 0);
  const headWidth = sizes.reduce((sum, size) => sum + size, 0);
  const swap = (t: tf.Tensor) => {
    const [first, second, ...rest] = tf.split(tf.reshape(t, [-1, headWidth]), sizes, 1) as [tf.Tensor, tf.Tensor];
    return tf.reshape(tf.concat([second, first, ...rest], 1), t.shape);
  };
  return {
    y: tf.add(tf.mul(x, cos), tf.mul(swap(x), sin)),
    back: (dy) => tf.add(tf.mul(dy, cos), swap(tf.mul(dy, sin))),
  };
}
