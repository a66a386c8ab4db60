// Row T6: numbers that are none (NaN, and infinities), in weights, loss, gradients and rewards, at step k.
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createPrivateTemporaryDirectory } from "../../../lib/core/files.ts";
import type { Example } from "../../../lib/data/example.ts";
import { load } from "../../../lib/model/files.ts";
import { makeModel } from "../../../lib/model/model.ts";
import type { Model } from "../../../lib/model/model.ts";
import * as tf from "../../../lib/tensor/tf.ts";
import { collate, encodeExamples } from "../../../lib/train/batch.ts";
import { crossEntropy, sftFeeds } from "../../../lib/train/cross-entropy.ts";
import { trainRl } from "../../../lib/train/rl.ts";
import { trainSft } from "../../../lib/train/sft.ts";
import { makeState } from "../../../lib/train/state.ts";
import { Trainer } from "../../../lib/train/trainer.ts";
import { allEngines, useEngineNamed } from "../engines.ts";
import { reversals, tinyModel, vocab } from "./task.ts";

/** Of all files of a folder. */
const hashOf = (at: string) =>
  readdirSync(at)
    .sort()
    .reduce((sha, name) => sha.update(name).update(readFileSync(join(at, name))), createHash("sha256"))
    .digest("hex");

describe.each(allEngines)("T6 on %s:", (engine) => {
  let model: Model;
  let folder: string;
  beforeAll(async () => {
    await useEngineNamed(engine);
    model = await tinyModel(0);
    return () => model.dispose();
  });
  beforeEach(async () => {
    folder = await createPrivateTemporaryDirectory("guard");
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const poisoned = { id: "poisoned", prompt: "a f >", completion: "f a", meta: {} };
  /** The model with a number that is none in the embedding of the letter f. */
  const withPoison = async (poison = Number.NaN): Promise<[Model, tf.Tensor]> => {
    const named = new Map(Array.from(model.parameters, ([name, weight]) => [name, weight as tf.Tensor]));
    const embedding = model.parameters.get("model.embed_tokens.weight")!;
    const rows = (await embedding.data()).slice() as Float32Array;
    const row = vocab.encode("f")[0]!;
    rows.fill(poison, row * 32, row * 32 + 32);
    const broken = tf.tensor(rows, embedding.shape);
    named.set("model.embed_tokens.weight", broken);
    return [makeModel(model.config, vocab, named), broken];
  };

  test.each([Number.NaN, Infinity])(
    "%s that only step k reads stops the run at k, which names the batch and the weights; the checkpoint of k - 1 is as it was written, none of k is there",
    async (poison) => {
      // Letter f stands in one example alone; its row of the embedding is NaN.
      const plain = reversals(60, 1)
        .examples.filter(({ prompt }) => !prompt.includes("f"))
        .slice(0, 12);
      const data = { ...reversals(1, 1), examples: [...plain, poisoned] };
      const [start, broken] = await withPoison(poison);
      let done = 0;
      let written = "";
      const options = { steps: 13, batch: 1, learningRate: 1e-3, weightDecay: 0, checkpoint: { folder, every: 1 } };
      const failed = trainSft(start, data, options, {
        onStep({ step }) {
          done = step;
          written = hashOf(join(folder, `step-${String(step).padStart(6, "0")}`));
        },
      });
      const error = await failed.then(
        () => undefined,
        (thrown: unknown) => thrown as { code: string; fact: string },
      );
      expect(error?.code).toBe("NOT_FINITE");
      expect(error?.fact).toMatch(
        new RegExp(`^step ${done + 1}: loss is NaN.*; first in weights embed; batch: poisoned\\.$`, "u"),
      );
      expect(done).toBeGreaterThan(0);
      expect(readdirSync(folder).sort().at(-1)).toBe(`step-${String(done).padStart(6, "0")}`);
      expect(hashOf(join(folder, `step-${String(done).padStart(6, "0")}`))).toBe(written);
      const good = await load(join(folder, readdirSync(folder).sort().at(-1)!), { vocab });
      expect(good.parameterCount).toBe(model.parameterCount);
      expect(existsSync(join(folder, `step-${String(done + 1).padStart(6, "0")}`))).toBe(false);
      for (const made of [start, good]) made.dispose();
      broken.dispose();
    },
  );

  test("RL stops at the step that meets NaN and names the prompts and the weights; a reward that is none is named with its prompt, before anything is trained", async () => {
    const [start, broken] = await withPoison();
    const options = { algorithm: "ppo", steps: 3, promptsPerStep: 2, groupSize: 8, maxNewTokens: 8 } as const;
    const before = tf.memory().numTensors;
    const prompts = { ...reversals(1, 1), examples: [poisoned, { ...poisoned, id: "too" }] };
    const weights = trainRl(start, prompts, { ...options, reward: () => 1 });
    await expect(weights).rejects.toMatchObject({
      code: "NOT_FINITE",
      fact: expect.stringMatching(
        /^step 1: .*; first in weights embed.*; batch: (poisoned, too|too, poisoned)\.$/u,
      ) as string,
    });
    const [good, bad] = reversals(2, 1).examples as [Example, Example];
    const reward = ({ id }: Example) => (id === bad.id ? Number.NaN : 1);
    const rewarded = trainRl(model, { ...prompts, examples: [good, bad] }, { ...options, reward });
    await expect(rewarded).rejects.toMatchObject({
      code: "NOT_FINITE",
      fact: `step 1: reward is NaN; batch: ${bad.id}.`,
      hint: expect.stringContaining("look at what yours gives for these prompts") as string,
    });
    // In the middle of a run, and the checkpoint before it stays.
    let seen = 0;
    const later = trainRl(
      model,
      { ...prompts, examples: [good, bad] },
      {
        ...options,
        checkpoint: { folder, every: 1 },
        reward: ({ id }) => (id === bad.id && seen === 1 ? Infinity : 1),
      },
      { onStep: ({ step }) => void (seen = step) },
    );
    await expect(later).rejects.toMatchObject({
      code: "NOT_FINITE",
      fact: `step 2: reward is Infinity; batch: ${bad.id}.`,
    });
    expect(readdirSync(folder)).toEqual(["step-000001"]);
    expect(tf.memory().numTensors).toBe(before);
    broken.dispose();
  });

  test.each([Number.NaN, Infinity])(
    "a gradient of %s under a finite loss, at step 3: its norm says so, its tensors are named, and no weight has moved",
    async (poison) => {
      const trainer = new Trainer(
        makeState(model),
        (policy, feeds) => {
          const { metrics, dLogProbs } = crossEntropy()(policy, feeds);
          return { metrics, dLogProbs: tf.mul(dLogProbs, feeds["poison"]!) };
        },
        { weightDecay: 0.1, clip: 1 },
      );
      const sequences = encodeExamples(reversals(8, 1).examples, vocab, 32);
      const step = (n: number, poison: number) => {
        const [feeds] = sftFeeds([collate(sequences, (s) => s.promptLength, 0, 32)]);
        return trainer.step([{ ...feeds, poison: tf.scalar(poison) }], { learningRate: 1e-2, step: n });
      };
      for (const n of [1, 2]) expect((await step(n, 1)).every(Number.isFinite)).toBe(true);
      expect(trainer.culprits).toEqual([]);
      const before = await trainer.state.theta.data();
      const [loss, norm] = await step(3, poison);
      expect(Number.isFinite(loss)).toBe(true);
      expect(Number.isFinite(norm)).toBe(false);
      expect(trainer.culprits).toHaveLength(3);
      expect(trainer.culprits[0]).toBe("the gradient of embed");
      expect(await trainer.state.theta.data()).toEqual(before);
      trainer.dispose();
    },
  );
});
