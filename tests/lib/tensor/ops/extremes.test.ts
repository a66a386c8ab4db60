// Operations at the ends of float32 and at the smallest shapes, on every engine: where the true value is a number, so is what comes out.
import { beforeAll, describe, expect, test } from "vitest";
import { startEngine } from "../../../../lib/tensor/backend.ts";
import { activate } from "../../../../lib/tensor/ops/activation.ts";
import { attention, causalMask } from "../../../../lib/tensor/ops/attention.ts";
import { gatedLinear } from "../../../../lib/tensor/ops/gated.ts";
import { norm } from "../../../../lib/tensor/ops/norm.ts";
import { sampleTokens } from "../../../../lib/tensor/ops/sample.ts";
import { tokenLogProbs } from "../../../../lib/tensor/ops/token-log-probs.ts";
import * as tf from "../../../../lib/tensor/tf.ts";
import { allEngines } from "../../engines.ts";

describe.each(allEngines)("on %s", (engine) => {
  beforeAll(() => startEngine(engine));

  /** What comes out, each tensor as numbers; nothing is left. */
  async function valuesOf(make: () => tf.Tensor[]): Promise<number[][]> {
    const before = tf.memory().numTensors;
    const made = tf.tidy(make);
    const values = await Promise.all(made.map(async (one) => Array.from(await one.data(), (x) => x + 0)));
    tf.dispose(made);
    expect(tf.memory().numTensors).toBe(before);
    return values;
  }

  test("logits of ±1e30: log-probabilities, entropy, gradient and a draw are those of certainty", async () => {
    const [logProbs, entropy, back] = await valuesOf(() => {
      const logits = tf.tensor2d([1e30, -1e30, -1e30, 1e30], [2, 2]);
      const p = tokenLogProbs(logits, tf.tensor2d([0, 0, 1, 0], [2, 2], "int32"));
      return [p.logProbs, p.entropy(), p.back({ dLogProbs: tf.tensor1d([1, 1]) })];
    });
    expect(logProbs?.[0]).toBe(0);
    expect((logProbs?.[1] as number) / -2e30).toBeCloseTo(1, 5);
    expect(entropy).toEqual([0, 0]);
    expect(back).toEqual([0, 0, 1, -1]);
    const [drawn] = await valuesOf(() => {
      const logits = tf.tensor2d([1e30, -1e30, 0, 1e30], [2, 2]);
      return [sampleTokens(logits, { temperature: 1 }, tf.tensor2d([0.99, 0], [2, 1]))];
    });
    expect(drawn).toEqual([0, 1, 0, 0]);
  });

  test("a vocabulary of one: certain, and without gradient", async () => {
    const values = await valuesOf(() => {
      const p = tokenLogProbs(tf.tensor2d([3], [1, 1]), tf.tensor2d([0, 0], [1, 2], "int32"));
      return [p.logProbs, p.entropy(), p.back({ dLogProbs: tf.tensor1d([1]) })];
    });
    expect(values).toEqual([[0], [0], [0]]);
  });

  test("one token of one head, one wide; and with scores of 1e16 no token looks ahead", async () => {
    const counts = { heads: 1, kvHeads: 1, headWidth: 1 };
    const attended = (qkv: readonly number[], T: number) =>
      valuesOf(() => {
        const { y, back } = attention(tf.tensor3d([...qkv], [1, T, 3]), causalMask(T, counts), counts);
        return [y, back(tf.ones([T, 1]))];
      });
    expect(await attended([1, 2, 3], 1)).toEqual([[3], [0, 0, 1]]);
    // The first query's score for the second key is 1e16, for its own 0.
    const [y, back] = await attended([1e8, 0, 3, 1e8, 1e8, 4], 2);
    expect(y).toEqual([3, 4]);
    expect(back?.every(Number.isFinite)).toBe(true);
  });

  test.each([1e2, 1e4, 1e6, 1e8, 1e16, 1e30])(
    "two keys of equal scores of %s share a query's gradient: values get halves, keys and queries what the mean leaves",
    async (score) => {
      const counts = { heads: 1, kvHeads: 1, headWidth: 1 };
      const root = Math.sqrt(score);
      const [y, back] = await valuesOf(() => {
        const qkv = tf.tensor3d([root, root, 3, root, root, 4], [1, 2, 3]);
        const attended = attention(qkv, causalMask(2, counts), counts);
        return [attended.y, attended.back(tf.ones([2, 1]))];
      });
      expect(y).toEqual([3, 3.5]);
      // d score of the second query = share * (value - mean) = -1/4 for the first key, 1/4 for its own.
      const expected = [0, -root / 4, 1.5, 0, root / 4, 0.5];
      for (const [i, value] of (back as number[]).entries())
        expect(value / (Math.abs(expected[i] as number) || 1)).toBeCloseTo(Math.sign(expected[i] as number), 5);
    },
  );

  test("logits of which two are equal: each has half of the gradient, however large both are", async () => {
    for (const logit of [10, 1e4, 1e8, 1e30]) {
      const [logProbs, back] = await valuesOf(() => {
        const p = tokenLogProbs(tf.tensor2d([logit, logit, -logit], [1, 3]), tf.tensor2d([0, 0], [1, 2], "int32"));
        return [p.logProbs, p.back({ dLogProbs: tf.tensor1d([1]) })];
      });
      expect(logProbs?.[0]).toBeCloseTo(-Math.LN2, 5);
      for (const [i, value] of [0.5, -0.5, 0].entries()) expect(back?.[i]).toBeCloseTo(value, 5);
    }
  });

  test("rows one wide, and rows of equal numbers: a layer norm gives its bias and no gradient", async () => {
    for (const [x, D] of [
      [5, 1],
      [1_000_003, 7],
      [0.1, 7],
    ] as const) {
      const [y, dx] = await valuesOf(() => {
        const { y: normed, back } = norm(tf.mul(tf.ones([1, D]), x), tf.ones([D]), tf.zeros([D]), 1e-5);
        return [normed, back(tf.ones([1, D])).dx];
      });
      for (const value of [...(y as number[]), ...(dx as number[])]) expect(Math.abs(value)).toBeLessThan(1e-2);
    }
  });

  test("activations far out are the identity or 0, and an input of 0 has half a slope", async () => {
    for (const activation of ["silu", "gelu", "gelu_tanh"] as const) {
      for (const far of [20, 1e4, 1e13, 1e19, 1e20, 1e30, 3e38]) {
        const [y, dx] = await valuesOf(() => {
          const { y: active, back } = activate(tf.tensor2d([far, -far, -0], [1, 3]), activation, false);
          return [active, back(tf.ones([1, 3]))];
        });
        expect((y?.[0] as number) / far).toBeCloseTo(1, 5);
        // Of silu at -20 there are 4e-8 left.
        for (const low of [y?.[1], y?.[2]]) expect(Math.abs(low as number)).toBeLessThan(1e-7);
        expect(dx?.[0], `${activation} at ${far}`).toBeCloseTo(1, 6);
        expect(dx?.[1], `${activation} at ${-far}`).toBeCloseTo(0, 6);
        expect(dx?.[2]).toBe(0.5);
      }
    }
    const [closed] = await valuesOf(() => [
      gatedLinear(tf.tensor2d([1e15], [1, 1]), tf.tensor2d([-1e15, 1], [1, 2]), undefined, "silu").y,
    ]);
    expect(closed).toEqual([0]);
  });

  test("products without rows, without columns and without anything to sum", async () => {
    const [rows, columns, sums] = await valuesOf(() => [
      tf.pad(tf.matMul(tf.zeros([0, 3]), tf.ones([3, 2])), [
        [0, 1],
        [0, 0],
      ]),
      tf.pad(tf.matMul(tf.ones([2, 3]), tf.zeros([0, 3]), false, true), [
        [0, 0],
        [0, 1],
      ]),
      tf.matMul(tf.zeros([2, 0]), tf.zeros([0, 2])),
    ]);
    expect([rows, columns, sums]).toEqual([
      [0, 0],
      [0, 0],
      [0, 0, 0, 0],
    ]);
  });

  test("what has no elements is added, padded, joined, copied and multiplied as nothing", async () => {
    const [grown, joined, none, product] = await valuesOf(() => {
      const empty = tf.mul(tf.add(tf.zeros([0, 3]), 1), tf.ones([0, 3]));
      return [
        tf.pad(empty, [
          [1, 0],
          [0, 0],
        ]),
        tf.concat([empty, tf.ones([1, 3])]),
        tf.clone(empty),
        tf.matMul(empty, tf.ones([3, 2])),
      ];
    });
    expect([grown, joined]).toEqual([
      [0, 0, 0],
      [1, 1, 1],
    ]);
    expect([none, product]).toEqual([[], []]);
  });
});
