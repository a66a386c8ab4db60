// Every written-out backward pass against tfjs's own gradient of the forward pass, which cells get from tf.grads; and operations replayed against operations traced.
import { beforeAll, describe, expect, test } from "vitest";
import { key, normal } from "../../../../lib/core/rng.ts";
import { configOf } from "../../../../lib/model/config.ts";
import { tablesOf } from "../../../../lib/model/decoder.ts";
import { capture } from "../../../../lib/tensor/capture/capture.ts";
import { activate } from "../../../../lib/tensor/ops/activation.ts";
import { attention, causalMask } from "../../../../lib/tensor/ops/attention.ts";
import { embedding } from "../../../../lib/tensor/ops/embedding.ts";
import { linear } from "../../../../lib/tensor/ops/linear.ts";
import { norm } from "../../../../lib/tensor/ops/norm.ts";
import { rotary } from "../../../../lib/tensor/ops/rotary.ts";
import { rotaryTables } from "../../../../lib/model/rotary.ts";
import { tokenLogProbs } from "../../../../lib/tensor/ops/token-log-probs.ts";
import * as tf from "../../../../lib/tensor/tf.ts";
import { engines, useEngineNamed } from "../../engines.ts";

const random = (name: string, ...shape: number[]) =>
  tf.tensor(
    Float32Array.from(
      normal(
        key(name),
        shape.reduce((a, b) => a * b, 1),
      ),
    ),
    shape,
  );

const B = 2;
const T = 5;
const config = configOf({ layers: 1, width: 16, heads: 4, kvHeads: 2 }, 11);
const columns = (config.heads + 2 * config.kvHeads) * config.headWidth;
const ids = () => tf.tensor1d([3, 0, 3, 10], "int32");
const targets = () => tf.tensor2d([0, 4, 1, 0, 2, 10], [3, 2], "int32");
const tables = () => tablesOf(config, rotaryTables(config, T + 3), T);
const partly = {
  ...config,
  rotaryWidth: 2,
  ropeScaling: {
    type: "yarn",
    factor: 4,
    attentionFactor: 1.1,
    betaFast: 32,
    betaSlow: 1,
    originalLength: 16,
    truncate: true,
  },
} as const;
const partlyTurned = () => tablesOf(partly, rotaryTables(partly, T), T);
const rowSequences = () => tf.tensor2d([0, 0, 0, 1, 1, 0, 1, 1, 1, -1], [B, T], "int32");

/** `run` gives y and the gradients of its inputs, in their order, for a given dy. */
interface Case {
  readonly inputs: () => tf.Tensor[];
  /** The same y in operations that tfjs can differentiate, where `run` uses others. */
  readonly composed?: (inputs: tf.Tensor[]) => tf.Tensor;
  readonly run: (inputs: tf.Tensor[]) => {
    readonly y: tf.Tensor;
    readonly back: (dy: tf.Tensor) => readonly tf.Tensor[];
  };
}
const one = (made: { y: tf.Tensor; back: (dy: tf.Tensor) => tf.Tensor }) => ({
  y: made.y,
  back: (dy: tf.Tensor) => [made.back(dy)],
});
const many = (made: {
  y: tf.Tensor;
  back: (dy: tf.Tensor) => { dx: tf.Tensor; dWeight: tf.Tensor; dBias: tf.Tensor | undefined };
}) => ({
  y: made.y,
  back(dy: tf.Tensor) {
    const { dx, dWeight, dBias } = made.back(dy);
    return dBias ? [dx, dWeight, dBias] : [dx, dWeight];
  },
});
type Three = [tf.Tensor, tf.Tensor, tf.Tensor];

const CASES: Readonly<Record<string, Case>> = {
  linear: {
    inputs: () => [random("x", 6, 4), random("w", 4, 3), random("b", 3)],
    run: ([x, w, b]) => many(linear(...([x, w, b] as Three))),
  },
  "rms norm": {
    inputs: () => [random("x", 6, 8), random("w", 8)],
    run: ([x, w]) => many(norm(x as tf.Tensor, w as tf.Tensor, undefined, 1e-6)),
  },
  "layer norm": {
    inputs: () => [random("x", 6, 8), random("w", 8), random("b", 8)],
    run: ([x, w, b]) => many(norm(...([x, w, b] as Three), 1e-5)),
  },
  ...Object.fromEntries(
    (["silu", "gelu", "gelu_tanh", "relu"] as const).flatMap((activation) =>
      [true, false].map((gated): [string, Case] => [
        `${activation}${gated ? " with a gate" : ""}`,
        { inputs: () => [random("x", 6, 10)], run: ([x]) => one(activate(x as tf.Tensor, activation, gated)) },
      ]),
    ),
  ),
  embedding: {
    inputs: () => [random("t", 11, 4)],
    run: ([t]) => one(embedding(t as tf.Tensor, ids())),
    composed: ([t]) => tf.matMul(tf.oneHot(ids(), 11), t as tf.Tensor),
  },
  rotary: {
    inputs: () => [random("x", B, T, columns)],
    run: ([x]) => one(rotary(x as tf.Tensor, tables().rotation)),
  },
  "rotary on half of a head, stretched by yarn": {
    inputs: () => [random("x", B, T, columns)],
    run: ([x]) => one(rotary(x as tf.Tensor, partlyTurned().rotation)),
  },
  "attention with a window of two among two sequences in a row": {
    inputs: () => [random("x", B, T, columns)],
    run: ([x]) =>
      one(attention(x as tf.Tensor, causalMask(T, config, { window: 2, sequences: rowSequences() }), config)),
  },
  "grouped-query attention": {
    inputs: () => [random("x", B, T, columns)],
    run: ([x]) => one(attention(x as tf.Tensor, tables().mask, config)),
  },
  "token log-probabilities": {
    inputs: () => [random("l", 3, 11)],
    run([logits]) {
      const { logProbs, back } = tokenLogProbs(logits as tf.Tensor2D, targets());
      return { y: logProbs, back: (dy) => [back({ dLogProbs: dy as tf.Tensor1D })] };
    },
    composed: ([logits]) =>
      tf.sum(tf.mul(tf.logSoftmax(logits as tf.Tensor), tf.oneHot(tf.tensor1d([4, 0, 10], "int32"), 11)), -1),
  },
};

async function distance(a: tf.Tensor, b: tf.Tensor): Promise<number> {
  const [x, y] = [await a.data(), await b.data()];
  expect(a.shape).toEqual(b.shape);
  return Math.max(...Array.from(x, (value, i) => Math.abs(value - (y[i] as number))));
}

describe.each(engines)("on %s", (engine) => {
  beforeAll(() => useEngineNamed(engine));

  test.each(Object.entries(CASES))(
    "the gradients of %s are those of its forward pass within 1e-5",
    async (_, { inputs, run, composed }) => {
      const given = inputs();
      const { y } = run(given);
      const dy = random("dy", ...y.shape);
      const ours = run(given).back(dy);
      if (composed) expect(await distance(y, composed(given))).toBeLessThanOrEqual(1e-5);
      const theirs = tf.grads((...at: tf.Tensor[]) => composed?.(at) ?? run(at).y)(given, dy);
      for (const [i, gradient] of theirs.entries())
        expect(await distance(ours[i] as tf.Tensor, gradient)).toBeLessThanOrEqual(1e-5);
    },
  );

  // What an engine rearranges in a graph would make a resumed run, whose first steps are traced again, another one than the run that never ended.
  test.each(Object.entries(CASES))("%s replayed gives the bits that it gives traced", async (_, { inputs, run }) => {
    const feeds = Object.fromEntries(inputs().map((tensor, i) => [`x${i}`, tensor]));
    const dy = random("dy", ...run(Object.values(feeds)).y.shape);
    const step = capture((given) => {
      const { y, back } = run(Object.keys(feeds).map((name) => given[name] as tf.Tensor));
      return [y, ...back(dy)];
    });
    const bits: number[][] = [];
    for (let n = 0; n < 3; n++) {
      const made = await step.run(feeds);
      bits.push((await Promise.all(made.map((tensor) => tensor.data()))).flatMap((values) => Array.from(values)));
    }
    expect(step.status()).toMatchObject([{ state: "captured" }]);
    expect(bits[2]).toEqual(bits[0]);
    step.dispose();
  });
});
