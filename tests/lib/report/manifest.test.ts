import { beforeAll, expect, test } from "vitest";
import { DISPLAY_SYMBOL } from "../../../lib/core/host.ts";
import { MANIFEST_MIME, MANIFEST_SYMBOL } from "../../../lib/core/manifest.ts";
import { VOLATILE_MIME } from "../../../lib/core/volatile.ts";
import { evaluate, frameOf, manifest, model, sft, startEngine, world } from "../../../lib/index.ts";
import { frameBundle } from "../../../lib/core/table.ts";

beforeAll(() => startEngine("wasm"));

test("a manifest holds what ran: one training and one evaluation by hashes, two models, two sets, all seeds, n and interval", async () => {
  const task = world.stateMachine({ seed: 71 });
  const blank = await model.init({ vocab: task.vocab, layers: 1, width: 16, heads: 2, maxLength: 64, seed: 72 });
  const [data, set] = [task.train(20), task.test({ n: 5 })];
  const run = await sft(blank, data, { steps: 2, batch: 2, learningRate: 1e-3, seed: "order" });
  await evaluate({ tuned: run.model }, { test: set }, { maxNewTokens: 4 });

  const { trainings, evaluations, models, datasets, tokenizers, randomness, engine } = manifest().data;
  const [from, to] = [await blank.hash(), await run.model.hash()];
  expect(models.map(({ weights }) => weights)).toEqual([from, to]);
  expect(datasets.map(({ name, examples }) => [name, examples])).toEqual([
    [data.name, 20],
    [set.name, 5],
  ]);
  expect(tokenizers).toEqual([task.vocab.hash]);
  expect(trainings).toMatchObject([{ kind: "sft", from, to, steps: 2, options: { batch: 2, learningRate: 1e-3 } }]);
  expect(trainings[0]?.data).toBe(datasets[0]?.content);
  expect(evaluations).toMatchObject([{ models: { tuned: to }, rows: [{ problems: 5 }] }]);
  const { value, low, high } = evaluations[0]?.rows[0]?.accuracy ?? { value: 0, low: 0, high: 0 };
  expect(low <= value && value <= high && low < high).toBe(true);
  expect(randomness.seeds).toEqual(expect.arrayContaining([71, 72, "order"]));
  expect(engine).toMatchObject({ name: "wasm" });

  const asked = (globalThis as { [MANIFEST_SYMBOL]?: typeof manifest })[MANIFEST_SYMBOL]?.();
  const bundle = asked?.[DISPLAY_SYMBOL]();
  expect(JSON.parse(JSON.stringify(bundle?.[MANIFEST_MIME]))).toMatchObject({ trainings: [{ from, to }] });
  for (const made of [blank, run.model]) made.dispose();
});

test("an output says which of its texts are times, and nothing else: columns that carry the unit", () => {
  const frame = frameOf([{ step: 1, seconds: 0.125, tokensPerSecond: 840, accuracy: 0.5 }]);
  expect(frameBundle(frame)[VOLATILE_MIME]).toEqual({ texts: ["0.125", "840"] });
  expect(frameBundle(frameOf([{ step: 1, accuracy: 0.5 }]))).not.toHaveProperty([VOLATILE_MIME]);
});
