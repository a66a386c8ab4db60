import { beforeAll, expect, test } from "vitest";
import { key, normal } from "../../../lib/core/rng.ts";
import { overSeeds } from "../../../lib/eval/seeds.ts";
import { DISPLAY_SYMBOL } from "../../../lib/core/host.ts";
import { init } from "../../../lib/model/init.ts";
import type { RewardGain } from "../../../lib/probe/controlRewards.ts";
import { readCounterEvidence, readPredictions } from "../../../lib/probe/scorecard.ts";
import { seededInput } from "../../../lib/probe/seeded.ts";
import { type Twins, twinsOf, type TwinsPoint } from "../../../lib/probe/twins.ts";
import { predictions, twins } from "../../../lib/report/probes/seeds.ts";
import { verdictsOf } from "../../../lib/probe/verdicts.ts";
import { verdicts } from "../../../lib/report/probes/verdicts.ts";
import { useEngine } from "../../../lib/tensor/backend.ts";
import * as tf from "../../../lib/tensor/tf.ts";
import { world } from "../../../lib/world/worlds.ts";
import type { Example } from "../../../lib/data/example.ts";
import { scorecard } from "../../../lib/report/scorecard.ts";

const task = world.stateMachine({ seed: 5, states: 5, actions: 5, depth: [2, 4] });
const plan = {
  init: (seed: number) => init({ vocab: task.vocab, layers: 1, width: 32, heads: 2, maxLength: 32, seed }),
  corpus: task.pretrainCorpus(200),
  pretrain: { steps: 4, batch: 16, learningRate: 1e-12 },
  train: task.train(400),
  sft: { batch: 16, learningRate: 3e-3 },
  budgets: [10, 40],
  sets: { test: task.test({ n: 20 }), deeper: task.test({ n: 20, depth: [5, 6] }) },
  seeds: [0, 1, 2, 3],
} as const;

beforeAll(async () => {
  await useEngine("wasm");
});

test("four seeds by hand, three refused; of 2,000 simulated experiments the 95 % interval holds the truth in 93 to 97 %", () => {
  const four = overSeeds([0.1, 0.2, 0.3, 0.4]);
  expect(four.value).toBeCloseTo(0.25, 9);
  expect(four.high - four.value).toBeCloseTo(0.2054, 3);
  expect(() => overSeeds([0.1, 0.2, 0.3])).toThrow(expect.objectContaining({ code: "TOO_FEW_SEEDS" }));
  for (const n of [4, 8]) {
    const draws = normal(key(`seeds ${n}`), 2000 * n);
    const held = Array.from({ length: 2000 }, (_, i) =>
      overSeeds(Array.from(draws.subarray(i * n, (i + 1) * n))),
    ).filter(({ low, high }) => low < 0 && high > 0).length;
    expect(held / 2000).toBeGreaterThan(0.93);
    expect(held / 2000).toBeLessThan(0.97);
  }
});

test("a pre-training that changes nothing gives a gap of exactly 0 in every seed and budget, and leaves no tensors", async () => {
  const before = tf.memory().numTensors;
  const found = await twinsOf(plan);
  expect(tf.memory().numTensors).toBe(before);
  expect(found.points.map((p) => [p.set, p.steps])).toEqual([
    ["test", 10],
    ["test", 40],
    ["deeper", 10],
    ["deeper", 40],
  ]);
  for (const point of found.points) {
    expect(point.gaps).toEqual([0, 0, 0, 0]);
    expect(point.blanks).toEqual(point.twins);
  }
  expect(found.points[1]?.tokens).toBeGreaterThan(3 * (found.points[0]?.tokens as number));
});

test("a twin that was pre-trained on the task itself leads in every seed, and the finding shows every seed", async () => {
  const informed = {
    ...plan,
    init: (seed: number) => init({ vocab: task.vocab, layers: 2, width: 32, heads: 2, maxLength: 32, seed }),
    corpus: plan.train,
    pretrain: { steps: 250, batch: 16, learningRate: 5e-3 },
    budgets: [10],
  };
  const found = await twins(informed);
  const [test] = found.result.points as readonly [TwinsPoint];
  expect(Math.min(...test.gaps)).toBeGreaterThan(0);
  expect(test.gap.low).toBeGreaterThan(0);
  expect(found.chart().spec.series.filter((s) => s.faint && s.name.startsWith("test"))).toHaveLength(4);
  expect(found.frame().columns).toEqual(expect.arrayContaining(["gap", "gap_low", "gap of each seed"]));
  expect(found.sentence).toMatch(/^Over 4 seeds, at the largest budget, the twin is ahead of the blank slate by \+/);
});

test("too few seeds, a seed given twice and no budget are refused before anything is trained", async () => {
  await expect(twinsOf({ ...plan, seeds: [0, 1, 2] })).rejects.toMatchObject({ code: "TOO_FEW_SEEDS" });
  await expect(twinsOf({ ...plan, seeds: [0, 1, 2, 2] })).rejects.toMatchObject({ code: "SEED_REPEATED" });
  await expect(twinsOf({ ...plan, budgets: [] })).rejects.toMatchObject({ code: "EMPTY_DATA" });
  const stop = AbortSignal.abort(new Error("stopped"));
  await expect(twinsOf({ ...plan }, { signal: stop })).rejects.toThrow("stopped");
});

/** Twins with given accuracies, four seeds around each with equal and opposite deviations. */
function made(accuracies: Readonly<Record<string, readonly (readonly [number, number])[]>>): Twins {
  const noise = [-0.01, 0.01, -0.02, 0.02];
  const points = Object.entries(accuracies).flatMap(([set, budgets]) =>
    budgets.map(([b, t], i): TwinsPoint => {
      const blanks = noise.map((e) => b + e);
      // Seeds move both models together, as they do in truth; the gap has a noise of its own.
      const all = noise.map((e, j) => t + e + (noise[(j + 1) % 4] as number) / 4);
      const gaps = all.map((v, j) => v - (blanks[j] as number));
      const [blank, twin, gap] = [overSeeds(blanks), overSeeds(all), overSeeds(gaps)];
      return { set, steps: 10 ** (i + 2), tokens: 10 ** (i + 4), blanks, twins: all, gaps, blank, twin, gap };
    }),
  );
  return { seeds: [0, 1, 2, 3], sets: Object.keys(accuracies), points, confidence: 0.95 };
}
const gain = (reward: string, before: number, after: number): RewardGain => {
  const moved = (a: number, b: number) => ({
    before: overSeeds([a, a, a, a]),
    after: overSeeds([b, b, b, b]),
    difference: overSeeds([b - a - 0.01, b - a + 0.01, b - a, b - a]),
  });
  return {
    reward,
    seeds: [],
    k: 8,
    confidence: 0.95,
    one: moved(before, after),
    many: moved(0.8, 0.81),
    raises: "agrees",
  };
};

test("over seeds, P1 to P4 are supported where the numbers carry them, and P5 contradicted; turned round, they are contradicted", () => {
  const fits = made({
    test: [
      [0.3, 0.6],
      [0.9, 0.92],
    ],
    deeper: [
      [0.1, 0.3],
      [0.2, 0.5],
    ],
  });
  const readings = (found: Twins, options: Parameters<typeof seededInput>[1]) =>
    [readPredictions, readCounterEvidence]
      .flatMap((read) => read(seededInput(found, options)))
      .map(({ claim, reading }) => `${claim} ${reading}`);
  const options = { chance: 0.001, rl: gain("true", 0.5, 0.6), controls: [gain("random", 0.5, 0.5)] };
  expect(readings(fits, options)).toEqual([
    "P1 agrees",
    "P2 agrees",
    "P2 agrees",
    "P2 agrees",
    "P3 agrees",
    "P4 agrees",
    "P4 agrees",
    "P4 agrees",
    "P5 disagrees",
  ]);
  const against = made({
    test: [
      [0.3, 0.4],
      [0.5, 0.9],
    ],
    deeper: [
      [0.3, 0.3],
      [0.5, 0.51],
    ],
  });
  const controls = [gain("random", 0.5, 0.6)];
  expect(readings(against, { chance: 0.1, rl: gain("true", 0.6, 0.5), controls })).toEqual([
    "P1 disagrees",
    "P2 disagrees",
    "P2 disagrees",
    "P2 disagrees",
    "P3 disagrees",
    "P4 disagrees",
    "P4 undecided",
    "P4 disagrees",
    "P5 disagrees",
  ]);
});

test("the verdict names claim, effect, seeds and reading, and speaks of one world", async () => {
  const { Finding } = await import("../../../lib/report/finding.ts");
  const result = made({ test: [[0.9, 0.92]], deeper: [[0.2, 0.5]] });
  const chart = { title: "", x: { label: "" }, y: { label: "" }, series: [] };
  const found = new Finding(result, { title: "", rows: [], chart, sentence: "", note: "" });
  const verdict = predictions(found, { chance: 0.001 });
  expect(verdict.sentence).toBe(
    "Over 4 seeds in one world, 4 of 4 readings are supported, 0 contradicted and 0 undecided.",
  );
  expect(verdict.frame().columns).toEqual([
    "claim",
    "prediction",
    "effect",
    "effect_low",
    "effect_high",
    "unit",
    "seeds",
    "each seed",
    "reading",
  ]);
});

test("over worlds a claim is supported where all worlds support it, and where they differ that is what is said", async () => {
  const { Finding } = await import("../../../lib/report/finding.ts");
  const chart = { title: "", x: { label: "" }, y: { label: "" }, series: [] };
  const finding = <R>(result: R) => new Finding(result, { title: "", rows: [], chart, sentence: "", note: "" });
  const one = made({ test: [[0.9, 0.92]], deeper: [[0.2, 0.5]] });
  const two = { ...made({ test: [[0.9, 0.99]], deeper: [[0.88, 0.97]] }), slopes: [-0.1, -0.2, -0.1, -0.15] };
  const sharper = [0.7, 0.8, 0.75, 0.7].map((temperature, seed) => ({
    seed,
    before: 0.5,
    after: 0.6,
    reachBefore: 0.8,
    reachAfter: 0.8,
    sharpening: { entropy: -0.2 + 0.01 * seed, temperature },
  }));
  const rewards = [{ ...gain("true", 0.5, 0.6), seeds: sharper }, gain("random", 0.5, 0.5)];
  const { claims, readings } = verdictsOf({
    one: { chance: 0.001, twins: one, rewards },
    two: { chance: 0.001, twins: two },
  });
  const overall = Object.fromEntries(claims.map((c) => [c.claim, c.overall]));
  expect(overall).toEqual({ P1: "agrees", P2: "undecided", P3: "undecided", P4: "agrees", P5: "disagrees" });
  expect(claims[1]?.worlds).toEqual({ one: "agrees", two: "disagrees" });
  expect(Object.keys(claims[3]?.worlds ?? {})).toEqual(["one"]);
  expect(readings.find((r) => r.unit === "temperature")).toMatchObject({ reading: "agrees", world: "one", seeds: 4 });
  expect(readings.find((r) => r.unit === "accuracy per unit")?.interval.each).toEqual(two.slopes);
  const shown = verdicts({
    one: { chance: 0.001, twins: finding(one), rewards: finding(rewards) },
    two: { chance: 0.001, twins: finding(two) },
  });
  expect(shown.sentence).toContain(
    "P1 is supported in all 2 worlds. P2 is undecided (supported in one; contradicted in two).",
  );
  expect(shown.sentence).toContain("P4 is supported in the one world");
  expect(shown.frame().shape[0]).toBe(readings.length);
});

test("the scorecard of a plan runs what the plan names, and refuses three seeds before it trains", async () => {
  const world = {
    chance: task.chance,
    twins: { ...plan, distance: (e: Example) => task.distanceToTrain(e).structural },
  };
  const found = await scorecard({
    seeds: [0, 1, 2, 3],
    worlds: { machine: { ...world, twins: { ...world.twins, budgets: [2] } } },
  });
  expect(found.result.claims.map((c) => c.claim)).toEqual(["P1", "P2", "P3"]);
  expect(found.result.readings.every((r) => r.interval.each?.length === 4)).toBe(true);
  await expect(scorecard({ seeds: [0, 1, 2], worlds: { machine: world } })).rejects.toMatchObject({
    code: "TOO_FEW_SEEDS",
  });
});

test("a level of confidence is the experiments' own: wider readings at 99 %, and the notes say so", async () => {
  const gaps = made({ test: [[0.5, 0.55]], deeper: [[0.1, 0.2]] });
  const sure = { ...gaps, confidence: 0.99 };
  const width = (found: Twins) => {
    const { low, high } = seededInput(found, { chance: 0.01 }).gap;
    return high - low;
  };
  // Student's quantiles of three degrees of freedom, 5.841 and 3.182.
  expect(width(sure) / width(gaps)).toBeCloseTo(5.840909 / 3.182446, 5);
  const found = await twins({ ...plan, budgets: [2], confidence: 0.9 });
  expect(found.result.confidence).toBe(0.9);
  expect(found.chart().spec.note).toBe("Faint: single seeds. Band: 90 % over seeds.");
  const read = verdicts({ machine: { chance: task.chance, twins: found } });
  expect(String(read[DISPLAY_SYMBOL]()["text/plain"])).toContain("intervals: 90 %");
});
