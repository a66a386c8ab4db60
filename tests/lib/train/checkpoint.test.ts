import { readdirSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createPrivateTemporaryDirectory, removePath } from "../../../lib/core/files.ts";
import { load, save } from "../../../lib/model/files.ts";
import type { Model } from "../../../lib/model/model.ts";
import { wordTokenizer } from "../../../lib/tokenizer/word.ts";
import { trainRl } from "../../../lib/train/rl.ts";
import { trainSft } from "../../../lib/train/sft.ts";
import { engines, useEngineNamed } from "../engines.ts";
import { reversals, tinyModel, vocab } from "./task.ts";

const data = reversals(200, 1);
const sft = { steps: 8, batch: 8, learningRate: 3e-3 };
const rl = { steps: 6, promptsPerStep: 4, groupSize: 4, maxNewTokens: 5, klWeight: 0.1 };
const history = (run: {
  history: readonly { step: number; tokens: number; metrics: Readonly<Record<string, number>> }[];
}) => run.history.map(({ step, tokens, metrics }) => ({ step, tokens, ...metrics, tokensPerSecond: 0 }));

describe.each(engines)("on %s", (engine) => {
  let model: Model;
  let folder: string;
  beforeAll(async () => {
    await useEngineNamed(engine);
    model = await tinyModel(0);
    folder = await createPrivateTemporaryDirectory("checkpoints");
  });
  afterAll(async () => {
    model.dispose();
    await removePath(folder);
  });

  test("SFT: eight steps, and three, kill, five more, are equal bit for bit: losses, weights, tokens", async () => {
    const whole = await trainSft(model, data, sft);
    const checkpoint = { folder: join(folder, "sft"), every: 3 };
    await trainSft(model, data, { ...sft, checkpoint });
    expect(readdirSync(checkpoint.folder)).toEqual(["step-000003", "step-000006", "step-000008"]);
    const rest = await trainSft(model, data, { ...sft, resumeFrom: join(checkpoint.folder, "step-000003") });
    expect(history(rest)).toEqual(history(whole).slice(3));
    expect(await rest.model.hash()).toBe(await whole.model.hash());
    const forked = await load(join(checkpoint.folder, "step-000008"), { vocab });
    expect(await forked.hash()).toBe(await whole.model.hash());
    for (const m of [whole.model, rest.model, forked]) m.dispose();
  });

  test("RL: the same, and the reference stays the model that training started from", async () => {
    const whole = await trainRl(model, data, rl);
    const checkpoint = { folder: join(folder, "rl"), every: 2 };
    await trainRl(model, data, { ...rl, checkpoint });
    const rest = await trainRl(model, data, { ...rl, resumeFrom: join(checkpoint.folder, "step-000004") });
    expect(history(rest)).toEqual(history(whole).slice(4));
    expect(await rest.model.hash()).toBe(await whole.model.hash());
    for (const m of [whole.model, rest.model]) m.dispose();
  });

  test("a wrong path, other options, another model, other data: an error that says which, never a fresh start", async () => {
    const at = join(folder, "sft", "step-000003");
    const missing = trainSft(model, data, { ...sft, resumeFrom: join(folder, "typo") });
    await expect(missing).rejects.toMatchObject({ code: "CHECKPOINT_MISSING" });
    const other = await tinyModel(1);
    for (const [run, part] of [
      [() => trainSft(model, data, { ...sft, learningRate: 1e-3, resumeFrom: at }), "options"],
      [() => trainSft(other, data, { ...sft, resumeFrom: at }), "startedFrom"],
      [() => trainSft(model, reversals(200, 2), { ...sft, resumeFrom: at }), "data"],
    ] as const)
      await expect(run()).rejects.toMatchObject({
        code: "CHECKPOINT_OTHER",
        fact: expect.stringContaining(`${part} differ`),
      });
    other.dispose();
  });

  test("a saved model is read back bit for bit; another tokenizer or a damaged file is refused", async () => {
    const at = join(folder, "model");
    await save(model, at);
    const back = await load(at, { vocab });
    expect(await back.hash()).toBe(await model.hash());
    expect(back.config).toEqual(model.config);
    back.dispose();
    const foreign = wordTokenizer(["x", "y"]);
    await expect(load(at, { vocab: foreign })).rejects.toMatchObject({ code: "TOKENIZER_MISMATCH" });
    await expect(load(join(folder, "none"), { vocab })).rejects.toMatchObject({ code: "MODEL_MISSING" });
    await writeFile(join(at, "model.safetensors"), new Uint8Array(9));
    await expect(load(at, { vocab })).rejects.toMatchObject({ code: expect.stringMatching(/^SAFETENSORS_/) });
  });
});
