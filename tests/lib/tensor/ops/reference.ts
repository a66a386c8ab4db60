// How an operation is checked: values against a reference in plain JavaScript and float64, written for its formula and nothing else; gradients against central finite differences of that
// reference, whose own error is below 1e-8. Not a test itself.
import * as fc from "fast-check";
import { expect } from "vitest";
import { key, normal } from "../../../../lib/core/rng.ts";
import type { EngineName } from "../../../../lib/tensor/backend.ts";
import * as tf from "../../../../lib/tensor/tf.ts";

const LONG = process.env["BLANKSLATE_LONG"] === "1";

export interface Plain {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/** Normal numbers that float32 holds exactly, so that the engine and the reference start from the same. */
export function plain(name: string, ...shape: number[]): Plain {
  const size = shape.reduce((product, length) => product * length, 1);
  return { shape, data: Float64Array.from(normal(key(name), size), Math.fround) };
}

export interface Case {
  readonly inputs: readonly Plain[];
  readonly reference: (inputs: readonly Float64Array[]) => Float64Array | readonly number[];
  /** y, and the gradients of the inputs in their order. */
  readonly run: (inputs: readonly tf.Tensor[]) => {
    readonly y: tf.Tensor;
    readonly back: (dy: tf.Tensor) => readonly (tf.Tensor | undefined)[];
  };
}

/** Float32 sums of a few dozen terms. */
const TOLERANCE = 2e-5;
const STEP = 1e-5;

/** Values and gradients within 2e-5 (1 + size), every number finite, no tensor left behind. */
export async function expectHolds({ inputs, reference, run }: Case): Promise<void> {
  const before = tf.memory().numTensors;
  const given = inputs.map(({ shape, data }) => tf.tensor(Float32Array.from(data), [...shape]));
  const expected = Float64Array.from(reference(inputs.map(({ data }) => data)));
  const dy = plain("dy", expected.length).data;
  const made = tf.tidy(() => {
    const { y, back } = run(given);
    const gradients = back(tf.tensor(Float32Array.from(dy), y.shape)).filter((gradient) => gradient !== undefined);
    return [y, ...gradients];
  });
  const values = await Promise.all(made.map((tensor) => tensor.data()));
  expectClose(values[0] as Float32Array, expected, "y");
  expect(made.slice(1).map(({ shape }) => shape)).toEqual(inputs.map(({ shape }) => shape));
  for (const [i, { data }] of inputs.entries()) {
    const numeric = data.map((_, at) => {
      const lossAt = (x: number) => {
        const moved = inputs.map((input, j) => (i === j ? input.data.with(at, x) : input.data));
        return Float64Array.from(reference(moved)).reduce((sum, value, n) => sum + value * (dy[n] as number), 0);
      };
      const x = data[at] as number;
      return (lossAt(x + STEP) - lossAt(x - STEP)) / (2 * STEP);
    });
    expectClose(values[i + 1] as Float32Array, numeric, `gradient ${i}`);
  }
  tf.dispose([...made, ...given]);
  expect(tf.memory().numTensors).toBe(before);
}

export function expectClose(ours: ArrayLike<number>, expected: ArrayLike<number>, what: string, within = TOLERANCE) {
  expect(ours.length, what).toBe(expected.length);
  for (const [at, value] of Array.from(expected).entries()) {
    const off = Math.abs((ours[at] as number) - value) / (1 + Math.abs(value));
    if (!(off <= within)) expect.fail(`${what}: ${ours[at]} instead of ${value} at ${at}`);
  }
}

/** Random cases: few where each compiles shaders, many by hand (BLANKSLATE_LONG=1). */
export const someCases = (engine: EngineName): { readonly numRuns: number; readonly seed: number } => ({
  numRuns: LONG ? 200 : engine === "webgpu" ? 2 : 8,
  seed: 7,
});

export const size = (most: number) => fc.integer({ min: 1, max: most });
