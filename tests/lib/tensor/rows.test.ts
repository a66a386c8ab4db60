// The wasm engine's own row kernels against the same thing done with plain arrays.
import { expect, test } from "vitest";
import { startEngine } from "../../../lib/tensor/backend.ts";
import * as tf from "../../../lib/tensor/tf.ts";

await startEngine("wasm");

const SHAPES = [[7], [5, 6], [3, 4, 5], [2, 3, 4, 5], [1, 9, 1], [33, 17]];
const DTYPES = ["float32", "int32", "bool"] as const;
const counting = (shape: number[], dtype: (typeof DTYPES)[number]) => {
  const values = Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) =>
    dtype === "bool" ? i % 3 === 0 : i - 4,
  );
  return tf.tensor(dtype === "bool" ? values.map(Number) : (values as number[]), shape, dtype);
};
/** Picks along an axis with plain arrays. */
const picked = (t: tf.Tensor, axis: number, begin: number, size: number): number[] => {
  const values = Array.from(t.dataSync());
  const inner = t.shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  const length = t.shape[axis] as number;
  return values.filter((_, i) => {
    const at = Math.floor(i / inner) % length;
    return at >= begin && at < begin + size;
  });
};

test("slices, splits and joins along every axis of every type are what plain arrays give, and joining what was split gives the whole", () => {
  const before = tf.memory().numTensors;
  for (const dtype of DTYPES)
    for (const shape of SHAPES)
      shape.forEach((length, axis) =>
        tf.tidy(() => {
          const whole = counting(shape, dtype);
          const begin = Math.floor(length / 3);
          const from = shape.map((_, i) => (i === axis ? begin : 0));
          const size = shape.map((n, i) => (i === axis ? n - begin : n));
          expect(Array.from(tf.slice(whole, from, size).dataSync())).toEqual(
            picked(whole, axis, begin, length - begin),
          );
          if (length < 3) return;
          const parts = tf.split(whole, [1, length - 2, 1], axis);
          expect(parts.map((part) => Array.from(part.dataSync()))).toEqual([
            picked(whole, axis, 0, 1),
            picked(whole, axis, 1, length - 2),
            picked(whole, axis, length - 1, 1),
          ]);
          const joined = tf.concat(parts, axis);
          expect(joined.dtype).toBe(dtype);
          expect(Array.from(joined.dataSync())).toEqual(Array.from(whole.dataSync()));
        }),
      );
  expect(tf.memory().numTensors).toBe(before);
});

test("a slice of two axes at once still comes from tfjs", () => {
  tf.tidy(() => {
    expect(Array.from(tf.slice(counting([4, 5], "float32"), [1, 2], [2, 2]).dataSync())).toEqual([3, 4, 8, 9]);
  });
});

test("sums over leading axes are the plain sums for 1 to 70 columns, with and without kept axes", () => {
  tf.tidy(() => {
    for (let columns = 1; columns <= 70; columns += 3) {
      const x = counting([4, 3, columns], "float32");
      const values = Array.from(x.dataSync());
      const expected = Array.from({ length: columns }, (_, c) =>
        values.filter((_v, i) => i % columns === c).reduce((a, b) => a + b, 0),
      );
      expect(Array.from(tf.sum(x, [0, 1]).dataSync())).toEqual(expected);
      expect(tf.sum(x, 0, true).shape).toEqual([1, 3, columns]);
    }
    expect(tf.sum(counting([4, 3], "float32")).dataSync()[0]).toBe(18);
  });
});

test("gather takes rows with repetition; an index out of range throws and changes nothing", () => {
  const before = tf.memory().numTensors;
  tf.tidy(() => {
    const x = counting([4, 3], "float32");
    expect(tf.gather(x, tf.tensor1d([3, 0, 3], "int32")).arraySync()).toEqual([
      [5, 6, 7],
      [-4, -3, -2],
      [5, 6, 7],
    ]);
    for (const index of [4, -1])
      expect(() => tf.gather(x, tf.tensor1d([0, index], "int32"))).toThrow(/not in \[0, 4\)/);
    expect(tf.gather(x, tf.tensor2d([[1], [2]], [2, 1], "int32")).shape).toEqual([2, 1, 3]);
  });
  expect(tf.memory().numTensors).toBe(before);
});

test("ranges, fills and conversions between types are those of plain arrays", () => {
  tf.tidy(() => {
    expect(Array.from(tf.range(0, 5, 2).dataSync())).toEqual([0, 2, 4]);
    expect(Array.from(tf.range(3, 0, -1, "int32").dataSync())).toEqual([3, 2, 1]);
    expect(tf.range(2, 2).size).toBe(0);
    const filled = tf.fill;
    expect(Array.from(filled([3], 2.5).dataSync())).toEqual([2.5, 2.5, 2.5]);
    expect(Array.from(filled([3], -7, "int32").dataSync())).toEqual([-7, -7, -7]);
    expect(Array.from(tf.zerosLike(tf.tensor1d([1, 2], "int32")).dataSync())).toEqual([0, 0]);
    expect(Array.from(tf.onesLike(tf.tensor1d([0, 1, 0], "bool")).dataSync())).toEqual([1, 1, 1]);
    const floats = tf.tensor1d([-2.7, 0, 0.5, 3.9]);
    expect(Array.from(tf.cast(floats, "int32").dataSync())).toEqual([-2, 0, 0, 3]);
    expect(Array.from(tf.cast(floats, "bool").dataSync())).toEqual([1, 0, 1, 1]);
    expect(Array.from(tf.cast(tf.tensor1d([-5, 7], "int32"), "float32").dataSync())).toEqual([-5, 7]);
    expect(Array.from(tf.cast(tf.tensor1d([1, 0], "bool"), "float32").dataSync())).toEqual([1, 0]);
    expect(Array.from(tf.cast(tf.tensor1d([1, 0], "bool"), "int32").dataSync())).toEqual([1, 0]);
    expect(tf.transpose(counting([1, 3, 1], "float32"), [1, 0, 2]).shape).toEqual([3, 1, 1]);
    expect(Array.from(tf.stack([tf.tensor1d([1, 2]), tf.tensor1d([3, 4])], 1).dataSync())).toEqual([1, 3, 2, 4]);
  });
});

test("one value of any type is spread, and a clone shares its data without being disposed with it", () => {
  tf.tidy(() => {
    for (const dtype of DTYPES)
      expect(Array.from(tf.tile(tf.tensor1d([1], dtype), [5]).dataSync())).toEqual([1, 1, 1, 1, 1]);
    const x = tf.tensor1d([1, 2]);
    const copy = x.clone();
    x.dispose();
    expect(Array.from(copy.dataSync())).toEqual([1, 2]);
  });
});
