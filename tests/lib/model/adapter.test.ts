// LoRA against peft itself (the fixtures' generator is Hugging Face's library): what an adapter adds, its gradients, its files.
import { readFileSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createPrivateTemporaryDirectory } from "../../../lib/core/files.ts";
import { parseSafetensors, toFloat32 } from "../../../lib/data/safetensors.ts";
import type { SafetensorsEntry } from "../../../lib/data/safetensors.ts";
import { encodeAdapter } from "../../../lib/model/adapter-files.ts";
import { tablesOf } from "../../../lib/model/decoder.ts";
import { model as models } from "../../../lib/model/models.ts";
import type { Model } from "../../../lib/model/model.ts";
import { rotaryTables } from "../../../lib/model/rotary.ts";
import * as tf from "../../../lib/tensor/tf.ts";
import { collate } from "../../../lib/train/batch.ts";
import { crossEntropy, sftFeeds } from "../../../lib/train/cross-entropy.ts";
import { lossGradient } from "../../../lib/train/gradient.ts";
import { trainRl } from "../../../lib/train/rl.ts";
import { trainSft } from "../../../lib/train/sft.ts";
import { disposeState, makeState } from "../../../lib/train/state.ts";
import { engines, useEngineNamed } from "../engines.ts";
import { reversals, tinyModel } from "../train/task.ts";
import { numberTokenizer } from "../../parity/models.ts";

interface Expected {
  readonly ids: readonly (readonly number[])[];
  readonly prompt: number;
  readonly loss: number;
  readonly logits: readonly number[];
  readonly gradients: Readonly<Record<string, readonly number[]>>;
}
const fixture = (...path: string[]) => join(import.meta.dirname, "../../fixtures/peft", ...path);
const vocab = numberTokenizer(32);
const largest = (ours: ArrayLike<number>, theirs: readonly number[]) =>
  Math.max(...theirs.map((x, i) => Math.abs((ours[i] as number) - x)));

async function logitsOf(model: Model, ids: Expected["ids"]): Promise<Float32Array> {
  const input = tf.tensor2d(
    ids.map((row) => [...row]),
    undefined,
    "int32",
  );
  const logits = models.forward(model, input);
  const values = (await logits.data()) as Float32Array;
  tf.dispose([input, logits]);
  return values;
}

describe.each(engines)("on %s", (engine) => {
  let folder: string;
  beforeAll(async () => {
    await useEngineNamed(engine);
    folder = await createPrivateTemporaryDirectory("blankslate-test");
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test.each(["llama", "gpt2", "gpt-neox"])(
    "%s: a folder that peft wrote computes peft's logits within 1e-5, also merged; what is saved again is the same numbers",
    async (name) => {
      const expected = JSON.parse(readFileSync(fixture(name, "expected.json"), "utf8")) as Expected;
      const base = await models.load(fixture(name), { vocab });
      const model = await models.load(fixture(name, "adapter"), { base });
      expect(largest(await logitsOf(model, expected.ids), expected.logits)).toBeLessThan(1e-5);
      expect(largest(await logitsOf(base, expected.ids), expected.logits)).toBeGreaterThan(0.01);
      const merged = models.merge(model);
      expect(merged.adapter).toBeUndefined();
      expect(largest(await logitsOf(merged, expected.ids), expected.logits)).toBeLessThan(1e-5);
      const theirs = parseSafetensors(readFileSync(fixture(name, "adapter", "adapter_model.safetensors"))).tensors;
      const ours = parseSafetensors(await encodeAdapter(model)).tensors;
      expect(ours.size).toBe(theirs.size);
      for (const [tensor, entry] of theirs) {
        expect(ours.get(tensor)?.shape).toEqual(entry.shape);
        expect(toFloat32(ours.get(tensor) as SafetensorsEntry)).toEqual(toFloat32(entry));
      }
      for (const made of [base, model, merged]) made.dispose();
    },
  );

  test.each(["llama", "gpt2", "gpt-neox"])(
    "%s: loss within 1e-5 and gradients within 1e-6 + 1e-3 |g| of peft's",
    async (name) => {
      const expected = JSON.parse(readFileSync(fixture(name, "expected.json"), "utf8")) as Expected;
      const base = await models.load(fixture(name), { vocab });
      const model = await models.load(fixture(name, "adapter"), { base });
      base.dispose();
      const state = makeState(model);
      const sequences = expected.ids.map((ids) => ({
        id: "",
        tokens: Int32Array.from(ids),
        promptLength: expected.prompt,
      }));
      const batch = collate(sequences, (s) => s.promptLength, 0, model.config.maxLength);
      const feeds = sftFeeds([batch]);
      const { gradient, metrics } = tf.tidy(() => {
        const tables = tablesOf(model.config, rotaryTables(model.config, batch.T), batch.T);
        return { ...lossGradient(state, crossEntropy(), feeds[0]!, tables) };
      });
      expect(Math.abs((await metrics.data())[0]! - expected.loss)).toBeLessThan(1e-5);
      const named = state.layout.modelOf(model, gradient);
      const ours = parseSafetensors(await encodeAdapter(named)).tensors;
      for (const [tensor, theirs] of Object.entries(expected.gradients)) {
        const values = toFloat32(ours.get(tensor) as SafetensorsEntry);
        theirs.forEach((g, i) => expect(Math.abs(values[i]! - g), tensor).toBeLessThan(1e-6 + 1e-3 * Math.abs(g)));
      }
      tf.dispose([gradient, metrics, ...Object.values(feeds[0]!)]);
      disposeState(state);
      for (const made of [model, named]) made.dispose();
    },
  );

  test("SFT and RL train the adapter alone: the frozen weights keep their bits, the loss falls, nothing is leaked", async () => {
    const base = await tinyModel(0);
    const before = tf.memory().numTensors;
    const model = await models.lora(base, { rank: 4, targets: "all", seed: 1 });
    const data = reversals(200, 1);
    const run = await trainSft(model, data, { steps: 60, batch: 16, learningRate: 1e-2 });
    expect(run.history.at(-1)!.metrics["loss"]).toBeLessThan(0.9 * run.history[0]!.metrics["loss"]!);
    for (const [name, weight] of base.parameters)
      expect(await run.model.parameters.get(name)!.data(), name).toEqual(await weight.data());
    // A random model answers nothing right: the reward is the number of letters.
    const reward = (_: unknown, completion: string) => completion.length;
    const rl = await trainRl(run.model, data, { steps: 2, promptsPerStep: 4, groupSize: 4, maxNewTokens: 5, reward });
    expect(rl.model.adapter?.rank).toBe(4);
    expect(await rl.model.hash()).not.toBe(await run.model.hash());
    for (const made of [model, run.model, rl.model]) made.dispose();
    expect(tf.memory().numTensors).toBe(before);
    base.dispose();
  });

  test("saved and loaded on its base it is equal bit for bit; another base, no base, a variant not computed here are refused", async () => {
    const base = await tinyModel(0);
    const model = await models.lora(base, { seed: 1 });
    const at = join(folder, "adapter");
    await models.save(model, at);
    expect((await readdir(at)).sort()).toEqual([
      "adapter_config.json",
      "adapter_model.safetensors",
      "base.sha256",
      "tokenizer.sha256",
    ]);
    const back = await models.load(at, { base });
    expect(await back.hash()).toBe(await model.hash());
    await expect(models.load(at)).rejects.toMatchObject({ code: "ADAPTER_BASE_MISSING" });
    const other = await tinyModel(1);
    await expect(models.load(at, { base: other })).rejects.toMatchObject({ code: "ADAPTER_BASE_OTHER" });
    await expect(models.lora(base, { targets: ["c_attn"] })).rejects.toMatchObject({ code: "ADAPTER_TARGET" });
    for (const made of [base, model, back, other]) made.dispose();
  });
});
