import { beforeAll, expect, test } from "vitest";
import { DISPLAY_SYMBOL } from "../../../lib/core/host.ts";
import { draw, key } from "../../../lib/core/rng.ts";
import { evaluateModels } from "../../../lib/eval/evaluate.ts";
import { init } from "../../../lib/model/init.ts";
import type { Model } from "../../../lib/model/model.ts";
import { scoreCompletions } from "../../../lib/model/score.ts";
import { crossPerplexityOf } from "../../../lib/probe/crossPerplexity.ts";
import { wilson } from "../../../lib/eval/rate.ts";
import { dataKlOf, reverseKl } from "../../../lib/probe/dataKl.ts";
import { klBetween } from "../../../lib/probe/kl.ts";
import { matchesIn } from "../../../lib/probe/matches.ts";
import { nllGapOf } from "../../../lib/probe/nllGap.ts";
import { noveltyOf } from "../../../lib/probe/novelty.ts";
import { crossPerplexity, dataKl, nllGap, novelty } from "../../../lib/report/probes/fit.ts";
import { useEngine } from "../../../lib/tensor/backend.ts";
import * as tf from "../../../lib/tensor/tf.ts";
import { trainPretrain, trainSft } from "../../../lib/train/sft.ts";
import type { World } from "../../../lib/world/world.ts";
import { world } from "../../../lib/world/worlds.ts";

const task = world.stateMachine({ seed: 5, states: 6, actions: 6, depth: [2, 4], otherMachines: 0 });
const data = task.train(400);
let model: Model;
let other: Model;

beforeAll(async () => {
  await useEngine("wasm");
  const blank = await init({ vocab: task.vocab, layers: 1, width: 32, heads: 2, maxLength: 24, seed: 0 });
  const train = (steps: number) => trainSft(blank, data, { steps, batch: 16, learningRate: 3e-3 });
  model = (await train(40)).model;
  other = (await train(120)).model;
  blank.dispose();
  return () => [model, other].forEach((m) => m.dispose());
});

test("cross-entropy is the evaluation's own to 6 digits; less the exact floor it is the KL, and 1 - q is the total variation", async () => {
  const sets = { test: {}, deeper: { depth: [5, 6] } } as const;
  const before = tf.memory().numTensors;
  const rows = await nllGapOf({ model: other }, task, { seen: data, sets, n: 40 });
  expect(tf.memory().numTensors).toBe(before);
  expect(rows.map((r) => r.set)).toEqual(["seen", "test", "deeper"]);
  const scores = await evaluateModels({ model: other }, { test: task.test({ n: 40 }) });
  expect(rows[1]?.crossEntropy.value).toBeCloseTo(scores.rows[0]?.nllPerToken.value as number, 5);
  expect(rows[1]?.kl.value).toBe((rows[1]?.crossEntropy.value as number) - 0);
  const missed = scores.perProblem.map((p) => 1 - Math.exp(-p.referenceNats));
  expect(rows[1]?.totalVariation?.value).toBeCloseTo(missed.reduce((a, b) => a + b, 0) / 40, 5);
  expect(rows[0]?.gap).toBeNull();
  expect(rows[2]?.gap?.low).toBeGreaterThan(0);
});

test("where several answers are right the floor is above 0, and no trained model lies below it", async () => {
  const puzzles = world.countdown({ largest: 6, operands: [2, 3], targets: [1, 20] });
  const blank = await init({ vocab: puzzles.vocab, layers: 1, width: 32, heads: 2, maxLength: 32, seed: 0 });
  const seen = puzzles.train(300);
  const run = await trainSft(blank, seen, { steps: 60, batch: 16, learningRate: 3e-3 });
  const found = await nllGap({ run: run.model }, puzzles, { seen, sets: { test: {} }, n: 30 });
  const row = found.result[1];
  expect(row?.floor).toBeGreaterThan(0.05);
  expect(row?.kl.value).toBeCloseTo((row?.crossEntropy.value as number) - (row?.floor as number), 12);
  expect(row?.kl.low).toBeGreaterThan(0);
  expect(row?.totalVariation).toBeNull();
  expect(found.frame().shape[0]).toBe(2);
  [blank, run.model].forEach((m) => m.dispose());
});

test("KL to the data of a mixture is the mean of its parts' by share, forward; a model that has read one part alone is far from the other", async () => {
  const parts = {
    sums: world.modular({ modulus: 2, depth: [1, 1], otherModuli: [3] }),
    words: world.strings({ letters: 2, depth: [1, 1], length: [2, 3] }),
  };
  const mixed = world.mixture(parts, { sums: 3, words: 1 });
  expect(mixed.openings()).toEqual({ mod: 0.75, run: 0.25 });
  expect(mixed.openings({ weights: { sums: 0, words: 1 } })).toEqual({ mod: 0, run: 1 });
  const blank = await init({ vocab: mixed.vocab, layers: 1, width: 32, heads: 2, maxLength: 24, seed: 1 });
  const run = await trainPretrain(blank, mixed.train(400), { steps: 150, batch: 16, learningRate: 5e-3 });
  const klTo = async (fitted: Model, one: World, n = 200) => (await dataKlOf({ fitted }, one, { n, from: 2000 }))[0];
  const both = await klTo(run.model, mixed);
  const [sums, words] = [await klTo(run.model, parts.sums), await klTo(run.model, parts.words)];
  const byShare = 0.75 * (sums?.forward.value as number) + 0.25 * (words?.forward.value as number);
  expect(both?.forward.low).toBeLessThan(byShare);
  expect(both?.forward.high).toBeGreaterThan(byShare);
  expect(both?.entropy).toBeCloseTo(0.75 * (sums?.entropy as number) + 0.25 * (words?.entropy as number), 9);
  expect(both?.outside.value).toBeLessThan(0.9);
  expect(both?.reverse?.value).toBeGreaterThan(0);
  const alone = await trainPretrain(blank, parts.sums.train(400), { steps: 60, batch: 16, learningRate: 3e-3 });
  const far = await klTo(alone.model, parts.words, 100);
  expect(far?.forward.low).toBeGreaterThan(words?.forward.high as number);
  [blank, run.model, alone.model].forEach((m) => m.dispose());
});

test("KL to the data in both directions is what all 12 sums modulo 2, enumerated, give", async () => {
  const sums = world.modular({ modulus: 2, depth: [1, 1], otherModuli: [3] });
  const blank = await init({ vocab: sums.vocab, layers: 1, width: 32, heads: 2, maxLength: 16, seed: 1 });
  const run = await trainPretrain(blank, sums.train(400), { steps: 60, batch: 16, learningRate: 3e-3 });
  const { model: fitted } = run;
  const { tokenizer } = fitted;
  const all = [0, 1].flatMap((a) =>
    ["+", "-", "*"].flatMap((op) =>
      [0, 1].map((b) => {
        const value = (op === "+" ? a + b : op === "-" ? a - b + 2 : a * b) % 2;
        return { id: "", prompt: `mod 2 : ${a} ${op} ${b} =`, completion: `${value}`, meta: {} };
      }),
    ),
  );
  const logP = all.map((e) => sums.logProb(e));
  expect(logP.reduce((sum, l) => sum + Math.exp(l), 0)).toBeCloseTo(1, 9);
  const rows = all.map((e) => [...tokenizer.encode(`${e.prompt} ${e.completion}`), tokenizer.eosId]);
  const scored = await scoreCompletions(
    fitted,
    rows.map((row) => row.slice(0, 1)),
    rows.map((row) => row.slice(1)),
  );
  const logQ = scored.map((row) => row.reduce((a, b) => a + b, 0));
  // Fresh draws come from the training split.
  const trained = new Set(sums.train(2000).examples.map((e) => e.prompt));
  const kept = all.flatMap((e, i) => (trained.has(e.prompt) ? [i] : []));
  const Z = kept.reduce((sum, i) => sum + Math.exp(logP[i] as number), 0);
  const forward = kept.reduce(
    (sum, i) => sum + (Math.exp(logP[i] as number) / Z) * ((logP[i] as number) - (logQ[i] as number)),
    0,
  );
  const Q = logQ.reduce((sum, l) => sum + Math.exp(l), 0);
  const reverse = logQ.reduce((sum, l, i) => sum + (Math.exp(l) / Q) * (l - Math.log(Q) - (logP[i] as number)), 0);

  const [found] = await dataKlOf({ fitted }, sums, { n: 2000 }, { confidence: 0.999 });
  expect(found?.forward.low).toBeLessThan(forward);
  expect(found?.forward.high).toBeGreaterThan(forward);
  expect((found?.forward.high as number) - (found?.forward.low as number)).toBeLessThan(0.2);
  expect(found?.outside.low).toBeLessThan(1 - Q);
  expect(found?.outside.high).toBeGreaterThan(1 - Q);
  expect(found?.reverse?.low).toBeLessThan(reverse);
  expect(found?.reverse?.high).toBeGreaterThan(reverse);
  const shown = await dataKl({ blank, fitted }, sums, { n: 100 });
  expect(shown.sentence).toMatch(/“fitted” is .* nats per example from the data/);
  expect(shown.result[0]?.forward.low).toBeGreaterThan(shown.result[1]?.forward.high as number);
  // Of three texts at most three are possible.
  const few = await dataKl({ fitted }, sums, { n: 3 });
  expect(JSON.stringify(few[DISPLAY_SYMBOL]())).toContain("Fewer than four texts of “fitted” are possible");
  [blank, fitted].forEach((m) => m.dispose());
});

test("of fewer than four texts inside the reverse KL has no ends; of four they are Student's of the mean and Wilson's of the share, in quadrature", () => {
  const outside = [undefined, undefined, undefined, undefined];
  expect(reverseKl(outside)).toBeNull();
  expect(reverseKl([1, 2, 3, ...outside])).toEqual({ value: 2 - Math.log(3 / 7), low: Number.NaN, high: Number.NaN });
  // Student's quantile of 3 degrees is 3.1824; the mean of 1, 2, 3, 4 has the standard error 0.6455.
  const [mean, half] = [2.5, 3.1824 * 0.6455];
  const { low, high } = wilson(4, 8);
  const found = reverseKl([1, 2, 3, 4, ...outside]);
  expect(found?.value).toBeCloseTo(mean + Math.LN2, 12);
  expect(found?.low).toBeCloseTo(mean + Math.LN2 - Math.hypot(half, Math.log(high / 0.5)), 2);
  expect(found?.high).toBeCloseTo(mean + Math.LN2 + Math.hypot(half, Math.log(0.5 / low)), 2);
});

test("runs that a corpus holds, by the trie and by looking for them one by one, in 50 random corpora", () => {
  for (let i = 0; i < 50; i++) {
    const drawer = draw(key(`matches ${i}`));
    const text = () => Array.from({ length: 1 + drawer.integer(9) }, () => drawer.pick(["a", "b", "c"]));
    const [texts, corpus] = [
      [text(), text()],
      [text(), text(), text()],
    ];
    const held = (run: readonly string[]) =>
      corpus.some((d) => d.some((_, at) => d.slice(at, at + run.length).join() === run.join()));
    matchesIn(texts, corpus).forEach((found, t) => {
      const words = texts[t] as string[];
      for (const n of [1, 2, 3]) {
        const runs = words.slice(0, Math.max(0, words.length - n + 1)).map((_, at) => words.slice(at, at + n));
        expect(found.runs(n)).toEqual({ all: runs.length, fresh: runs.filter((run) => !held(run)).length });
      }
      const lengths = words.flatMap((_, at) => words.map((__, n) => words.slice(at, at + n + 1))).filter(held);
      expect(found.longest).toBe(Math.max(0, ...lengths.map((run) => run.length)));
    });
  }
});

test("examples of the training set are recalled, new ones are not; right answers have about the novelty of the references", async () => {
  const seen = { ...data, examples: data.examples.slice(0, 30) };
  const [reference] = await noveltyOf({}, seen, { train: [data] });
  expect(reference?.recalled.value).toBe(1);
  expect(reference?.reused.value).toBe(1);
  expect(reference?.fresh[4]?.value).toBe(0);
  expect(reference?.covered.value).toBe(1);
  const found = await novelty({ other }, task.test({ n: 40 }), { train: [data], runs: [2, 4], samples: 2 });
  const [asked, all, right] = found.result;
  expect(asked?.recalled.value).toBe(0);
  expect(all?.completions).toBe(80);
  expect(right?.completions).toBeLessThan(80);
  expect(right?.recalled.value).toBe(0);
  expect(Math.abs((right?.fresh[4]?.value ?? 1) - (asked?.fresh[4]?.value ?? 0))).toBeLessThan(0.25);
  expect(found.sentence).toMatch(/^Runs of 2 words/);
});

test("who reads oneself needs 0 nats more; what another reader needs more is the KL between the two, within the intervals", async () => {
  const found = await crossPerplexity({ model, other }, task.test({ n: 60 }), { samples: 8 });
  const cell = (writer: string, reader: string) => found.result.find((c) => c.writer === writer && c.reader === reader);
  expect(found.result).toHaveLength(6);
  expect(cell("model", "model")?.excess?.high).toBe(0);
  expect(cell("reference", "model")?.excess).toBeNull();
  const kl = await klBetween(model, other, task.test({ n: 60 }), { samples: 8 });
  const excess = cell("model", "other")?.excess;
  expect(excess?.low).toBeLessThan(kl.forward.perToken.high);
  expect(excess?.high).toBeGreaterThan(kl.forward.perToken.low);
  expect(cell("model", "other")?.perplexity.value).toBeCloseTo(Math.exp(cell("model", "other")?.nats.value ?? 0), 9);
  const stranger = await init({ vocab: world.strings().vocab, layers: 1, width: 32, heads: 2, maxLength: 24, seed: 0 });
  await expect(crossPerplexityOf({ model, stranger }, task.test({ n: 4 }))).rejects.toMatchObject({
    code: "VOCABULARY_MISMATCH",
  });
  stranger.dispose();
});
