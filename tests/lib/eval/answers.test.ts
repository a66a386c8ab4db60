// Evaluations that go on where they were ended, are read when asked for again, judge old answers anew, and show full and clean scores.
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { evaluateModels } from "../../../lib/eval/evaluate.ts";
import { init } from "../../../lib/model/init.ts";
import type { Model } from "../../../lib/model/model.ts";
import { Score } from "../../../lib/report/score.ts";
import { calibration } from "../../../lib/report/probes/calibration.ts";
import { useEngine } from "../../../lib/tensor/backend.ts";
import { trainSft } from "../../../lib/train/sft.ts";
import { world } from "../../../lib/world/worlds.ts";

const task = world.stateMachine({ seed: 5, states: 5, actions: 5, depth: [2, 4], otherMachines: 0 });
const sets = { test: task.test({ n: 24 }), deeper: task.test({ n: 24, depth: [5, 6] }) };
const options = { samples: 2, temperature: 1, rowsAtOnce: 16 };
let model: Model;
let folder: string;

beforeAll(async () => {
  await useEngine("wasm");
  folder = await mkdtemp(join(tmpdir(), "blankslate-answers-"));
  const blank = await init({ vocab: task.vocab, layers: 1, width: 32, heads: 2, maxLength: 24, seed: 0 });
  model = (await trainSft(blank, task.train(400), { steps: 150, batch: 16, learningRate: 3e-3 })).model;
  blank.dispose();
  return () => model.dispose();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const outcomes = (scores: Awaited<ReturnType<typeof evaluateModels>>) =>
  scores.perProblem.map((p) => ({ ...p, seconds: 0 }));

test("an evaluation ended after two of six batches draws four when it is asked for again, and none the third time; all give the same outcomes", async () => {
  const cache = join(folder, "resumed");
  const stop = new AbortController();
  const onStep = ({ step }: { step: number }) => void (step === 2 && stop.abort());
  const part = await evaluateModels({ model }, sets, { ...options, cache }, { signal: stop.signal, onStep });
  expect(part.stopped).toBe("interrupted");
  expect(await readdir(cache)).toHaveLength(2);
  const whole = await evaluateModels({ model }, sets, { ...options, cache });
  expect(await readdir(cache)).toHaveLength(6);
  const before = await Promise.all((await readdir(cache)).map((name) => readFile(join(cache, name), "utf8")));
  const again = await evaluateModels({ model }, sets, { ...options, cache });
  const after = await Promise.all((await readdir(cache)).map((name) => readFile(join(cache, name), "utf8")));
  expect(after).toEqual(before);
  expect(again.perProblem).toEqual(whole.perProblem);
  expect(outcomes(whole)).toEqual(outcomes(await evaluateModels({ model }, sets, options)));
});

test("another seed, model or problem is not found in the cache; another verifier judges the same answers; a broken file is told", async () => {
  const cache = join(folder, "keys");
  const one = { test: sets.test };
  await evaluateModels({ model }, one, { ...options, cache });
  const files = (await readdir(cache)).length;
  await evaluateModels({ model }, one, { ...options, cache, seed: 1 });
  expect(await readdir(cache)).toHaveLength(2 * files);
  const strict = { test: { ...sets.test, verify: () => false } };
  const judged = await evaluateModels({ model }, strict, { ...options, cache });
  expect(judged.rows[0]?.accuracy.value).toBe(0);
  expect(await readdir(cache)).toHaveLength(2 * files);
  for (const name of await readdir(cache)) await writeFile(join(cache, name), "{}");
  await expect(evaluateModels({ model }, one, { ...options, cache })).rejects.toMatchObject({ code: "CACHE_CORRUPT" });
});

test("leaked problems are counted, and scores are given for all and for the clean ones", async () => {
  const leaked = { ...sets.test, examples: sets.test.examples.slice(0, 6) };
  const trainedOn = [task.train(400), leaked];
  const scores = await evaluateModels({ model }, { test: sets.test }, { ...options, trainedOn });
  expect(scores.leaks["test"]?.counts["same id"]).toBe(6);
  expect(scores.rows[0]?.clean?.problems).toBe(18);
  const clean = scores.perProblem.filter((p) => !leaked.examples.some((e) => e.id === p.id));
  const accuracy = clean.reduce((sum, p) => sum + p.solved.filter(Boolean).length / 2, 0) / 18;
  expect(scores.rows[0]?.clean?.accuracy?.value).toBeCloseTo(accuracy, 12);
  const score = new Score(scores, ["model"], ["test"]);
  expect(score.frame().columns).toContain("clean_accuracy");
  expect((await evaluateModels({ model }, { test: sets.test }, options)).rows[0]?.clean).toBeUndefined();
});

test("cost stands beside every score: seconds to the first token, FLOPs, and each per right answer; differences and kinds are frames", async () => {
  const scores = await evaluateModels({ model, same: model }, sets, { ...options, samples: 1, temperature: 0 });
  const row = scores.rows[0];
  expect(row?.firstTokenSeconds).toBeGreaterThan(0);
  expect(row?.firstTokenSeconds).toBeLessThan(5);
  expect(row?.flopsPerCorrect?.value).toBeCloseTo((row?.flops ?? 0) / (24 * (row?.accuracy.value ?? 0)), 3);
  const score = new Score(scores, ["model", "same"], ["test", "deeper"]);
  expect(score.costs().shape).toEqual([4, 19]);
  expect(score.differences().shape[0]).toBe(2);
  expect(scores.comparisons[0]).toMatchObject({ p: 1, difference: { value: 0 } });
  expect(score.kinds().shape[0]).toBeGreaterThan(4);
  // Greedy answers of this model are about as often right as it says, within what chance gives.
  const found = calibration(score);
  expect(found.result[0]?.bins.reduce((sum, bin) => sum + bin.answers, 0)).toBe(24);
  expect(found.sentence).toContain("“model” is off by");
});
