import { beforeAll, describe, expect, test } from "vitest";
import { key } from "../../../lib/core/rng.ts";
import { generate } from "../../../lib/model/generate.ts";
import type { Model } from "../../../lib/model/model.ts";
import { ALGORITHMS } from "../../../lib/train/algorithms/all.ts";
import type { AlgorithmName } from "../../../lib/train/algorithms/all.ts";
import { trainRl } from "../../../lib/train/rl.ts";
import { trainSft } from "../../../lib/train/sft.ts";
import * as tf from "../../../lib/tensor/tf.ts";
import { engines, useEngineNamed } from "../engines.ts";
import { reversals, tinyModel } from "./task.ts";

const train = reversals(500, 1);
const prompts = reversals(128, 2);
const small = { promptsPerStep: 4, groupSize: 4, maxNewTokens: 5 };

/** Share of 256 sampled answers that are right and ended. */
async function accuracy(model: Model): Promise<number> {
  const { examples, verify } = reversals(256, 3);
  const { tokenizer } = model;
  const ids = examples.map(({ prompt }) => tokenizer.encode(prompt));
  const { tokens, finished } = await generate(model, ids, { maxNewTokens: 5, temperature: 1, key: key(9) });
  const right = examples.filter((e, i) => finished[i] && verify(e, tokenizer.decode([...(tokens[i] as Int32Array)])));
  return right.length / examples.length;
}

describe.each(engines)("on %s", (engine) => {
  let tuned: Model;
  beforeAll(async () => {
    await useEngineNamed(engine);
    const blank = await tinyModel(0);
    const run = await trainSft(blank, train, { steps: 120, batch: 32, learningRate: 3e-3 });
    blank.dispose();
    tuned = run.model;
    return () => tuned.dispose();
  });

  test("GRPO from an SFT'd model raises accuracy on unseen prompts by more than 10 points", async () => {
    const before = await accuracy(tuned);
    const hash = await tuned.hash();
    const run = await trainRl(tuned, prompts, { steps: 25, promptsPerStep: 32, learningRate: 1e-3 });
    expect(await accuracy(run.model)).toBeGreaterThan(before + 0.1);
    expect(await tuned.hash()).toBe(hash);
    const first = run.history[0]?.metrics as Readonly<Record<string, number>>;
    expect(first["kl"]).toBeCloseTo(0, 6); // the reference is the model itself
    expect(first["clipShare"]).toBe(0);
    expect(run.history.at(-1)?.metrics["kl"]).toBeGreaterThan(1e-3);
    run.model.dispose();
  });

  test("tf.memory().numTensors is constant over 20 RL steps, and nothing but the new model is left after them", async () => {
    const before = tf.memory().numTensors;
    const counts: number[] = [];
    const onStep = () => counts.push(tf.memory().numTensors);
    const run = await trainRl(tuned, prompts, { ...small, steps: 20 }, { onStep });
    expect(counts.length).toBe(20);
    expect(new Set(counts).size).toBe(1);
    run.model.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  test.each(Object.keys(ALGORITHMS) as AlgorithmName[])(
    "%s runs, reports finite metrics and repeats itself to the bit",
    async (algorithm) => {
      const options = { ...small, algorithm, steps: 3, klWeight: 0.01, epochs: 2, seed: "repeat" };
      const [one, again] = [await trainRl(tuned, prompts, options), await trainRl(tuned, prompts, options)];
      const metrics = (run: typeof one) => run.history.map((report) => ({ ...report.metrics, tokensPerSecond: 0 }));
      expect(metrics(again)).toEqual(metrics(one));
      expect(await again.model.hash()).toBe(await one.model.hash());
      expect(Object.values(metrics(one)[2] ?? {}).every(Number.isFinite)).toBe(true);
      expect(one.options).toMatchObject({ algorithm, reward: "verify", groupSize: 4 });
      expect(JSON.parse(JSON.stringify({ ...one.options, clipRange: [] }))).toEqual({ ...one.options, clipRange: [] });
      for (const run of [one, again]) run.model.dispose();
    },
  );

  test("T7: groups of equal rewards teach nothing: the gradient is 0, no weight moves, all is counted and no NaN", async () => {
    const none = await trainRl(tuned, prompts, { ...small, steps: 2, reward: () => 0 });
    for (const { metrics } of none.history) {
      expect(metrics).toMatchObject({ reward: 0, zeroVarianceShare: 1, gradientNorm: 0 });
      expect(Object.values(metrics).every(Number.isFinite)).toBe(true);
    }
    expect(await none.model.hash()).toBe(await tuned.hash());
    none.model.dispose();
    const run = await trainRl(tuned, prompts, { ...small, steps: 2, reward: () => 1 });
    for (const { metrics } of run.history) {
      expect(metrics["reward"]).toBeLessThanOrEqual(1);
      if (metrics["finishedShare"] !== 1) continue;
      expect(metrics).toMatchObject({ zeroVarianceShare: 1, gradientNorm: 0 });
    }
    run.model.dispose();
  });

  test("an interrupt during the samples of step 3 returns the model of step 2", async () => {
    const abort = new AbortController();
    const reports: number[] = [];
    const run = await trainRl(
      tuned,
      prompts,
      { ...small, steps: 10, reward: () => (reports.length === 2 && abort.abort(), 1) },
      { signal: abort.signal, onStep: ({ step }) => reports.push(step) },
    );
    expect(run.stopped).toBe("interrupted");
    expect(run.history.length).toBe(reports.length);
    expect(reports.length).toBeLessThanOrEqual(3);
    run.model.dispose();
  });

  test("a reward that is NaN stops the run and names the step; an unknown algorithm is refused", async () => {
    const options = { ...small, steps: 3, reward: () => Number.NaN };
    await expect(trainRl(tuned, prompts, options)).rejects.toMatchObject({ code: "NOT_FINITE" });
    const unknown = { ...small, algorithm: "sarsa" as AlgorithmName };
    await expect(trainRl(tuned, prompts, unknown)).rejects.toMatchObject({ code: "ALGORITHM_UNKNOWN" });
    const alone = { ...small, groupSize: 1 };
    await expect(trainRl(tuned, prompts, alone)).rejects.toMatchObject({ code: "GROUP_TOO_SMALL" });
    expect(await accuracy(tuned)).toBeGreaterThan(0);
  });
});
