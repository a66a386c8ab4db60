// AdamW over one vector, with decay, clipping and its guard, against the published update in float64, on every engine.
import * as fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { startEngine } from "../../../../lib/tensor/backend.ts";
import { adamW, ratesTensor } from "../../../../lib/tensor/ops/adamw.ts";
import { clipByGlobalNorm } from "../../../../lib/tensor/ops/clip.ts";
import * as tf from "../../../../lib/tensor/tf.ts";
import { allEngines } from "../../engines.ts";
import { expectClose, plain, size, someCases } from "./reference.ts";

const LEARNING_RATE = 0.01;

/** Weights, moments and norms after steps with the given gradients. */
async function trained(theta: Float64Array, gradients: readonly Float64Array[], clip: number, weightDecay: number) {
  const before = tf.memory().numTensors;
  const start = tf.tensor1d(Float32Array.from(theta));
  const zeros = tf.zerosLike(start);
  const decayed = tf.tensor1d(Float32Array.from(theta, (_, i) => i % 2));
  const [w, mean, square] = [tf.variable(start), tf.variable(zeros), tf.variable(zeros)];
  const state = { theta: w, mean, square, decayed };
  const norms: number[] = [];
  for (const [i, gradient] of gradients.entries()) {
    const rates = ratesTensor({ learningRate: LEARNING_RATE, step: i + 1 });
    const norm = tf.tidy(() => adamW(state, tf.tensor1d(Float32Array.from(gradient)), rates, { clip, weightDecay }));
    norms.push((await norm.data())[0] as number);
    tf.dispose([rates, norm]);
  }
  const [weights, moments, squares] = await Promise.all([w.data(), mean.data(), square.data()]);
  tf.dispose([start, zeros, decayed, w, mean, square]);
  expect(tf.memory().numTensors).toBe(before);
  return { weights, moments, squares, norms };
}

function reference(theta: Float64Array, gradients: readonly Float64Array[], clip: number, weightDecay: number) {
  const weights = Float64Array.from(theta);
  const [moments, squares] = [new Float64Array(theta.length), new Float64Array(theta.length)];
  const norms = gradients.map((gradient) => Math.sqrt(gradient.reduce((sum, x) => sum + x * x, 0)));
  gradients.forEach((gradient, n) => {
    const scale = Math.min(1, clip / ((norms[n] as number) + 1e-6));
    weights.forEach((weight, i) => {
      const g = (gradient[i] as number) * scale;
      const m = (moments[i] = 0.9 * (moments[i] as number) + 0.1 * g);
      const v = (squares[i] = 0.95 * (squares[i] as number) + 0.05 * g * g);
      const change = m / (1 - 0.9 ** (n + 1)) / (Math.sqrt(v / (1 - 0.95 ** (n + 1))) + 1e-8);
      weights[i] = weight * (1 - LEARNING_RATE * weightDecay * (i % 2)) - LEARNING_RATE * change;
    });
  });
  return { weights, moments, squares, norms };
}

describe.each(allEngines)("on %s", (engine) => {
  beforeAll(() => startEngine(engine));

  test("three steps on random vectors, clipped and not: weights, moments and norms", () =>
    fc.assert(
      fc.asyncProperty(size(200), fc.constantFrom(0.5, 1e3), fc.constantFrom(0, 0.1), async (P, clip, decay) => {
        const gradients = [1, 2, 3].map((n) => plain(`gradient ${n}`, P).data);
        const theta = plain("theta", P).data;
        const ours = await trained(theta, gradients, clip, decay);
        for (const [name, expected] of Object.entries(reference(theta, gradients, clip, decay)))
          expectClose(ours[name as "norms"], expected, name, 1e-5);
      }),
      someCases(engine),
    ));

  test("a gradient of zeros changes no weight, and one with NaN loses its step: the weights stay, the norm tells", async () => {
    const theta = plain("theta", 5).data;
    const still = await trained(theta, [new Float64Array(5)], 1, 0);
    expect(Array.from(still.weights)).toEqual(Array.from(theta));
    const lost = await trained(theta, [Float64Array.of(1, Number.NaN, 1, 1, 1)], 1, 0.1);
    expect(Array.from(lost.weights)).toEqual(Array.from(theta));
    expect(lost.norms).toEqual([Number.NaN]);
  });

  test("clipping leaves a gradient within the limit as it is, to the bit, and makes a longer one that long", async () => {
    const clipped = (gradient: tf.Tensor1D, limit: number) => tf.mul(gradient, clipByGlobalNorm(gradient, limit).scale);
    const made = tf.tidy(() => [clipped(tf.tensor1d([3, 4]), 6), clipped(tf.tensor1d([30, 40]), 2)]);
    const [kept, cut] = await Promise.all(made.map((tensor) => tensor.data()));
    expect(Array.from(kept as Float32Array)).toEqual([3, 4]);
    expectClose(cut as Float32Array, [1.2, 1.6], "clipped");
    tf.dispose(made);
  });
});
