// The claim that RL learns from its reward, on real models; native engine only, where it takes a minute on two cores.
import { expect, test } from "vitest";
import { init } from "../../../lib/model/init.ts";
import { controlRewardsOf } from "../../../lib/probe/controlRewards.ts";
import { controlRewards } from "../../../lib/report/probes/seeds.ts";
import { trainSft } from "../../../lib/train/sft.ts";
import { rewards } from "../../../lib/world/rewards.ts";
import { world } from "../../../lib/world/worlds.ts";
import { engines, useEngineNamed } from "../engines.ts";

const task = world.stateMachine({ seed: 3, states: 6, actions: 6, depth: [3, 5] });
const start = async (steps: number, seed: number) => {
  const blank = await init({ vocab: task.vocab, layers: 2, width: 32, heads: 2, maxLength: 32, seed });
  const run = await trainSft(blank, task.train(4000), { steps, batch: 32, learningRate: 3e-3, seed });
  blank.dispose();
  return run.model;
};

test("the battery runs every reward from the same models, shows every seed, and ends without a result when interrupted", async () => {
  await useEngineNamed("wasm");
  const abort = new AbortController();
  const plan = {
    start: (seed: number) => start(4, seed),
    prompts: task.prompts(8),
    test: task.test({ n: 8 }),
    rewards: (seed: number) => ({ true: task.reward, random: rewards.random({ seed }) }),
    seeds: [0, 1, 2, 3],
    samples: 2,
    rl: { steps: 1, promptsPerStep: 2, groupSize: 2 },
  } as const;
  const found = await controlRewards(plan);
  const [one, two] = found.result;
  expect([one?.reward, two?.reward]).toEqual(["true", "random"]);
  expect(one?.seeds.map((s) => s.seed)).toEqual([0, 1, 2, 3]);
  // The same models before: what differs after is the reward alone.
  expect(one?.seeds.map((s) => s.before)).toEqual(two?.seeds.map((s) => s.before));
  expect(found.frame().shape[0]).toBe(2);
  expect(found.chart().spec.series).toHaveLength(5);
  const onStep = () => abort.abort(new Error("stopped"));
  await expect(controlRewardsOf(plan, { signal: abort.signal, onStep })).rejects.toThrow("stopped");
}, 120_000);

test.runIf(engines.includes("tensorflow"))(
  "GRPO raises pass@1 of an SFT'd blank slate by a margin whose 95 % interval over 4 seeds excludes 0; with random rewards it includes 0",
  async () => {
    await useEngineNamed("tensorflow");
    const found = await controlRewards({
      start: (seed) => start(240, seed),
      prompts: task.prompts(300),
      test: task.test({ n: 200 }),
      rewards: (seed) => ({ true: task.reward, random: rewards.random({ seed }) }),
      seeds: [0, 1, 2, 3],
      // Of 32 samples each: what a model gains in few steps is small, so it is measured well.
      samples: 32,
      // AdamW's steps have the length of their rate whatever the gradient says, so noise costs by rate² x steps and signal gains by rate x steps. At 90
      // of these steps noise cost 0.9 points (-2.1 to +0.3) and the true reward gave 3.9; at three times the rate and 30 steps, 2.4 (0.6 to 4.1) and 3.2.
      rl: { steps: 20, promptsPerStep: 32, groupSize: 16, learningRate: 1e-4, klWeight: 0.1 },
    });
    const [learned, random] = found.result;
    expect(learned?.raises).toBe("agrees");
    expect(learned?.one.difference.value).toBeGreaterThan(0.01);
    expect(learned?.seeds.map((s) => s.after > s.before)).toEqual([true, true, true, true]);
    expect(random?.one.difference.low).toBeLessThan(0);
    expect(random?.one.difference.high).toBeGreaterThan(0);
    expect(found.sentence).toContain("“true” raised pass@1");
  },
  1_800_000,
);
