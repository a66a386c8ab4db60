// Our models against transformers: logits, loss, gradients, three AdamW steps, greedy text and log-probabilities of every fixture family.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { key } from "../../../lib/core/rng.ts";
import { toFloat32 } from "../../../lib/data/safetensors.ts";
import type { SafetensorsEntry } from "../../../lib/data/safetensors.ts";
import { tablesOf } from "../../../lib/model/decoder.ts";
import { forward } from "../../../lib/model/forward.ts";
import { generate } from "../../../lib/model/generate.ts";
import { namedFromFile } from "../../../lib/model/hugging-face.ts";
import { rotaryTables } from "../../../lib/model/ops/rotary.ts";
import { parameterSpecs } from "../../../lib/model/parameters.ts";
import type { ParameterSpec } from "../../../lib/model/parameters.ts";
import { scoreCompletions } from "../../../lib/model/score.ts";
import { collate } from "../../../lib/train/batch.ts";
import { lossGradient } from "../../../lib/train/gradient.ts";
import { Trainer } from "../../../lib/train/trainer.ts";
import { crossEntropy, sftFeeds } from "../../../lib/train/sft.ts";
import { disposeState, makeState, modelOf } from "../../../lib/train/state.ts";
import type { Feeds } from "../../../lib/tensor/capture/capture.ts";
import * as tf from "../../../lib/tensor/tf.ts";
import { engines, useEngineNamed } from "../engines.ts";
import { hasFixtures, modelNames, readFixture } from "./fixtures.ts";
import type { Fixture } from "./fixtures.ts";

const entry = (fixture: Fixture, name: string) => fixture.reference.tensors.get(name) as SafetensorsEntry;
const floats = (fixture: Fixture, name: string) => toFloat32(entry(fixture, name));
const ints = (fixture: Fixture, name: string) =>
  tf.tensor2d(Int32Array.from(floats(fixture, name)), entry(fixture, name).shape as [number, number], "int32");

/** Largest |a - b| - (absolute + relative |b|) over the elements that count; not positive when all agree. */
function excess(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  absolute: number,
  relative = 0,
  counts: (i: number) => boolean = () => true,
) {
  expect(a.length).toBe(b.length);
  let worst = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < b.length; i++) {
    const allowed = absolute + relative * Math.abs(b[i] as number);
    if (counts(i)) worst = Math.max(worst, Math.abs((a[i] as number) - (b[i] as number)) - allowed);
  }
  return worst;
}

/** Labels as the fixtures give them, as the sequences that our batches are made of: the kept targets are the ones behind the prompt. */
function fixtureBatch(fixture: Fixture) {
  const T = entry(fixture, "input_ids").shape[1] as number;
  const [ids, labels, mask] = ["input_ids", "labels", "attention_mask"].map((name) => floats(fixture, name));
  const sequences = [0, 1].map((b) => {
    const row = (x?: Float32Array) => Array.from((x as Float32Array).subarray(b * T, (b + 1) * T));
    const length = row(mask).filter((m) => m === 1).length;
    return {
      id: String(b),
      tokens: Int32Array.from(row(ids).slice(0, length)),
      promptLength: row(labels).findIndex((label) => label !== -100),
    };
  });
  return collate(sequences, (s) => s.promptLength, 0, fixture.model.config.maxLength);
}

/** A flat vector of ours as named arrays in the layout of the file, for comparison with named reference arrays. */
async function namedArrays(fixture: Fixture, flat: tf.Tensor): Promise<Map<string, Float32Array>> {
  const model = modelOf(fixture.model, flat);
  const arrays = new Map<string, Float32Array>();
  for (const [name, variable] of model.parameters) arrays.set(name, (await variable.data()) as Float32Array);
  model.dispose();
  return arrays;
}
/** Reference arrays `${prefix}${name}` turned to our [in, out]. */
async function referenceArrays(fixture: Fixture, prefix: string): Promise<Map<string, Float32Array>> {
  const named = namedFromFile(fixture.model.config, fixture.reference.tensors, prefix);
  const arrays = new Map<string, Float32Array>();
  for (const [name, tensor] of named) arrays.set(name, (await tensor.data()) as Float32Array);
  tf.dispose([...named.values()]);
  return arrays;
}

describe.each(engines)("on %s", (engine) => {
  describe.skipIf(!hasFixtures).each(modelNames)("%s agrees with transformers:", (name) => {
    let fixture: Fixture;
    beforeAll(async () => {
      await useEngineNamed(engine);
      fixture = readFixture(name);
    });
    afterAll(() => fixture.model.dispose());

    test.each(["config.json", "config.v4.json"])("logits within 2e-4, by %s", async (file) => {
      const { model } = readFixture(name, file);
      const ids = ints(fixture, "input_ids");
      const long = ints(fixture, "long_input_ids");
      const [logits, longLogits] = [forward(model, ids), forward(model, long)];
      const mask = floats(fixture, "attention_mask");
      const V = model.config.vocabSize;
      const counts = (i: number) => mask[Math.floor(i / V)] === 1;
      expect(excess(await logits.data(), floats(fixture, "logits"), 2e-4, 0, counts)).toBeLessThanOrEqual(0);
      expect(excess(await longLogits.data(), floats(fixture, "long_logits"), 2e-4)).toBeLessThanOrEqual(0);
      tf.dispose([ids, long, logits, longLogits]);
      model.dispose();
    });

    test("loss within 1e-5 and every gradient within 2e-5 + 1e-3 |g|", async () => {
      const state = makeState(fixture.model);
      const batch = fixtureBatch(fixture);
      const [feeds] = sftFeeds([batch]);
      const { config } = fixture.model;
      const { gradient, metrics } = tf.tidy(() => {
        const tables = tablesOf(config, rotaryTables(config, batch.T), batch.T);
        return { ...lossGradient(state, crossEntropy, feeds as Feeds, tables) };
      });
      expect(Math.abs(((await metrics.data())[0] as number) - fixture.parity.loss)).toBeLessThanOrEqual(1e-5);
      const ours = await namedArrays(fixture, gradient);
      const theirs = await referenceArrays(fixture, "grad.");
      for (const [parameter, reference] of theirs)
        expect(excess(ours.get(parameter) as Float32Array, reference, 2e-5, 1e-3), parameter).toBeLessThanOrEqual(0);
      tf.dispose([gradient, metrics, ...Object.values(feeds as Feeds)]);
      disposeState(state);
    });

    test("three AdamW steps: losses within 5e-5, norms 1e-4 relative, weights 1e-5 but for 0.1 % of them", async () => {
      const trainer = new Trainer(makeState(fixture.model), crossEntropy, { weightDecay: 0.1, clip: 1 });
      const { losses, grad_norms_before_clip: norms, unstable_flat_indices: unstable } = fixture.parity.adamw;
      for (const [i, reference] of losses.entries()) {
        const [loss, norm] = await trainer.step(sftFeeds([fixtureBatch(fixture)]), { learningRate: 1e-3, step: i + 1 });
        expect(Math.abs((loss as number) - reference)).toBeLessThanOrEqual(5e-5);
        expect(Math.abs((norm as number) / (norms[i] as number) - 1)).toBeLessThanOrEqual(1e-4);
      }
      const ours = await namedArrays(fixture, trainer.state.theta);
      const theirs = await referenceArrays(fixture, "after3.");
      const specs = new Map(parameterSpecs(fixture.model.config).map((spec) => [spec.name, spec]));
      for (const [parameter, reference] of theirs) {
        const { shape, transposedInFiles } = specs.get(parameter) as ParameterSpec;
        const [rows, columns] = shape as [number, number];
        const inFile = new Set(unstable[parameter]);
        const asStored = (i: number) => (transposedInFiles ? (i % columns) * rows + Math.floor(i / columns) : i);
        const values = ours.get(parameter) as Float32Array;
        let off = 0;
        for (let i = 0; i < reference.length; i++) {
          if (inFile.has(asStored(i))) continue;
          const difference = Math.abs((values[i] as number) - (reference[i] as number));
          expect(difference, `${parameter}[${i}]`).toBeLessThanOrEqual(5e-4);
          if (difference > 1e-5) off += 1;
        }
        expect(off, parameter).toBeLessThanOrEqual(Math.ceil(reference.length * 1e-3));
      }
      trainer.dispose();
    });

    test("greedy text token by token, prompts of different lengths in one batch", async () => {
      const prompts = fixture.parity.greedy.map(({ prompt }) => prompt);
      const longest = fixture.parity.greedy[0]?.generated.length as number;
      // An end token that is not in the vocabulary: these models have none.
      const model = { ...fixture.model, tokenizer: { ...fixture.model.tokenizer, eosId: -1 } };
      const { tokens } = await generate(model, prompts, { maxNewTokens: longest, temperature: 0, key: key(0) });
      expect(tokens.map((row) => [...row])).toEqual(fixture.parity.greedy.map(({ generated }) => generated));
    });

    test.each([1, 0.7])("completion log-probabilities within 2e-4 at temperature %s", async (temperature) => {
      const cases = fixture.parity.completion_logprobs;
      const scores = await scoreCompletions(
        fixture.model,
        cases.map(({ prompt }) => prompt),
        cases.map(({ completion }) => completion),
        { temperature },
      );
      for (const [i, one] of cases.entries()) {
        const { logprobs } = one[`temperature_${temperature.toFixed(1)}`] as { logprobs: number[] };
        expect(excess(scores[i] as Float32Array, logprobs, 2e-4)).toBeLessThanOrEqual(0);
      }
    });
  });
});
