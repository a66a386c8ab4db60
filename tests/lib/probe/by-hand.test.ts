// Probes on outcomes and on trainings against what is counted, enumerated or done step by step here; reference numbers are SciPy's (1.16: binomtest, linregress, t, norm).
import { beforeAll, describe, expect, test } from "vitest";
import type { Example, ExampleSet } from "../../../lib/data/example.ts";
import { draw, fold, key } from "../../../lib/core/rng.ts";
import { evaluateModels } from "../../../lib/eval/evaluate.ts";
import type { ProblemScore, Scores } from "../../../lib/eval/scores.ts";
import { overSeeds } from "../../../lib/eval/seeds.ts";
import { slopeOverPoints } from "../../../lib/eval/slope.ts";
import { generate } from "../../../lib/model/generate.ts";
import { forward } from "../../../lib/model/forward.ts";
import { init } from "../../../lib/model/init.ts";
import type { Model } from "../../../lib/model/model.ts";
import { controlRewardsOf } from "../../../lib/probe/controlRewards.ts";
import { coverageOf } from "../../../lib/probe/coverage.ts";
import { crossoverOf } from "../../../lib/probe/crossover.ts";
import { distanceCurveOf } from "../../../lib/probe/distanceCurve.ts";
import { inContextOf } from "../../../lib/probe/inContext.ts";
import { noveltyOf } from "../../../lib/probe/novelty.ts";
import { relearningOf } from "../../../lib/probe/relearning.ts";
import { twinsOf } from "../../../lib/probe/twins.ts";
import { useEngine } from "../../../lib/tensor/backend.ts";
import * as tf from "../../../lib/tensor/tf.ts";
import { trainRl } from "../../../lib/train/rl.ts";
import { trainPretrain, trainSft } from "../../../lib/train/sft.ts";
import { world } from "../../../lib/world/worlds.ts";

const pair = { before: "before", after: "after", set: "test" };
const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
const meanOf = (values: readonly number[]) => sum(values) / values.length;

/** Outcomes as they are given: per model and problem, which samples were right. */
function scoresOf(outcomes: Readonly<Record<string, readonly (readonly boolean[])[]>>): Scores {
  const perProblem = Object.entries(outcomes).flatMap(([model, problems]) =>
    problems.map((solved, i): ProblemScore => {
      const cost = { unfinished: 0, generatedTokens: 1, confidences: [], referenceBytes: 1, promptTokens: 1 };
      const rest = { seconds: 0, referenceNats: 1, referenceTokens: 1 };
      return { model, set: "test", id: `${i}`, meta: {}, completions: solved.map(String), solved, ...cost, ...rest };
    }),
  );
  const samples = Object.values(outcomes)[0]?.[0]?.length ?? 0;
  const policy = { samples, temperature: 1, passAt: [1, samples], majAt: [], seed: 0, maxNewTokens: { test: 1 } };
  const options = { ...policy, confidence: 0.95, rowsAtOnce: 256, cache: null };
  return { rows: [], comparisons: [], leaks: {}, perProblem, options, stopped: "finished" };
}
const first = (right: number, of: number) => Array.from({ length: of }, (_, i) => i < right);

/** Share of all subsets of k samples with a right one among them. */
function passByCounting(solved: readonly boolean[], k: number): number {
  let [all, any] = [0, 0];
  for (let subset = 0; subset < 2 ** solved.length; subset++) {
    const members = solved.filter((_, i) => (subset >> i) & 1);
    if (members.length !== k) continue;
    all += 1;
    any += Number(members.some(Boolean));
  }
  return any / all;
}

describe("crossover", () => {
  const rights = { before: [1, 1, 2, 1], after: [5, 0, 4, 0] };
  const outcomes = { before: rights.before.map((c) => first(c, 6)), after: rights.after.map((c) => first(c, 6)) };
  const gapOf = (problem: number, k: number) =>
    passByCounting(outcomes.after[problem] ?? [], k) - passByCounting(outcomes.before[problem] ?? [], k);
  const crossingOf = (problems: readonly number[]) =>
    [1, 2, 3, 4, 5, 6].find((k) => sum(problems.map((p) => gapOf(p, k))) < -1e-9) ?? Infinity;

  test("pass@k of both at every k is the share of all subsets, and k* the first where the one before has more", () => {
    const found = crossoverOf(scoresOf(outcomes), pair);
    for (const { k, before, after, difference } of found.curve) {
      expect(before.value).toBeCloseTo(meanOf(outcomes.before.map((s) => passByCounting(s, k))), 12);
      expect(after.value).toBeCloseTo(meanOf(outcomes.after.map((s) => passByCounting(s, k))), 12);
      expect(difference.value).toBeCloseTo(after.value - before.value, 12);
    }
    expect(found.crossing.value).toBe(crossingOf([0, 1, 2, 3]));
    expect(found.crossing.value).toBeGreaterThan(1);
    expect(found.crossing.value).toBeLessThan(6);
  });

  test("its resamples are what all 256 of four problems give: share that cross, and the ends", () => {
    const all = Array.from({ length: 256 }, (_, i) => crossingOf([i & 3, (i >> 2) & 3, (i >> 4) & 3, i >> 6]));
    const { crossing } = crossoverOf(scoresOf(outcomes), pair);
    const share = all.filter((k) => k < Infinity).length / 256;
    expect(Math.abs(crossing.crossingShare - share)).toBeLessThan(4 * Math.sqrt((share * (1 - share)) / 2000));
    const sorted = all.toSorted((a, b) => a - b);
    expect(crossing.low).toBe(sorted[0]);
    expect(crossing.high).toBe(sorted.at(-1) === Infinity ? null : sorted.at(-1));
  });

  test("models that are alike, and two that solve nothing, never cross", () => {
    for (const right of [0, 2]) {
      const alike = Array.from({ length: 5 }, () => first(right, 6));
      const { crossing, curve } = crossoverOf(scoresOf({ before: alike, after: alike }), pair);
      expect(crossing).toEqual({ value: null, low: null, high: null, crossingShare: 0 });
      for (const { difference } of curve) expect(difference).toMatchObject({ value: 0 });
    }
  });
});

describe("coverage", () => {
  /** both, only before, only after, neither */
  const counted = (cells: readonly [number, number, number, number]) => {
    const at = (before: number, after: number, n: number) => Array.from({ length: n }, () => [before, after] as const);
    const all = [at(1, 2, cells[0]), at(2, 0, cells[1]), at(0, 1, cells[2]), at(0, 0, cells[3])].flat();
    return coverageOf(
      scoresOf({ before: all.map(([b]) => first(b, 3)), after: all.map(([, a]) => first(a, 3)) }),
      pair,
    );
  };
  test.each([
    [3, 11, 0.057373046875],
    [0, 5, 0.0625],
    [7, 7, 1],
    [1, 0, 1],
    [12, 30, 0.007915897334896727],
  ])("%d lost and %d gained: SciPy's exact p, the four cells, and their difference", (lost, gained, p) => {
    const found = counted([4, lost, gained, 6]);
    expect([found.both, found.onlyBefore, found.onlyAfter, found.neither].map((c) => c.problems)).toEqual([
      4,
      lost,
      gained,
      6,
    ]);
    expect(found.p).toBeCloseTo(p, 12);
    expect(found.difference.value).toBeCloseTo((gained - lost) / (10 + lost + gained), 12);
  });

  test("shares have Wilson's interval, of no problem too", () => {
    const found = counted([26, 3, 11, 0]);
    for (const [{ share }, low, high] of [
      [found.onlyBefore, 0.025836025774588198, 0.19864233524310543],
      [found.onlyAfter, 0.16108016247667337, 0.42834955806210573],
      [found.neither, 0, 0.08762160119728664],
      [found.both, 0.49505880837257693, 0.7786547112682372],
    ] as const) {
      expect(share.low).toBeCloseTo(low, 9);
      expect(share.high).toBeCloseTo(high, 9);
    }
  });

  test("of two that solve nothing all problems are in one cell, p is 1, and the difference may still be above 0 elsewhere", () => {
    const found = counted([0, 0, 0, 20]);
    expect(found.neither.share.value).toBe(1);
    expect(found.p).toBe(1);
    expect(found.difference.value).toBe(0);
    expect(found.difference.high).toBeGreaterThan(0.05);
  });
});

test("distanceCurve: SciPy's least-squares slope of pooled problems with several samples each, and the bootstrap interval of other random numbers", () => {
  const x = [0, 0, 1, 1, 2, 2, 3, 5];
  const rights = [4, 3, 4, 2, 1, 2, 0, 1];
  const examples = x.map((far, i): Example => ({ id: `${i}`, prompt: "", completion: "", meta: { far } }));
  const set: ExampleSet = { name: "test", examples, verify: () => true };
  const scores = scoresOf({ model: rights.map((c) => first(c, 4)) });
  const { slope, bins } = distanceCurveOf(scores, { test: set }, "model", (e) => Number(e.meta["far"]));
  expect(slope.value).toBeCloseTo(-0.16346153846153846, 12);
  expect(bins.map((b) => [b.distance, b.problems, b.accuracy.value])).toEqual([
    [0, 2, 0.875],
    [1, 2, 0.75],
    [2, 2, 0.375],
    [3, 1, 0],
    [5, 1, 0.25],
  ]);
  const drawer = draw(key("another generator's draws"));
  const slopes = Array.from({ length: 4000 }, () => {
    const at = x.map(() => drawer.integer(x.length));
    const [mx, my] = [meanOf(at.map((i) => x[i] as number)), meanOf(at.map((i) => (rights[i] as number) / 4))];
    const up = sum(at.map((i) => ((x[i] as number) - mx) * ((rights[i] as number) / 4 - my)));
    return up / sum(at.map((i) => ((x[i] as number) - mx) ** 2));
  })
    .filter(Number.isFinite)
    .sort((a, b) => a - b);
  // Expanded for eight problems (Hesterberg 2015): Φ(√(8/7) t₇(0.025)) = 0.0057, by SciPy.
  const [low, high] = [slopes[Math.round(0.0057 * slopes.length)], slopes[Math.round(0.9943 * slopes.length)]];
  expect(Math.abs(slope.low - (low ?? 0))).toBeLessThan(0.04);
  expect(Math.abs(slope.high - (high ?? 0))).toBeLessThan(0.04);
});

test("over seeds and over checkpoints: SciPy's t intervals and its line, to nine digits", () => {
  const four = overSeeds([0.1, 0.25, 0.3, 0.15]);
  expect(four.low).toBeCloseTo(0.05474186421226174, 9);
  expect(four.high).toBeCloseTo(0.34525813578773823, 9);
  expect(overSeeds([0.1, 0.25, 0.3, 0.15], 0.999).high).toBeCloseTo(0.7898962193, 9);
  const five = overSeeds([0.5, 0.5, 0.75, 1, 0.25]);
  expect(five.low).toBeCloseTo(0.24607130575443192, 9);
  const line = slopeOverPoints([0.1, 0.2, 0.35, 0.5, 0.9, 1.2], [0.05, 0.11, 0.2, 0.22, 0.5, 0.58]);
  expect(line?.value).toBeCloseTo(0.4975788031064413, 12);
  expect(line?.low).toBeCloseTo(0.4020890615412787, 9);
  expect(line?.high).toBeCloseTo(0.5930685446716039, 9);
});

const task = world.modular({ modulus: 5, depth: [1, 2], show: "answer", otherModuli: [7] });
const data = task.train(60);
const asked = task.test({ n: 12 });
const fit = { steps: 3, batch: 8, learningRate: 3e-3 };
const fresh = (seed: number) => init({ vocab: task.vocab, layers: 1, width: 16, heads: 2, maxLength: 96, seed });
let model: Model;
beforeAll(async () => {
  await useEngine("wasm");
  const blank = await fresh(9);
  model = (await trainSft(blank, data, { ...fit, steps: 60 })).model;
  blank.dispose();
  return () => model.dispose();
});

test("novelty: shares of new runs, the longest known run, reuse and recall are what looking for texts in texts gives", async () => {
  const train = { ...data, examples: data.examples.slice(0, 12) };
  const samples = 3;
  const options = { maxNewTokens: 6, temperature: 1, key: fold(key(0), "novelty", "texts") };
  const prompts = asked.examples.flatMap((e) => Array.from({ length: samples }, () => task.vocab.encode(e.prompt)));
  const drawn = await generate(model, prompts, options);
  const texts = drawn.tokens.map((tokens, i) => {
    const example = asked.examples[Math.floor(i / samples)] as Example;
    const text = task.vocab.decode([...tokens]);
    return { example, text, right: drawn.finished[i] === true && task.verify(example, text) };
  });
  const plan = { train: [train], runs: [1, 2, 3], samples, maxNewTokens: 6 };
  const rows = await noveltyOf({ model }, asked, plan);
  const words = (text: string) => text.split(/\s+/u).filter((word) => word !== "");
  const inside = (run: readonly string[]) =>
    train.examples.some((e) => ` ${e.prompt} ${e.completion} `.includes(` ${run.join(" ")} `));
  const runsOf = (text: string, n: number) => {
    const all = words(text);
    return Array.from({ length: Math.max(0, all.length - n + 1) }, (_, i) => all.slice(i, i + n));
  };
  const longest = (text: string) =>
    Math.max(
      0,
      ...words(text)
        .map((_, i) => i + 1)
        .filter((n) => runsOf(text, n).some(inside)),
    );
  for (const row of rows) {
    const here =
      row.writer === "reference"
        ? asked.examples.map((example) => ({ example, text: example.completion }))
        : texts.filter(({ right }) => row.which === "all" || right);
    expect(row.completions).toBe(here.length);
    for (const n of plan.runs) {
      const runs = here.flatMap(({ text }) => runsOf(text, n));
      if (runs.length === 0) expect(row.fresh[n]).toBeNull();
      else expect(row.fresh[n]?.value).toBeCloseTo(runs.filter((run) => !inside(run)).length / runs.length, 12);
    }
    expect(row.longest.value).toBeCloseTo(meanOf(here.map(({ text }) => longest(text))), 12);
    const cover = ({ text }: { readonly text: string }) =>
      words(text).length === 0 ? 0 : longest(text) / words(text).length;
    expect(row.covered.value).toBeCloseTo(meanOf(here.map(cover)), 12);
    const share = (is: (e: Example, text: string) => boolean) =>
      meanOf(here.map(({ example, text }) => Number(is(example, text))));
    const plain = (text: string) => words(text).join(" ");
    expect(row.reused.value).toBeCloseTo(
      share((_, text) => train.examples.some((e) => e.completion === plain(text))),
      12,
    );
    expect(row.recalled.value).toBeCloseTo(
      share((example, text) => train.examples.some((e) => e.prompt === example.prompt && e.completion === plain(text))),
      12,
    );
  }
  expect(rows.map((row) => `${row.writer} ${row.which}`)).toEqual(["reference all", "model all", "model right"]);
});

test("novelty without a right answer has no row of right answers, and runs longer than every completion are null", async () => {
  const never = { ...asked, verify: () => false };
  const rows = await noveltyOf({ model }, never, { train: [data], runs: [50] });
  expect(rows.map((row) => `${row.writer} ${row.which}`)).toEqual(["reference all", "model all"]);
  expect(rows.map((row) => row.fresh[50])).toEqual([null, null]);
});

test("twins: every accuracy is that of the two trainings done one after the other, the gaps are their differences", async () => {
  const sets = { test: asked, deeper: task.test({ n: 8, depth: [3, 3] }) };
  const seeds = [0, 1, 2, 3];
  const plan = { init: fresh, corpus: task.pretrainCorpus(30), pretrain: fit, train: data, sets, seeds, budgets: [3] };
  const found = await twinsOf({ ...plan, sft: { batch: 8, learningRate: 3e-3 }, evaluate: { samples: 4 } });
  for (const [i, seed] of seeds.entries()) {
    const blank = await fresh(seed);
    const read = (await trainPretrain(blank, plan.corpus, { ...fit, seed })).model;
    const [one, two] = [await trainSft(blank, data, { ...fit, seed }), await trainSft(read, data, { ...fit, seed })];
    const { perProblem } = await evaluateModels({ blank: one.model, twin: two.model }, sets, { samples: 4, seed });
    for (const point of found.points) {
      const accuracy = (name: string) => {
        const here = perProblem.filter((p) => p.model === name && p.set === point.set);
        return meanOf(here.map(({ solved }) => solved.filter(Boolean).length / 4));
      };
      expect(point.blanks[i]).toBeCloseTo(accuracy("blank"), 12);
      expect(point.twins[i]).toBeCloseTo(accuracy("twin"), 12);
      expect(point.gaps[i]).toBeCloseTo(accuracy("twin") - accuracy("blank"), 12);
    }
    [blank, read, one.model, two.model].forEach((m) => m.dispose());
  }
  for (const { gap, gaps } of found.points) expect(gap).toEqual(overSeeds(gaps));
});

test("controlRewards: before and after are pass@1 and pass@k of trainings done by hand, reward by reward", async () => {
  const seeds = [0, 1, 2, 3];
  const rl = { steps: 2, promptsPerStep: 4, groupSize: 4, learningRate: 1e-3, maxNewTokens: 4 };
  const rewards = () => ({ verified: task.reward, none: () => 0 });
  const start = async (seed: number) => {
    const blank = await fresh(seed);
    const { model: tuned } = await trainSft(blank, data, { ...fit, steps: 20, seed });
    blank.dispose();
    return tuned;
  };
  const prompts = task.prompts(8);
  const found = await controlRewardsOf({ start, prompts, test: asked, rewards, seeds, rl, samples: 4 });
  const seed = 2;
  const before = await start(seed);
  for (const gain of found) {
    const run = await trainRl(before, prompts, { ...rl, seed, reward: rewards()[gain.reward] });
    const { perProblem } = await evaluateModels(
      { before, after: run.model },
      { asked },
      { samples: 4, temperature: 1, seed },
    );
    const rate = (name: string, k: number) =>
      meanOf(perProblem.filter((p) => p.model === name).map(({ solved }) => passByCounting(solved, k)));
    const here = gain.seeds[2];
    expect([here?.before, here?.after]).toEqual(
      [rate("before", 1), rate("after", 1)].map((v) => expect.closeTo(v, 12)),
    );
    expect([here?.reachBefore, here?.reachAfter]).toEqual(
      [rate("before", 4), rate("after", 4)].map((v) => expect.closeTo(v, 12)),
    );
    expect(gain.one.difference).toEqual(overSeeds(gain.seeds.map((s) => s.after - s.before)));
    run.model.dispose();
  }
  before.dispose();
});

test("learnToLearn: the loss after k examples is that of the written-out text, and relearning is the held-out loss of the trainings", async () => {
  const tasks = [1, 2, 3, 4].map((seed) =>
    world.modular({ modulus: 5, depth: [1, 2], show: "answer", otherModuli: [7], seed }),
  );
  const n = 3;
  const rows = await inContextOf({ model }, { tasks, shots: [0, 2], n });
  const { vocab } = task;
  const whole = (e: Example) => [...vocab.encode(e.prompt), ...vocab.encode(e.completion), vocab.eosId];
  for (const { shots, tasks: losses } of rows)
    for (const [t, each] of tasks.entries()) {
      const shown = each.train(n * 2).examples;
      let [nats, tokens] = [0, 0];
      for (const [i, e] of each.test({ n }).examples.entries()) {
        const before = shots === 0 ? [] : shown.slice(2 * i, 2 * i + 2).flatMap(whole);
        const said = [...vocab.encode(e.completion), vocab.eosId];
        const text = [...before, ...vocab.encode(e.prompt), ...said];
        const ids = tf.tensor2d([text], undefined, "int32");
        const logits = forward(model, ids);
        const [values] = await logits.array();
        tf.dispose([ids, logits]);
        for (const [s, token] of said.entries()) {
          const row = values?.[text.length - said.length + s - 1] ?? [];
          nats += Math.log(sum(row.map((x) => Math.exp(x)))) - (row[token] as number);
          tokens += 1;
        }
      }
      expect(losses[t]).toBeCloseTo(nats / tokens, 4);
    }
  const saved = rows[1]?.tasks.map((loss, t) => (rows[0]?.tasks[t] as number) - loss) ?? [];
  expect(rows[1]?.saved).toEqual(overSeeds(saved));

  const blank = await fresh(0);
  const found = await relearningOf({
    models: { blank, model },
    tasks,
    sft: { ...fit, steps: 4 },
    examples: 40,
    n: 4,
    every: 2,
    criterion: 1.5,
  });
  for (const [name, start] of Object.entries({ blank, model })) {
    const here = found.find((r) => r.model === name);
    const heldOut = { set: (tasks[1] as typeof task).test({ n: 4 }), every: 2 };
    const run = await trainSft(start, (tasks[1] as typeof task).train(40), { ...fit, steps: 4, seed: 1, heldOut });
    run.model.dispose();
    const losses = run.history.flatMap(({ step, metrics }) =>
      metrics["heldOutLoss"] === undefined ? [] : [[step, metrics["heldOutLoss"]] as const],
    );
    expect(here?.steps[1]).toBe(losses.find(([, loss]) => loss <= 1.5)?.[0] ?? null);
    expect(here?.curve.map(({ step }) => step)).toEqual(losses.map(([step]) => step));
  }
  expect(found[0]?.faster).toBeNull();
  expect(found[1]?.faster?.value).toBeCloseTo(
    (found[0]?.alongTheWay.value ?? 0) - (found[1]?.alongTheWay.value ?? 0),
    9,
  );
  blank.dispose();
});
