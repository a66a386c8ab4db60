// What options of reinforcement learning promise, on the fastest engine that is there.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import type { Model } from "../../../lib/model/model.ts";
import { trainRl } from "../../../lib/train/rl.ts";
import type { RlOptions } from "../../../lib/train/rl.ts";
import { trainSft } from "../../../lib/train/sft.ts";
import { rewards } from "../../../lib/world/rewards.ts";
import { engines, useEngineNamed } from "../engines.ts";
import { reversals, tinyModel } from "./task.ts";

const prompts = reversals(128, 2);
const small = { promptsPerStep: 4, groupSize: 4, maxNewTokens: 5, steps: 3 };
let tuned: Model;
beforeAll(async () => {
  await useEngineNamed(engines.at(-1) as (typeof engines)[0]);
  const blank = await tinyModel(0);
  const run = await trainSft(blank, reversals(500, 1), { steps: 60, batch: 32, learningRate: 3e-3 });
  blank.dispose();
  tuned = run.model;
  return () => tuned.dispose();
});
/** Metrics of each step, and the weights' hash. */
async function trained(options: RlOptions) {
  const run = await trainRl(tuned, prompts, { ...small, ...options });
  const metrics = run.history.map((report) => ({ ...report.metrics, tokensPerSecond: 0 })) as Record<string, number>[];
  const hash = await run.model.hash();
  run.model.dispose();
  return { metrics, hash, options: run.options };
}

test.each(["grpo", "gspo", "cispo", "dapo", "ppo", "reinforce++"] as const)(
  "%s: gradients of four micro-batches add up to the whole batch's, within a part in 10,000",
  async (algorithm) => {
    const options = { algorithm, epochs: 1, klWeight: 0.1, steps: 1 };
    const [whole] = (await trained({ ...options, microBatch: 16 })).metrics;
    const [parts] = (await trained({ ...options, microBatch: 4 })).metrics;
    for (const name of ["gradientNorm", "kl", "entropy", "reward"])
      expect(Math.abs((whole?.[name] as number) - (parts?.[name] as number))).toBeLessThan(
        1e-4 * Math.abs(whole?.[name] as number) + 1e-6,
      );
    expect(whole?.["gradientNorm"]).toBeGreaterThan(0);
  },
);

test("PPO's critic learns what the first letter decides: it foresees more than a third of the returns' variance after 20 steps, nothing at first", async () => {
  const { metrics } = await trained({
    algorithm: "ppo",
    steps: 20,
    promptsPerStep: 16,
    learningRate: 1e-5,
    criticLearningRate: 3e-3,
    reward: (_, completion) => (/^[abc]/u.test(completion) ? 1 : 0),
  });
  const foreseen = metrics.map((step) => step["explainedVariance"] as number);
  expect(foreseen[0]).toBe(0);
  expect(foreseen.slice(-4).reduce((sum, x) => sum + x, 0) / 4).toBeGreaterThan(1 / 3);
});

test("PPO goes on from a checkpoint as if it had not stopped: policy and critic, bit for bit", async () => {
  const folder = mkdtempSync(join(tmpdir(), "ppo-"));
  const options = { algorithm: "ppo", steps: 4, seed: "resumed", klWeight: 0.05 } as const;
  const whole = await trained(options);
  await trained({ ...options, checkpoint: { folder, every: 2 } });
  const rest = await trained({ ...options, resumeFrom: join(folder, "step-000002") });
  expect(rest.metrics).toEqual(whole.metrics.slice(2));
  expect(rest.hash).toBe(whole.hash);
  rmSync(folder, { recursive: true });
});

test("the exact KL is reported, is what the estimates estimate, and holds the policy closer than no pull", async () => {
  const options = { steps: 6, learningRate: 2e-3, epochs: 2, promptsPerStep: 32, warmup: 0, seed: 3 };
  const last = async (more: RlOptions) => (await trained({ ...options, ...more })).metrics.at(-1)?.["kl"] as number;
  const free = await last({ kl: "exact" });
  const [k1, k2, k3] = [await last({ kl: "k1" }), await last({ kl: "k2" }), await last({ kl: "k3" })];
  // Without a pull they describe the same run.
  for (const estimate of [k1, k2, k3]) expect(Math.abs(estimate - free)).toBeLessThan(0.5 * free + 0.01);
  for (const kl of ["exact", "k2", "k3"] as const) expect(await last({ kl, klWeight: 3 })).toBeLessThan(free);
});

test("DAPO takes reward from answers that nearly ran out of room, reports the reward without that, and others do not", async () => {
  const { options } = await trained({ algorithm: "dapo", steps: 1, maxNewTokens: 10 });
  expect(options.overlong).toEqual({ buffer: 2 });
  expect((await trained({ steps: 1 })).options.overlong).toBeNull();
  const all = { steps: 1, reward: () => 1, maxNewTokens: 5 };
  const [plain] = (await trained(all)).metrics;
  const [shaped] = (await trained({ ...all, overlong: { buffer: 5 } })).metrics;
  expect(shaped?.["reward"]).toBe(plain?.["reward"]);
  expect(shaped?.["zeroVarianceShare"]).toBeLessThan(plain?.["zeroVarianceShare"] as number);
});

test("a reward may take its time, look at the whole group, or be put together; an interrupt ends the waiting", async () => {
  const waiting = await trained({
    reward: async (example, completion) => Promise.resolve(completion === example.completion ? 1 : 0),
  });
  expect(waiting.metrics).toEqual((await trained({ reward: (e, c) => (c === e.completion ? 1 : 0) })).metrics);
  const vote = await trained({ reward: rewards.majority() });
  expect(vote.options.reward).toBe("majority");
  expect(vote.metrics[0]?.["reward"]).toBeGreaterThan(0);
  await trained({ reward: rewards.sum([rewards.majority(), 0.5], [rewards.length(3), 0.5]) });
  const abort = new AbortController();
  const run = await trainRl(
    tuned,
    prompts,
    {
      ...small,
      reward: (_e, _c, signal) =>
        new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason))),
    },
    { signal: (setTimeout(() => abort.abort(), 300), abort.signal) },
  );
  expect([run.stopped, run.history.length]).toEqual(["interrupted", 0]);
  run.model.dispose();
});

test("T7: empty completions and groups of equal rewards: everything defined, counted and finite in every algorithm with a baseline", async () => {
  for (const algorithm of ["grpo", "gspo", "cispo", "ppo", "rloo"] as const) {
    const heard: string[] = [];
    // So hot that all tokens are about as likely, the end too.
    const hot = { algorithm, steps: 1, groupSize: 32, maxNewTokens: 2, temperature: 50 } as const;
    const ended = await trained({ ...hot, reward: (_, completion) => (heard.push(completion), completion.length) });
    expect(heard.filter((completion) => completion === "").length, algorithm).toBeGreaterThan(0);
    expect(Object.values(ended.metrics[0] ?? {}).every(Number.isFinite), algorithm).toBe(true);
    expect(ended.metrics[0]?.["finishedShare"]).toBeCloseTo(heard.length / (4 * 32), 6);
    const { metrics } = await trained({ algorithm, steps: 1, maxNewTokens: 1, reward: () => 1 });
    expect(Object.values(metrics[0] ?? {}).every(Number.isFinite), algorithm).toBe(true);
    if (metrics[0]?.["finishedShare"] === 0) expect(metrics[0]).toMatchObject({ reward: 0, zeroVarianceShare: 1 });
  }
});

test("forced tokens are said, read and rewarded, and no part of what is learned: where all of it is forced, nothing moves", async () => {
  const [b] = [...tuned.tokenizer.encode("b")] as [number];
  // Always "b" first: what is rewarded is the whole completion, the forced beginning included.
  const begin = (said: readonly number[]) => (said.length === 0 ? b : undefined);
  const heard: string[] = [];
  const reward = (example: { readonly completion: string }, completion: string) => {
    heard.push(completion);
    return completion.length + (completion === example.completion ? 1 : 0);
  };
  for (const algorithm of ["grpo", "gspo", "cispo", "dapo", "rloo", "reinforce++", "ppo"] as const) {
    heard.length = 0;
    const { metrics, options } = await trained({ algorithm, force: begin, reward, klWeight: 0.1, steps: 2 });
    expect(
      heard.every((text) => text.startsWith("b")),
      algorithm,
    ).toBe(true);
    expect(Object.values(metrics[1] ?? {}).every(Number.isFinite), algorithm).toBe(true);
    expect(metrics[0]?.["gradientNorm"], algorithm).toBeGreaterThan(0);
    expect(options.force).toBe("begin");
  }
  // Every token forced: nothing was chosen, so nothing moves.
  const whole = (said: readonly number[], { completion }: { readonly completion: string }) =>
    [...tuned.tokenizer.encode(completion), tuned.tokenizer.eosId][said.length];
  const told = await trained({ force: whole, steps: 2, klWeight: 0.1 });
  expect(told.hash).toBe(await tuned.hash());
  expect(told.metrics[0]).toMatchObject({ reward: 1, gradientNorm: 0, entropy: 0, kl: 0 });
});
