import { beforeAll, expect, test } from "vitest";
import { slopeOverPoints } from "../../../lib/eval/slope.ts";
import { init } from "../../../lib/model/init.ts";
import { makeModel, type Model } from "../../../lib/model/model.ts";
import { inContextOf } from "../../../lib/probe/inContext.ts";
import { relearningOf } from "../../../lib/probe/relearning.ts";
import { retentionOf } from "../../../lib/probe/retention.ts";
import { learnToLearn, retention } from "../../../lib/report/probes/learning.ts";
import { counterfactuals, temperatureSweep } from "../../../lib/report/probes/sampling.ts";
import { useEngine } from "../../../lib/tensor/backend.ts";
import * as tf from "../../../lib/tensor/tf.ts";
import { trainSft } from "../../../lib/train/sft.ts";
import { world } from "../../../lib/world/worlds.ts";

const machine = (seed: number) =>
  world.stateMachine({ seed, states: 5, actions: 5, depth: [2, 4], otherMachines: 0, cues: 2 });
const [task, newTask] = [machine(1), machine(2)];
const fit = { batch: 16, learningRate: 3e-3 };
let blank: Model;
let old: Model;
/** The old model with doubled logits: what it is at temperature 1/2. */
let sharp: Model;

beforeAll(async () => {
  await useEngine("wasm");
  blank = await init({ vocab: task.vocab, layers: 1, width: 32, heads: 2, maxLength: 48, tied: false, seed: 0 });
  old = (await trainSft(blank, task.train(400), { ...fit, steps: 150 })).model;
  const scaled = tf.tidy(() =>
    Object.fromEntries(
      Array.from(old.parameters, ([name, value]) => [
        name,
        name === "lm_head.weight" ? tf.mul(value, 2) : tf.clone(value),
      ]),
    ),
  );
  sharp = makeModel(old.config, old.tokenizer, new Map(Object.entries(scaled)));
  tf.dispose(scaled);
  return () => [blank, old, sharp].forEach((m) => m.dispose());
});

test("a model that stayed moved 0 nats and forgot 0; one trained on another machine moved, and lost what it had moved from", async () => {
  const run = await trainSft(old, newTask.train(400), { ...fit, steps: 150 });
  const sets = { newTask: newTask.test({ n: 30 }), oldTask: task.test({ n: 30 }) };
  const found = await retention({ before: old, after: { stayed: old, tuned: run.model }, ...sets }, { samples: 2 });
  const [stayed, tuned] = found.result.rows;
  expect(stayed?.moved.value).toBeCloseTo(0, 6);
  expect(stayed?.forgotten.high).toBe(0);
  expect(tuned?.moved.low).toBeGreaterThan(0.1);
  expect(tuned?.forgotten.low).toBeGreaterThan(0.1);
  expect(tuned?.gained.low).toBeGreaterThan(0);
  expect(tuned?.old.high).toBeLessThan(0);
  expect(found.sentence).toContain("too few checkpoints for a line");
  // They are differences, of which a heading that says "accuracy" makes −1.000 of an accuracy.
  expect(String(found)).toMatch(/accuracy gained, old task +accuracy gained, new task/);
  const self = await retentionOf({ before: old, after: { a: old }, ...sets }, { samples: 1 });
  expect(self.slope).toBeNull();
  run.model.dispose();
});

test("the line through five checkpoints: by hand 2 per unit, with Student's interval of three degrees of freedom", () => {
  const exact = slopeOverPoints([0, 1, 2, 3, 4], [1, 3, 5, 7, 9]);
  expect(exact?.value).toBeCloseTo(2, 12);
  expect(exact?.high).toBeCloseTo(2, 6);
  // scipy.stats.linregress: slope 0.9, standard error 0.30; times t = 3.182
  const rough = slopeOverPoints([0, 1, 2, 3, 4], [0, 2, 1, 3, 4]);
  expect(rough?.value).toBeCloseTo(0.9, 9);
  expect((rough?.high as number) - 0.9).toBeCloseTo(3.182 * Math.sqrt(1.9 / 3 / 10), 2);
  expect(slopeOverPoints([0, 1, 2, 3], [0, 1, 2, 3])).toBeNull();
  expect(slopeOverPoints([1, 1, 1, 1, 1], [0, 1, 2, 3, 4])).toBeNull();
});

test("a model that knows the tasks reaches the criterion at the first look, one that starts blank does not, and the finding says who is faster", async () => {
  // The "unseen" tasks are one and the same machine, drawn four times: a model trained on it is ahead in all of them.
  const tasks = [task, task, task, task];
  const plan = { models: { blank, old }, tasks, shots: [0, 2], n: 16, examples: 200, criterion: 1 };
  const sft = { ...fit, steps: 20 };
  const found = await learnToLearn({ ...plan, sft, every: 10 });
  const [slow, fast] = found.result.relearning;
  expect(fast?.steps).toEqual([10, 10, 10, 10]);
  expect(slow?.steps.every((s) => s === null)).toBe(true);
  expect(slow?.faster).toBeNull();
  expect(fast?.faster?.low).toBeGreaterThan(0.2);
  expect(fast?.curve.map((c) => c.step)).toEqual([10, 20]);
  expect(found.sentence).toContain("“old” relearns faster than “blank”");
  expect(found.result.inContext).toHaveLength(4);
  expect(found.result.inContext[0]?.saved).toBeNull();
  expect(found.frame().shape[0]).toBe(6);
}, 120_000);

test("fewer than four tasks, and tasks with other words, are refused before anything is trained", async () => {
  await expect(inContextOf({ old }, { tasks: [task, newTask] })).rejects.toMatchObject({ code: "TOO_FEW_SEEDS" });
  await expect(relearningOf({ models: { old }, tasks: [task], sft: { ...fit, steps: 10_000 } })).rejects.toMatchObject({
    code: "TOO_FEW_SEEDS",
  });
  const strange = world.stateMachine({ states: 9, actions: 5, depth: [2, 4], otherMachines: 0 });
  await expect(inContextOf({ old }, { tasks: [strange, strange, strange, strange], n: 4 })).rejects.toMatchObject({
    code: "VOCABULARY_MISMATCH",
  });
});

test("doubled logits at temperature 2 are the old model at 1, sample by sample, and the doubled model's curve is flatter", async () => {
  const set = task.test({ n: 40 });
  const found = await temperatureSweep({ old, sharp }, set, { temperatures: [0.5, 2], samples: 4 });
  const at = (model: string, temperature: number) =>
    found.result.rows.find((r) => r.model === model && r.temperature === temperature)?.accuracy.value;
  expect(at("sharp", 2)).toBeCloseTo(at("old", 1) as number, 6);
  expect(at("sharp", 1)).toBeCloseTo(at("old", 0.5) as number, 6);
  expect(found.result.flatter?.value).toBeGreaterThan(0);
  expect(found.chart().spec.series).toHaveLength(2);
  await expect(temperatureSweep({ old }, set, { temperatures: [1, 2] })).rejects.toMatchObject({
    code: "BAD_TEMPERATURE",
  });
});

test("the old model at τ* gives what its sharpened copy gives; expert iteration takes RL's options, and no tensors are left", async () => {
  const plan = {
    before: old,
    after: sharp,
    prompts: task.prompts(8),
    rl: { steps: 2, promptsPerStep: 4, groupSize: 4 },
    test: task.test({ n: 40 }),
    samples: 8,
  };
  await counterfactuals(plan);
  const before = tf.memory().numTensors;
  const found = await counterfactuals(plan);
  expect(tf.memory().numTensors).toBe(before);
  expect(found.result.sharpening.temperature.value).toBeCloseTo(0.5, 1);
  const row = (what: string) => found.result.rows.find((r) => r.what.startsWith(what));
  expect(Math.abs(row("before RL at τ*")?.against?.value ?? 1)).toBeLessThan(0.02);
  expect(row("after RL")?.against).toBeNull();
  expect(row("before RL, best of 8")?.accuracy.value).toBeGreaterThanOrEqual(row("before RL")?.accuracy.value ?? 1);
  expect(found.result.rows).toHaveLength(9);
  expect(found.sentence).toMatch(/τ\* = 0\.\d\d/);
}, 120_000);
