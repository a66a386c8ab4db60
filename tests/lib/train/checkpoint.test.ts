import { readdirSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createPrivateTemporaryDirectory, removePath } from "../../../lib/core/files.ts";
import type { Example } from "../../../lib/data/example.ts";
import { lora } from "../../../lib/model/adapter.ts";
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
/** Half of the completions, so that groups differ. */
const parity = (_: Example, completion: string) => completion.length % 2;
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

  test("a run that is interrupted between two checkpoints leaves one where it was, from which it goes on bit for bit: SFT, and RL amid its samples", async () => {
    const whole = await trainSft(model, data, sft);
    const stop = new AbortController();
    const checkpoint = { folder: join(folder, "stopped"), every: 3, keep: 1 };
    const onStep = ({ step }: { step: number }) => void (step === 5 && stop.abort());
    const part = await trainSft(model, data, { ...sft, checkpoint }, { signal: stop.signal, onStep });
    expect(part.stopped).toBe("interrupted");
    expect(readdirSync(checkpoint.folder)).toEqual(["step-000005"]);
    const rest = await trainSft(model, data, { ...sft, resumeFrom: join(checkpoint.folder, "step-000005") });
    expect(history(rest)).toEqual(history(whole).slice(5));
    expect(await rest.model.hash()).toBe(await whole.model.hash());
    // The third step's prompts have been asked when it ends.
    let done = 0;
    const amid = new AbortController();
    const onSample = () => void (done === 2 && amid.abort());
    const watched = { ...rl, reward: parity, force: onSample };
    const all = await trainRl(model, data, watched);
    const places = { checkpoint: { folder: join(folder, "amid"), every: 5 } };
    const half = await trainRl(
      model,
      data,
      { ...watched, ...places },
      { signal: amid.signal, onStep: ({ step }) => void (done = step) },
    );
    expect([half.stopped, half.history.length]).toEqual(["interrupted", 2]);
    expect(readdirSync(places.checkpoint.folder)).toEqual(["step-000002"]);
    const end = await trainRl(model, data, {
      ...watched,
      resumeFrom: join(places.checkpoint.folder, "step-000002"),
    });
    expect(history(end)).toEqual(history(all).slice(2));
    for (const run of [whole, part, rest, all, half, end]) run.model.dispose();
  });

  test("a wrong path, other options, another model, other data: an error that says which, never a fresh start", async () => {
    const at = join(folder, "sft", "step-000003");
    const missing = trainSft(model, data, { ...sft, resumeFrom: join(folder, "typo") });
    await expect(missing).rejects.toMatchObject({ code: "CHECKPOINT_MISSING" });
    for (const named of ["sft", "sft/step-3"])
      await expect(trainSft(model, data, { ...sft, resumeFrom: join(folder, named) })).rejects.toMatchObject({
        code: "CHECKPOINT_MISSING",
        hint: expect.stringMatching(/the newest there is .*sft.step-00000\d;/),
      });
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

  test("a branch goes on from any step with other options: the same ones give the same run, others another, from the same weights", async () => {
    const at = join(folder, "sft", "step-000003");
    const whole = await trainSft(model, data, sft);
    const same = await trainSft(model, data, { ...sft, forkFrom: at });
    expect(history(same)).toEqual(history(whole).slice(3));
    const checkpoint = { folder: join(folder, "branch"), every: 1 };
    const slow = { ...sft, steps: 6, learningRate: 1e-4, forkFrom: at };
    const other = await trainSft(model, data, { ...slow, checkpoint });
    expect(history(other).map(({ step }) => step)).toEqual([4, 5, 6]);
    // The loss of step 4 is of the weights after step 3, which both have.
    expect(history(other)[0]).toMatchObject({ loss: (history(whole)[3] as unknown as { loss: number }).loss });
    expect(await other.model.hash()).not.toBe(await whole.model.hash());
    const rest = await trainSft(model, data, { ...slow, resumeFrom: join(checkpoint.folder, "step-000005") });
    expect(await rest.model.hash()).toBe(await other.model.hash());
    const { forkFrom: _, ...unforked } = slow;
    const wrong = trainSft(model, data, { ...unforked, resumeFrom: join(checkpoint.folder, "step-000005") });
    await expect(wrong).rejects.toMatchObject({
      code: "CHECKPOINT_OTHER",
      fact: expect.stringContaining("forkedFrom"),
    });
    for (const run of [whole, same, other, rest]) run.model.dispose();
  });

  test("a branch of RL: with the same options the same run bit for bit, whatever the algorithm; with others another from the same weights, prompts and reference", async () => {
    const odd = (_: Example, completion: string) => Number(completion.startsWith("a"));
    for (const [algorithm, more] of [
      ["grpo", {}],
      ["ppo", { epochs: 2 }],
      ["dapo", {}],
    ] as const) {
      const options = { ...rl, ...more, algorithm, reward: parity, steps: 4 };
      const checkpoint = { folder: join(folder, `rl ${algorithm}`), every: 1 };
      const whole = await trainRl(model, data, { ...options, checkpoint });
      const at = join(checkpoint.folder, "step-000002");
      const same = await trainRl(model, data, { ...options, forkFrom: at });
      expect(history(same)).toEqual(history(whole).slice(2));
      expect(await same.model.hash()).toBe(await whole.model.hash());
      // Another reward on the same completions: what was sampled in step 3 is the old run's.
      const branch = { folder: join(folder, `branch ${algorithm}`), every: 1 };
      const other = await trainRl(model, data, {
        ...options,
        steps: 4,
        learningRate: 1e-3,
        reward: odd,
        forkFrom: at,
        checkpoint: branch,
      });
      expect(history(other).map(({ step }) => step)).toEqual([3, 4]);
      expect(whole.history[2]?.metrics["kl"]).toBeGreaterThan(0);
      // (PPO tells the KL after its last epoch, and DAPO draws again where a group says nothing.)
      if (algorithm === "grpo") {
        const [mine, theirs] = [other.history[0], whole.history[2]];
        expect(mine?.sample?.completion).toBe(theirs?.sample?.completion);
        expect(mine?.metrics["kl"]).toBe(theirs?.metrics["kl"]);
      }
      expect(await other.model.hash()).not.toBe(await whole.model.hash());
      const again = { ...options, steps: 4, learningRate: 1e-3, forkFrom: at };
      const rest = await trainRl(model, data, {
        ...again,
        reward: odd,
        resumeFrom: join(branch.folder, "step-000003"),
      });
      expect(history(rest)).toEqual(history(other).slice(1));
      expect(await rest.model.hash()).toBe(await other.model.hash());
      for (const run of [whole, same, other, rest]) run.model.dispose();
    }
    const wrong = async (options: Parameters<typeof trainRl>[2]) =>
      trainRl(model, data, { ...rl, ...options }).catch((error: unknown) => error);
    expect(await wrong({ algorithm: "ppo", forkFrom: join(folder, "rl grpo", "step-000002") })).toMatchObject({
      code: "CHECKPOINT_OTHER",
      fact: expect.stringContaining("has no critic"),
    });
    expect(await wrong({ forkFrom: join(folder, "sft", "step-000003") })).toMatchObject({
      code: "CHECKPOINT_OTHER",
      fact: expect.stringContaining('kind was "sft", is "rl"'),
    });
    expect(await wrong({ forkFrom: join(folder, "typo") })).toMatchObject({ code: "CHECKPOINT_MISSING" });
    const stranger = await tinyModel(1);
    await expect(
      trainRl(stranger, data, { ...rl, forkFrom: join(folder, "rl grpo", "step-000002") }),
    ).rejects.toMatchObject({ code: "CHECKPOINT_OTHER", fact: expect.stringContaining("startedFrom differ") });
    stranger.dispose();
  });

  test("a policy keeps the last two and every fourth; what another run left in the folder stays", async () => {
    const at = join(folder, "kept");
    await mkdir(at);
    await trainSft(model, data, { ...sft, steps: 1, seed: 9, checkpoint: { folder: at, every: 1 } }).then((run) =>
      run.model.dispose(),
    );
    const run = await trainSft(model, data, {
      ...sft,
      steps: 8,
      checkpoint: { folder: at, every: 2, keep: 2, keepEvery: 4 },
    });
    expect(readdirSync(at)).toEqual(["step-000001", "step-000004", "step-000006", "step-000008"]);
    const rest = await trainSft(model, data, { ...sft, steps: 8, resumeFrom: join(at, "step-000004") });
    expect(await rest.model.hash()).toBe(await run.model.hash());
    for (const made of [run, rest]) made.model.dispose();
  });

  test("an adapter's run goes on from its checkpoint, which holds the adapter alone", async () => {
    const adapted = await lora(model, { rank: 2, seed: 3 });
    const whole = await trainSft(adapted, data, sft);
    const checkpoint = { folder: join(folder, "lora"), every: 3 };
    await trainSft(adapted, data, { ...sft, checkpoint }).then((run) => run.model.dispose());
    const at = join(checkpoint.folder, "step-000003");
    expect(readdirSync(at)).toContain("adapter_model.safetensors");
    expect(readdirSync(at)).not.toContain("model.safetensors");
    const rest = await trainSft(adapted, data, { ...sft, resumeFrom: at });
    expect(history(rest)).toEqual(history(whole).slice(3));
    expect(await rest.model.hash()).toBe(await whole.model.hash());
    for (const made of [adapted, whole.model, rest.model]) made.dispose();
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
