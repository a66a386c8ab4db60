// Log-probabilities of integer targets, entropy, mean and log partition against logSoftmax in float64, with the gradient of any mixture of them; and cross-entropy over the targets that
// count, on every engine.
import * as fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { startEngine } from "../../../../lib/tensor/backend.ts";
import { tokenLogProbs } from "../../../../lib/tensor/ops/token-log-probs.ts";
import * as tf from "../../../../lib/tensor/tf.ts";
import { crossEntropy } from "../../../../lib/train/cross-entropy.ts";
import { allEngines } from "../../engines.ts";
import { expectClose, expectHolds, plain, size, someCases } from "./reference.ts";
import type { Case } from "./reference.ts";

const targetOf = (n: number, V: number) => (n * 5 + 2) % V;
const targets = (N: number, V: number) =>
  tf.tensor2d(
    Array.from({ length: N }, (_, n) => [n, targetOf(n, V)]),
    [N, 2],
    "int32",
  );
const rowsOf = (x: Float64Array, V: number) =>
  Array.from({ length: x.length / V }, (_, n) => x.subarray(n * V, (n + 1) * V));

function parts(logits: Float64Array, V: number) {
  return rowsOf(logits, V).map((row, n) => {
    const largest = Math.max(...row);
    const logZ = largest + Math.log(row.reduce((sum, x) => sum + Math.exp(x - largest), 0));
    const all = Array.from(row, (x) => x - logZ);
    const entropy = -all.reduce((sum, x) => sum + (x < -700 ? 0 : Math.exp(x) * x), 0);
    return { logProb: all[targetOf(n, V)] as number, mean: all.reduce((sum, x) => sum + x, 0) / V, logZ, entropy };
  });
}

/** y: target, mean and log partition of each row, [3, N]. */
const caseOf = (N: number, V: number, spread = 1): Case => ({
  inputs: [{ shape: [N, V], data: plain(`logits ${N} ${V}`, N, V).data.map((x) => Math.fround(x * spread)) }],
  reference([logits]) {
    const rows = parts(logits as Float64Array, V);
    return [...rows.map((row) => row.logProb), ...rows.map((row) => row.mean), ...rows.map((row) => row.logZ)];
  },
  run([logits]) {
    const of = tokenLogProbs(logits as tf.Tensor2D, targets(N, V));
    return {
      y: tf.stack([of.logProbs, of.meanLogProbs(), of.logPartition()]),
      back(dy) {
        const [dLogProbs, dMeanLogProbs, dLogPartition] = tf.unstack(dy) as [tf.Tensor1D, tf.Tensor1D, tf.Tensor1D];
        return [of.back({ dLogProbs, dMeanLogProbs, dLogPartition })];
      },
    };
  },
});

describe.each(allEngines)("on %s", (engine) => {
  beforeAll(() => startEngine(engine));

  test("log-probabilities, their mean and the partition, and the gradient of their mixtures on random shapes, a vocabulary of one among them", async () => {
    await expectHolds(caseOf(3, 1));
    await fc.assert(
      fc.asyncProperty(size(6), size(40), (N, V) => expectHolds(caseOf(N, V))),
      someCases(engine),
    );
  });

  test("logits of hundreds lose nothing: what is certain has probability 1 and what is not a finite logarithm", async () => {
    const { inputs } = caseOf(4, 6, 300);
    const expected = parts(inputs[0]?.data as Float64Array, 6);
    const made = tf.tidy(() => {
      const of = tokenLogProbs(tf.tensor2d(Float32Array.from(inputs[0]?.data as Float64Array), [4, 6]), targets(4, 6));
      return [of.logProbs, of.entropy(), of.back({ dLogProbs: tf.ones([4]) })];
    });
    const [logProbs, entropy, gradient] = await Promise.all(made.map((tensor) => tensor.data()));
    expectClose(
      logProbs as Float32Array,
      expected.map((row) => row.logProb),
      "log-probabilities",
    );
    expectClose(
      entropy as Float32Array,
      expected.map((row) => row.entropy),
      "entropy",
    );
    expect(Array.from(gradient as Float32Array).every((x) => Math.abs(x) <= 1)).toBe(true);
    tf.dispose(made);
  });

  test("cross-entropy counts exactly the targets with a weight; with none the loss and the gradient are 0", async () => {
    const [N, V] = [5, 7];
    for (const weights of [
      [0.5, 0, 0.25, 0.25, 0],
      [0, 0, 0, 0, 0],
    ])
      await expectHolds({
        inputs: [plain("logits", N, V)],
        reference: ([logits]) => [
          parts(logits as Float64Array, V).reduce((sum, row, n) => sum - (weights[n] as number) * row.logProb, 0),
        ],
        run([logits]) {
          const of = tokenLogProbs(logits as tf.Tensor2D, targets(N, V));
          const { metrics, ...d } = crossEntropy()(of, { weights: tf.tensor1d(weights) });
          return {
            y: metrics[0] as tf.Tensor,
            back: (dy) => [tf.mul(of.back(d), dy)],
          };
        },
      });
  });
});
