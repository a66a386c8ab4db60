import { beforeAll, expect, test } from "vitest";
import { key } from "../../../lib/core/rng.ts";
import type { Model } from "../../../lib/model/model.ts";
import { init } from "../../../lib/model/init.ts";
import { scoreCompletions } from "../../../lib/model/score.ts";
import { completionLogits, drawContexts, entropyOfLogits, klOfLogits } from "../../../lib/probe/divergence.ts";
import { klBetween } from "../../../lib/probe/kl.ts";
import { sharpeningOf } from "../../../lib/probe/sharpening.ts";
import { kl, sharpening } from "../../../lib/report/probes/divergence.ts";
import { useEngine } from "../../../lib/tensor/backend.ts";
import * as tf from "../../../lib/tensor/tf.ts";
import { makeModel } from "../../../lib/model/model.ts";
import { trainSft } from "../../../lib/train/sft.ts";
import { world } from "../../../lib/world/worlds.ts";

const task = world.stateMachine({ seed: 5, states: 6, actions: 6, depth: [2, 4], otherMachines: 0 });
const set = task.test({ n: 40 });
let model: Model;
let other: Model;
/** The same model with its output layer scaled: exactly the old model at temperature 1 / factor. */
let sharp: Model;

beforeAll(async () => {
  await useEngine("wasm");
  const blank = await init({ vocab: task.vocab, layers: 1, width: 32, heads: 2, maxLength: 24, tied: false, seed: 0 });
  const train = (steps: number) => trainSft(blank, task.train(400), { steps, batch: 16, learningRate: 3e-3 });
  model = (await train(30)).model;
  other = (await train(60)).model;
  const scaled = tf.tidy(() =>
    Object.fromEntries(
      Array.from(model.parameters, ([name, value]) => [
        name,
        name === "lm_head.weight" ? tf.mul(value, 2) : tf.clone(value),
      ]),
    ),
  );
  sharp = makeModel(model.config, model.tokenizer, new Map(Object.entries(scaled)));
  tf.dispose(scaled);
  blank.dispose();
  return () => [model, other, sharp].forEach((m) => m.dispose());
});

test("two tokens by hand: KL((3/4, 1/4) || (1/2, 1/2)) is 0.1308 nats, the entropy 0.5623", () => {
  const p = Float32Array.of(Math.log(3), 0);
  expect(klOfLogits(p, Float32Array.of(0, 0), 2)).toBeCloseTo(0.13081, 5);
  expect(entropyOfLogits(p, 2)).toBeCloseTo(0.56234, 5);
  // 9 : 1 at temperature 2 is 3 : 1.
  expect(klOfLogits(p, Float32Array.of(Math.log(9), 0), 2, 2)).toBeCloseTo(0, 7);
});

test("the exact KL is what log-probabilities of 5,000 drawn completions estimate, and uses no more tensors afterwards", async () => {
  const before = tf.memory().numTensors;
  const prompt = task.vocab.encode(set.examples[0]?.prompt as string);
  const draw = { maxNewTokens: 5, temperature: 1, key: key("kl") };
  const contexts = await drawContexts(model, [prompt], { ...draw, samples: 5000 });
  const completions = contexts.map((c) => c.completion);
  const prompts = contexts.map(() => prompt);
  const [p, q] = [
    await scoreCompletions(model, prompts, completions),
    await scoreCompletions(other, prompts, completions),
  ];
  const sampled = p.map((row, i) => row.reduce((sum, value, t) => sum + value - (q[i]?.[t] as number), 0));
  const mean = sampled.reduce((a, b) => a + b, 0) / sampled.length;
  const error = Math.sqrt(sampled.reduce((sum, v) => sum + (v - mean) ** 2, 0)) / sampled.length;
  const exact = contexts.slice(0, 500);
  const [lp, lq] = [await completionLogits(model, exact), await completionLogits(other, exact)];
  const V = model.config.vocabSize;
  const kls = lp.map((row, i) => klOfLogits(row, lq[i] as Float32Array, V));
  expect(Math.min(...kls)).toBeGreaterThanOrEqual(-1e-6);
  const value = kls.reduce((a, b) => a + b, 0) / kls.length;
  expect(value).toBeGreaterThan(0.05);
  expect(Math.abs(value - mean)).toBeLessThan(5 * error + 0.01);
  expect(tf.memory().numTensors - before).toBeLessThan(30); // the captured decoding steps stay with the model
});

test("a model is 0 from itself in both directions; another checkpoint is above 0 in both, with intervals that say so", async () => {
  const self = await klBetween(model, model, set, { samples: 2 });
  expect(self.forward.perToken.value).toBeCloseTo(0, 6);
  expect(self.reverse.perCompletion.high).toBeCloseTo(0, 5);
  const apart = await klBetween(model, other, set, { samples: 2 });
  expect(apart.forward.perToken.low).toBeGreaterThan(0);
  expect(apart.reverse.perToken.low).toBeGreaterThan(0);
  expect(apart.forward.perCompletion.value).toBeGreaterThan(apart.forward.perToken.value);
});

test("a model whose logits are doubled is the old one at temperature 0.5, and that explains 100 % of the KL", async () => {
  const found = await sharpeningOf(model, sharp, set, { samples: 2 });
  expect(found.temperature.value).toBeCloseTo(0.5, 2);
  expect(found.temperature.high).toBeLessThan(0.52);
  expect(found.explained.low).toBeGreaterThan(0.99);
  expect(found.entropyAfter.high).toBeLessThan(found.entropyBefore.low);
  const back = await sharpeningOf(sharp, model, set, { samples: 2 });
  expect(back.temperature.value).toBeCloseTo(2, 1);
});

test("more fine-tuning is more than a temperature: part of the KL stays unexplained", async () => {
  const found = await sharpeningOf(model, other, set, { samples: 2 });
  expect(found.explained.high).toBeLessThan(0.9);
  expect(found.klLeft.value).toBeGreaterThan(0.02);
});

test("the findings say it in a sentence, and refuse models of different vocabularies", async () => {
  const moved = await sharpening({ before: model, after: sharp }, set, { samples: 2 });
  expect(moved.sentence).toMatch(/comes closest at temperature 0\.50/);
  expect(moved.sentence).toContain("mostly sharpening");
  expect((await sharpening({ before: model, after: model }, set, { samples: 1 })).sentence).toContain(
    "too little to ask",
  );
  expect((await kl({ before: model, after: other }, set, { samples: 1 })).frame().shape).toEqual([2, 8]);
  const stranger = await init({
    vocab: world.stateMachine({ states: 5 }).vocab,
    layers: 1,
    width: 32,
    heads: 2,
    maxLength: 24,
    seed: 0,
  });
  await expect(kl({ before: model, after: stranger }, set)).rejects.toMatchObject({ code: "VOCABULARY_MISMATCH" });
  stranger.dispose();
});
