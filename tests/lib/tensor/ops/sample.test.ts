// The sampling policy and its draws against sorting in float64, on every engine.
import * as fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { startEngine } from "../../../../lib/tensor/backend.ts";
import { cutUniform, sampleTokens } from "../../../../lib/tensor/ops/sample.ts";
import type { Policy } from "../../../../lib/tensor/ops/sample.ts";
import * as tf from "../../../../lib/tensor/tf.ts";
import { allEngines } from "../../engines.ts";
import { plain, size, someCases } from "./reference.ts";

const ROWS = 24;
const UNIFORMS = Array.from({ length: ROWS }, (_, r) => cutUniform((r + 0.5) / ROWS));

/** One logit row, drawn from by many uniforms. */
async function draw(logits: Float64Array, policy: Policy) {
  const V = logits.length;
  const drawn = tf.tidy(() => {
    const rows = tf.tile<tf.Tensor2D>(tf.tensor2d(Float32Array.from(logits), [1, V]), [ROWS, 1]);
    return sampleTokens(rows, policy, tf.tensor2d(UNIFORMS, [ROWS, 1]));
  });
  const values = await drawn.data();
  drawn.dispose();
  return UNIFORMS.map((u, r) => ({ u, token: values[r] as number, logProb: values[ROWS + r] as number }));
}

/** Probabilities of the policy, 0 for what it excludes. */
function probabilities(logits: Float64Array, { temperature, topK, topP, minP }: Policy): number[] {
  const scaled = Array.from(logits, (x) => x / (temperature || 1));
  const sorted = (weights: readonly number[]) => weights.toSorted((a, b) => b - a);
  const softmax = (from: readonly number[]) => {
    const weights = from.map((x) => Math.exp(x - Math.max(...from)));
    const total = weights.reduce((sum, x) => sum + x, 0);
    return weights.map((x) => x / total);
  };
  const drop = (from: readonly number[], threshold: number) => from.map((x) => (x < threshold ? -Infinity : x));
  let kept = scaled;
  if (topK !== undefined) kept = drop(kept, sorted(kept)[Math.min(topK, kept.length) - 1] as number);
  if (topP !== undefined) {
    let [reached, last] = [0, -1];
    for (const p of sorted(softmax(kept))) if (reached < topP) [reached, last] = [reached + p, last + 1];
    kept = drop(kept, sorted(kept)[last] as number);
  }
  if (minP) kept = drop(kept, Math.max(...kept) + Math.log(minP));
  return softmax(kept);
}

function expectDraws(draws: Awaited<ReturnType<typeof draw>>, probs: readonly number[]): void {
  for (const { u, token, logProb } of draws) {
    const p = probs[token] as number;
    const below = probs.slice(0, token).reduce((sum, x) => sum + x, 0);
    expect(p, `token ${token}`).toBeGreaterThan(0);
    expect(u).toBeGreaterThan(below - 1e-5);
    expect(u).toBeLessThan(below + p + 1e-5);
    expect(Math.abs(logProb - Math.log(p))).toBeLessThan(1e-4);
  }
}

describe.each(allEngines)("on %s", (engine) => {
  beforeAll(() => startEngine(engine));

  test("every draw is the inverse distribution at its uniform number, with its log-probability: random logits and policies", () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 2, max: 40 }),
        fc.constantFrom(0.5, 1, 1.7),
        fc.option(size(40), { nil: undefined }),
        fc.constantFrom(undefined, 0.3, 0.9),
        fc.constantFrom(undefined, 0.1),
        async (V, temperature, topK, topP, minP) => {
          const logits = plain(`logits ${V}`, V).data;
          const policy = { temperature, topK, topP, minP };
          expectDraws(await draw(logits, policy), probabilities(logits, policy));
        },
      ),
      someCases(engine),
    ));

  test("temperature 0, top-k of 1 and a tiny top-p say the likeliest token; top-k of the vocabulary, top-p of 1 and min-p of 0 change nothing", async () => {
    const logits = plain("logits", 11).data;
    const best = logits.indexOf(Math.max(...logits));
    for (const policy of [{ temperature: 0 }, { temperature: 1, topK: 1 }, { temperature: 1, topP: 1e-6 }])
      expect((await draw(logits, policy)).map(({ token }) => token)).toEqual(UNIFORMS.map(() => best));
    expectDraws(
      await draw(logits, { temperature: 1, topK: 11, topP: 1, minP: 0 }),
      probabilities(logits, { temperature: 1 }),
    );
  });

  test("the log-probability at temperature 0 is the model's", async () => {
    const logits = plain("logits", 11).data;
    const [first] = await draw(logits, { temperature: 0 });
    const probs = probabilities(logits, { temperature: 1 });
    expect(Math.abs((first?.logProb as number) - Math.log(Math.max(...probs)))).toBeLessThan(1e-5);
  });
});
