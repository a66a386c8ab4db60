import { beforeAll, describe, expect, test } from "vitest";
import { configOf } from "../../../lib/model/config.ts";
import { init } from "../../../lib/model/init.ts";
import { engines, useEngineNamed } from "../engines.ts";
import { numberTokenizer } from "../../parity/models.ts";

const vocab = numberTokenizer(30);
const sizes = { layers: 2, width: 32, heads: 4, kvHeads: 2, vocab, maxLength: 64 };

describe.each(engines)("on %s", (engine) => {
  beforeAll(() => useEngineNamed(engine));

  test("same seed, every engine: initial weights equal bit for bit", async () => {
    const made = await Promise.all([
      init({ ...sizes, seed: 7 }),
      init({ ...sizes, seed: 7 }),
      init({ ...sizes, seed: 8 }),
    ]);
    const [one, again, other] = await Promise.all(made.map((model) => model.hash()));
    // The figure is of the weights' float32 bits: another engine, machine or run must give the same.
    expect(one?.slice(0, 8)).toBe("2d900a4d");
    expect(again).toBe(one);
    expect(other).not.toBe(one);
    for (const model of made) model.dispose();
  });

  test("weights are N(0, 0.02) matrices, norms 1, biases 0; a deeper model starts with the same first layers", async () => {
    const [shallow, deep] = [await init({ ...sizes, seed: 7 }), await init({ ...sizes, layers: 3, seed: 7 })];
    const values = async (name: string) => (await shallow.parameters.get(name)?.data()) as Float32Array;
    const matrix = await values("model.layers.0.mlp.gate_proj.weight");
    const std = Math.sqrt(matrix.reduce((sum, x) => sum + x * x, 0) / matrix.length);
    expect(std).toBeGreaterThan(0.019);
    expect(std).toBeLessThan(0.021);
    expect(new Set(await values("model.norm.weight"))).toEqual(new Set([1]));
    expect(new Set(await values("model.layers.1.self_attn.k_proj.bias"))).toEqual(new Set([0]));
    for (const [name, variable] of shallow.parameters)
      expect(await deep.parameters.get(name)?.data(), name).toEqual(await variable.data());
    for (const model of [shallow, deep]) model.dispose();
  });

  test("a clone lives on when the original is gone, and the count is that of the summary", async () => {
    const model = await init({ ...sizes, seed: 7 });
    const [hash, clone] = [await model.hash(), model.clone()];
    expect(model.summary().reduce((sum, { count }) => sum + count, 0)).toBe(model.parameterCount);
    model.dispose();
    expect(await clone.hash()).toBe(hash);
    clone.dispose();
  });
});

test("a model that no machine here can hold is refused before a weight is drawn, and a small one is made after it", async () => {
  const started = performance.now();
  await expect(init({ layers: 100, width: 8192, heads: 64, vocab, seed: 0 })).rejects.toMatchObject({
    code: "OUT_OF_MEMORY",
    message: expect.stringMatching(
      /^a model of 80,\d+,\d+,\d+ parameters takes \d+\.\d GiB for its weights alone; there are /,
    ),
  });
  // It took six minutes, and then the whole process.
  expect(performance.now() - started).toBeLessThan(5_000);
  (await init({ ...sizes, seed: 0 })).dispose();
});

test.each([
  [{ layers: 2, width: 30, heads: 4 }, "headWidth is 7.5"],
  [{ layers: 0, width: 32, heads: 4 }, "layers is 0"],
  [{ layers: 2, width: 32, heads: 4, kvHeads: 3 }, "kvHeads is 3"],
  [{ arch: "gpt5" as "gpt2", layers: 2, width: 32, heads: 4 }, 'arch is "gpt5"'],
])("%o is refused as CONFIG_INVALID and says why", (bad, fact) => {
  expect(() => configOf(bad, 30)).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
  expect(() => configOf(bad, 30)).toThrow(fact);
});

test("the feed-forward width is 8/3 of the width, rounded up to 16", () => {
  expect(configOf({ layers: 2, width: 64, heads: 2 }, 100).mlpWidth).toBe(176);
});
