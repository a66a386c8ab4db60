// Shaders of the webgpu engine where small cases do not reach: more rows than a group sums, more tokens than a tile, many groups; both ways to sum over a group; and what a device refuses. (What it has no memory for: webgpu-memory.test.ts.)
// That each operation is right is told in ops/, on every engine.
import { beforeAll, describe, expect, test } from "vitest";
import { key, normal } from "../../../lib/core/rng.ts";
import { startEngine } from "../../../lib/tensor/backend.ts";
import type { EngineName } from "../../../lib/tensor/backend.ts";
import { attention, causalMask } from "../../../lib/tensor/ops/attention.ts";
import { embedding } from "../../../lib/tensor/ops/embedding.ts";
import { norm } from "../../../lib/tensor/ops/norm.ts";
import { tokenLogProbs } from "../../../lib/tensor/ops/token-log-probs.ts";
import * as tf from "../../../lib/tensor/tf.ts";
import type { WebgpuBackend } from "../../../lib/tensor/webgpu/backend.ts";
import { nameKernels } from "../../../lib/tensor/webgpu/failures.ts";
import { launch, source } from "../../../lib/tensor/webgpu/launch.ts";
import type { Shader } from "../../../lib/tensor/webgpu/launch.ts";
import { allEngines } from "../engines.ts";

/** A dozen shaders are compiled first. */
const SLOW = { timeout: 120_000 };
const random = (name: string, ...shape: number[]) =>
  tf.tensor(Float32Array.from(normal(key(name), tf.util.sizeFromShape(shape))), shape);

/** Each result, and each gradient for a given dy. */
const CASES: Readonly<Record<string, () => (tf.Tensor | undefined)[]>> = {
  "layer norm of 300 rows of 70": () => {
    const { y, back } = norm(random("x", 300, 70), random("w", 70), random("b", 70), 1e-5);
    const { dx, dWeight, dBias } = back(random("dy", 300, 70));
    return [y, dx, dWeight, dBias];
  },
  "attention of 70 tokens, two heads of 6 sharing keys, with a window of 40": () => {
    const counts = { heads: 2, kvHeads: 1, headWidth: 6 };
    const { y, back } = attention(random("qkv", 1, 70, 24), causalMask(70, counts, { window: 40 }), counts);
    return [y, back(random("dy", 70, 12))];
  },
  "log-probabilities over 300 tokens": () => {
    const logits = tf.mul<tf.Tensor2D>(random("logits", 3, 300), 6);
    const { logProbs, entropy, back } = tokenLogProbs(logits, tf.tensor2d([0, 4, 1, 299, 2, 0], [3, 2], "int32"));
    return [logProbs, entropy(), back({ dLogProbs: random("d", 3) as tf.Tensor1D })];
  },
  "a table's gradient from 150 ids of which many are equal": () => {
    const ids = Int32Array.from({ length: 150 }, (_, i) => (i * i) % 11);
    return [embedding(random("table", 11, 70), tf.tensor1d(ids, "int32")).back(random("dy", 150, 70))];
  },
};

async function valuesOn(engine: EngineName, made: () => (tf.Tensor | undefined)[]): Promise<number[]> {
  await startEngine(engine);
  const tensors = tf.tidy(() => made().filter((tensor) => tensor !== undefined));
  const values = await Promise.all(tensors.map((tensor) => tensor.data()));
  tf.dispose(tensors);
  return values.flatMap((some) => Array.from(some));
}

describe.skipIf(!allEngines.includes("webgpu"))("webgpu", () => {
  beforeAll(() => startEngine("webgpu"));

  test.each(Object.entries(CASES))("%s, results and gradients, are wasm's within 1e-5", SLOW, async (_, made) => {
    const [ours, theirs] = [await valuesOn("webgpu", made), await valuesOn("wasm", made)];
    expect(ours.length).toBe(theirs.length);
    const off = ours.map((value, i) => Math.abs(value - (theirs[i] as number)) / (1 + Math.abs(value)));
    expect(Math.max(...off)).toBeLessThan(1e-5);
    await startEngine("webgpu");
  });

  const sums: Shader = {
    name: "test_sums",
    results: { y: "f32", most: "f32" },
    inputs: { x: "f32" },
    scalars: { scale: "f32" },
    lanes: 64,
    body: `
      let sum = sumAll(lane, x[group * 64 + lane]) * scalars.scale;
      let largest = maxAll(lane, x[group * 64 + lane]);
      if (lane == 0) { y[group] = sum; most[group] = largest; }`,
  };
  const backend = () => tf.backend() as unknown as WebgpuBackend;

  test("sums and maxima of 3 groups are exact by subgroups, where the device has them, and by workgroup memory alone", async () => {
    const { device } = backend();
    expect(source(sums, false)).not.toMatch(/subgroup/);
    const numbers = Float32Array.from({ length: 192 }, (_, i) => (i * 7) % 65);
    const x = tf.tensor1d(numbers);
    for (const waves of device.features.has("subgroups") ? [true, false] : [false]) {
      const [y, most] = [1, 2].map(() => backend().makeTensorInfo([3], "float32")) as [tf.TensorInfo, tf.TensorInfo];
      launch(backend(), sums, { results: [y, most], inputs: [x], scalars: [2], groups: 3 }, waves);
      const groups = [0, 1, 2].map((g) => Array.from(numbers.subarray(64 * g, 64 * g + 64)));
      const [total, largest] = await Promise.all([y, most].map(({ dataId }) => backend().read(dataId)));
      expect(Array.from(total as Float32Array)).toEqual(groups.map((some) => 2 * some.reduce((a, b) => a + b, 0)));
      expect(Array.from(largest as Float32Array)).toEqual(groups.map((some) => Math.max(...some)));
      for (const { dataId } of [y, most]) backend().disposeData(dataId);
    }
    x.dispose();
  });

  test("70,000 groups, more than a dispatch has along one dimension, know their numbers", SLOW, async () => {
    const groups = 70_000;
    const numbered: Shader = {
      name: "test_numbers",
      results: { y: "i32" },
      inputs: {},
      scalars: {},
      lanes: 1,
      body: "y[group] = group + 1;",
    };
    const y = backend().makeTensorInfo([groups], "int32");
    launch(backend(), numbered, { results: [y], inputs: [], scalars: [], groups });
    const values = (await backend().read(y.dataId)) as Int32Array;
    expect(values.every((value, i) => value === i + 1)).toBe(true);
    backend().disposeData(y.dataId);
  });

  /** A kernel of the engine for this test: its shader reads x and writes what the body says. */
  const kernel = (kernelName: string, body: string, inPlace: boolean) => {
    const shader: Shader = {
      name: kernelName,
      results: { y: "f32" },
      inputs: { x: "f32" },
      scalars: {},
      lanes: 64,
      body,
    };
    const kernelFunc: tf.KernelFunc = ({ inputs }) => {
      const x = inputs["x"] as tf.TensorInfo;
      const y = inPlace ? x : backend().makeTensorInfo(x.shape, x.dtype);
      launch(backend(), shader, { results: [y], inputs: [x], scalars: [], groups: 1 });
      if (inPlace) backend().incRef(x.dataId);
      return y;
    };
    tf.registerKernel({ kernelName, backendName: "webgpu", kernelFunc });
    nameKernels();
  };
  const afterwards = async () => {
    const sum = tf.add(tf.ones([2_000]), 1);
    expect((await sum.data())[1_999]).toBe(2);
    sum.dispose();
  };

  test.each([
    [
      "a shader that does not compile",
      "BrokenShader",
      "y[lane] = nothing(x[lane]);",
      false,
      /refused BrokenShader: .*unresolved call target 'nothing'/,
    ],
    [
      "a buffer bound for reading and writing at once",
      "SameBuffer",
      "y[lane] = x[lane];",
      true,
      /SameBuffer: .*writable usage/,
    ],
  ] as const)(
    "%s is DEVICE_ERROR with the operation's name, and the next sum is right",
    async (_, name, body, inPlace, fact) => {
      kernel(name, body, inPlace);
      const x = tf.add(tf.ones([2_000]), 1);
      const y = tf.engine().runKernel<tf.Tensor>(name, { x });
      const error = await y.data().then(undefined, (caught: Error) => caught);
      expect(error).toMatchObject({ code: "DEVICE_ERROR" });
      expect((error as Error).message).toMatch(fact);
      tf.dispose([x, y]);
      tf.unregisterKernel(name, "webgpu");
      await afterwards();
    },
  );
});
