// The embedding's gradient under tfjs's own tape.
import { expect, test } from "vitest";
import { embedding } from "../../../lib/tensor/ops/embedding.ts";
import * as tf from "../../../lib/tensor/tf.ts";
import { engines, useEngineNamed } from "../engines.ts";

test.each(engines)(
  "on %s ids made inside a tidy around the forward pass are still there for the gradient: each row counts as often as it was read",
  async (engine) => {
    await useEngineNamed(engine);
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
