// Rows by index and the sums of their gradients, on every engine; and under tfjs's own tape.
import * as fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { startEngine } from "../../../../lib/tensor/backend.ts";
import { embedding } from "../../../../lib/tensor/ops/embedding.ts";
import * as tf from "../../../../lib/tensor/tf.ts";
import { allEngines, engines } from "../../engines.ts";
import { expectHolds, plain, someCases } from "./reference.ts";

describe.each(allEngines)("on %s", (engine) => {
  beforeAll(() => startEngine(engine));

  const holds = (ids: readonly number[], D: number) =>
    expectHolds({
      inputs: [plain("table", 7, D)],
      reference: ([table]) => ids.flatMap((id) => Array.from((table as Float64Array).subarray(id * D, (id + 1) * D))),
      run([table]) {
        const { y, back } = embedding(table as tf.Tensor, tf.tensor1d([...ids], "int32"));
        return { y, back: (dy) => [back(dy)] };
      },
    });

  test("random ids: a row that is read several times gets the sum of its gradients, one that is not gets 0", async () => {
    await holds([3, 3, 3, 3, 3], 4);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 9 }),
        fc.integer({ min: 1, max: 9 }),
        holds,
      ),
      someCases(engine),
    );
  });
});

test.each(engines)(
  "on %s ids made inside a tidy around the forward pass are still there for the gradient: each row counts as often as it was read",
  async (engine) => {
    await startEngine(engine);
    const before = tf.memory().numTensors;
    const counts = tf.tidy(() => {
      const read = (table: tf.Tensor) => tf.tidy(() => tf.sum(embedding(table, tf.tensor1d([2, 0, 2], "int32")).y));
      return Array.from(
        tf
          .grad(read)(tf.ones([3, 2]))
          .dataSync(),
      );
    });
    expect(counts).toEqual([1, 1, 0, 0, 2, 2]);
    expect(tf.memory().numTensors).toBe(before);
  },
);
