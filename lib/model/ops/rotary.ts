// Rotary positions on query|key|value heads side by side, in one pass: y = x C + (x R) S, where R swaps the halves of each head (with a sign).
// C and S also carry 1/sqrt(head width) for the queries, and 1 and 0 for the values, so attention needs no scaling and no extra slices.
// Source: Su et al. 2021, in the half-split layout of transformers' Llama ("rotate_half").
import * as tf from "../../tensor/tf.ts";
import type { ModelConfig } from "../config.ts";
import type { WithBack } from "./linear.ts";

export interface RotaryTables {
  /** [positions, all heads * head width] */
  readonly cos: tf.Tensor2D;
  /** As cos; absent where positions are learned. */
  readonly sin: tf.Tensor2D | undefined;
  /** [head width, head width]; x R = (-second half, first half). */
  readonly turn: tf.Tensor2D | undefined;
}

/** @returns tables for positions 0..positions-1; the caller disposes them */
export function rotaryTables(config: ModelConfig, positions: number): RotaryTables {
  const { heads, kvHeads, headWidth, ropeTheta } = config;
  const half = headWidth / 2;
  const row = (heads + 2 * kvHeads) * headWidth;
  const cos = new Float32Array(positions * row);
  const sin = new Float32Array(positions * row);
  for (let position = 0; position < positions; position++) {
    for (let column = 0; column < row; column++) {
      const head = Math.floor(column / headWidth);
      const scale = head < heads ? 1 / Math.sqrt(headWidth) : 1;
      const turns = ropeTheta > 0 && head < heads + kvHeads;
      // Frequencies in float32, as the reference implementation keeps them.
      const frequency = Math.fround(1 / Math.fround(ropeTheta ** (((column % headWidth) % half) / half)));
      const angle = turns ? Math.fround(position * frequency) : 0;
      cos[position * row + column] = scale * Math.cos(angle);
      sin[position * row + column] = scale * Math.sin(angle);
    }
  }
  const shape: [number, number] = [positions, row];
  if (ropeTheta === 0) return { cos: tf.tensor2d(cos, shape), sin: undefined, turn: undefined };
  const turn = new Float32Array(headWidth * headWidth);
  for (let i = 0; i < half; i++) {
    turn[(i + half) * headWidth + i] = -1;
    turn[i * headWidth + i + half] = 1;
  }
  return {
    cos: tf.tensor2d(cos, shape),
    sin: tf.tensor2d(sin, shape),
    turn: tf.tensor2d(turn, [headWidth, headWidth]),
  };
}

/**
 * @param x      [B, T, all heads * head width]
 * @param tables cos and sin broadcast against x: [T, ...] or [B, 1, ...]
 * @returns y as x
 */
export function rotary(
  x: tf.Tensor,
  tables: { readonly cos: tf.Tensor; readonly sin: tf.Tensor | undefined; readonly turn: tf.Tensor2D | undefined },
): WithBack<tf.Tensor> {
  const { cos, sin, turn } = tables;
  if (!sin || !turn) return { y: tf.mul(x, cos), back: (dy) => tf.mul(dy, cos) };
  const headWidth = turn.shape[0];
  const turned = (t: tf.Tensor, back: boolean) =>
    tf.reshape(tf.matMul(tf.reshape(t, [-1, headWidth]), turn, false, back), t.shape);
  return {
    y: tf.add(tf.mul(x, cos), tf.mul(turned(x, false), sin)),
    back: (dy) => tf.add(tf.mul(dy, cos), turned(tf.mul(dy, sin), true)),
  };
}
