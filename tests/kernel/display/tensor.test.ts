import { beforeAll, expect, test } from "vitest";
import { bundleOf } from "../../../kernel/display/bundle.ts";
import { startEngine } from "../../../lib/tensor/backend.ts";
import * as tf from "../../../lib/tensor/tf.ts";

beforeAll(async () => {
  await startEngine("wasm");
});

const text = async (value: unknown) => (await bundleOf(value))["text/plain"];

test("a tensor shows its shape, type and statistics, and its values when they are few", async () => {
  const small = tf.tensor2d([
    [1, 2],
    [3, Number.NaN],
  ]);
  expect(await text(small)).toBe(
    "Tensor float32 [2, 2]\nmin 1  mean 2  max 3  standard deviation 0.8165  (1 not finite)\n[[1, 2],\n [3, NaN]]",
  );
  expect(await text(tf.zeros([100, 100]))).toBe(
    "Tensor float32 [100, 100]\nmin 0  mean 0  max 0  standard deviation 0",
  );
  expect(await text(tf.scalar(7, "int32"))).toBe("Tensor int32 []\n7");
});

test("a disposed tensor is shown without being read; showing keeps no tensor alive", async () => {
  const tensor = tf.tensor1d([1, 2]);
  const before = tf.memory().numTensors;
  await text(tensor);
  expect(tf.memory().numTensors).toBe(before);
  tensor.dispose();
  expect(await text(tensor)).toBe("Tensor float32 [2], disposed");
});
