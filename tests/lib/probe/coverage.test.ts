// As tests/lib/eval/coverage.test.ts, for what probes make of outcomes: simulated experiments with a known truth. 2,000 of each with
// BLANKSLATE_LONG=1; where one takes milliseconds, 400 without it, which an interval of true coverage 95 % passes at 93-97 % as well with
// these keys. Every interval that a probe or an evaluation shows is one of these two files' or of seeds.test.ts's: over problems or templates
// (ratios, rates, paired and unpaired differences), over seeds, a slope, k*, calibration, τ* with its three KLs, and the reverse KL to the data.
import { expect, test } from "vitest";
import type { Drawer } from "../../../lib/core/rng.ts";
import { draw, fold, key } from "../../../lib/core/rng.ts";
import { calibrationOf } from "../../../lib/eval/calibration.ts";
import { clusteredIntervals } from "../../../lib/eval/clustered.ts";
import { wilson } from "../../../lib/eval/rate.ts";
import type { ProblemScore, Scores } from "../../../lib/eval/scores.ts";
import { slopeOverPoints } from "../../../lib/eval/slope.ts";
import { crossoverOf } from "../../../lib/probe/crossover.ts";
import { reverseKl } from "../../../lib/probe/dataKl.ts";
import { distanceCurveOf } from "../../../lib/probe/distanceCurve.ts";
import { klOfLogits } from "../../../lib/probe/divergence.ts";
import { type ClusterKl, equivalentTemperature, TEMPERATURES } from "../../../lib/probe/equivalentTemperature.ts";
import { independentDifference } from "../../../lib/probe/reading.ts";

const LONG = process.env["BLANKSLATE_LONG"] === "1";
const all = 2000;
const few = LONG ? all : 400;
const many = <T>(n: number, make: (i: number) => T) => Array.from({ length: n }, (_, i) => make(i));
const share = (name: string, experiments: number, experiment: (drawer: Drawer) => boolean): number =>
  many(experiments, (i) => experiment(draw(fold(key(name), i)))).filter(Boolean).length / experiments;
const covers = ({ low, high }: { low: number; high: number }, truth: number) => low <= truth && truth <= high;
const within = (name: string, value: number) => {
  if (LONG) console.log(`${name}: ${(100 * value).toFixed(1)} %`);
  expect(value).toBeGreaterThanOrEqual(0.93);
  expect(value).toBeLessThanOrEqual(0.97);
};

const outcome = (model: string, i: number, solved: readonly boolean[], template?: string): ProblemScore => ({
  model,
  set: "test",
  id: `${i}`,
  meta: template === undefined ? {} : { template },
  completions: solved.map(String),
  solved,
  confidences: solved.map(() => 1),
  unfinished: 0,
  generatedTokens: 1,
  promptTokens: 1,
  seconds: 0,
  referenceNats: 1,
  referenceTokens: 1,
  referenceBytes: 1,
});
const scoresOf = (perProblem: readonly ProblemScore[], samples: number): Scores => ({
  rows: [],
  comparisons: [],
  leaks: {},
  perProblem,
  stopped: "finished",
  options: {
    samples,
    temperature: 1,
    passAt: [1],
    majAt: [],
    seed: 0,
    maxNewTokens: { test: 1 },
    confidence: 0.95,
    rowsAtOnce: 256,
    cache: null,
  },
});

test("the slope of accuracy over distance: nominal 95 % intervals cover a true -15 points per unit in 93-97 %", () => {
  const examples = many(60, (i) => ({ id: `${i}`, prompt: "", completion: "", meta: { distance: i % 5 } }));
  const sets = { test: { name: "test", examples, verify: () => true } };
  within(
    "slope",
    share("slope", few, (drawer) => {
      const problems = examples.map((e, i) => outcome("m", i, [drawer.uniform() < 0.9 - 0.15 * e.meta.distance]));
      const { slope } = distanceCurveOf(scoresOf(problems, 1), sets, "m", (e) => e.meta["distance"] as number);
      return covers(slope, -0.15);
    }),
  );
}, 600_000);

test("the slope with templates that share their difficulty is covered where templates are the clusters", () => {
  const examples = many(120, (i) => ({
    id: `${i}`,
    prompt: "",
    completion: "",
    meta: { distance: i % 4, template: `${i % 30}` },
  }));
  const sets = { test: { name: "test", examples, verify: () => true } };
  within(
    "clustered slope",
    share("clustered slope", few, (drawer) => {
      const ease = many(30, () => 0.3 * drawer.uniform());
      const problems = examples.map((e, i) =>
        outcome("m", i, [drawer.uniform() < 0.65 - 0.15 * e.meta.distance + (ease[i % 30] as number)], e.meta.template),
      );
      const { slope } = distanceCurveOf(scoresOf(problems, 1), sets, "m", (e) => e.meta["distance"] as number);
      return covers(slope, -0.15);
    }),
  );
}, 600_000);

test("k*: of curves that cross at a known k the interval holds it in at least 93 %; a whole number cannot be covered to the per cent", () => {
  // Before: every problem 1 in 10. After: 6 of 10 problems nine times in ten, the others never.
  const k = many(32, (i) => i + 1).find((n) => 1 - 0.9 ** n > 0.6 * (1 - 0.1 ** n)) as number;
  expect(k).toBe(9);
  const found = share("k*", few, (drawer) => {
    const problems = many(40, (i) => [
      outcome(
        "before",
        i,
        many(32, () => drawer.uniform() < 0.1),
      ),
      outcome("after", i, many(32, drawer.uniform() < 0.6 ? () => drawer.uniform() < 0.9 : () => false)),
    ]).flat();
    const { crossing } = crossoverOf(scoresOf(problems, 32), { before: "before", after: "after", set: "test" });
    return covers({ low: crossing.low ?? Infinity, high: crossing.high ?? Infinity }, k);
  });
  if (LONG) console.log(`k*: ${(100 * found).toFixed(1)} %`);
  expect(found).toBeGreaterThanOrEqual(0.93);
}, 600_000);

test("calibration: the bias is covered in 93-97 %, the ECE too; a calibrated model is called miscalibrated in at most 5.5 %", () => {
  const judged = (drawer: Drawer, n: number, right: (confidence: number) => number) =>
    many(n, () => {
      const confidence = drawer.uniform();
      return { meta: {}, confidences: [confidence], solved: [drawer.uniform() < right(confidence)] };
    });
  let ece = 0;
  const bias = share("bias", few, (drawer) => {
    // Right in 0.1 + 0.6 c: too sure above c = 1/4, not sure enough below it.
    const found = calibrationOf(
      judged(drawer, 400, (c) => 0.1 + 0.6 * c),
      key(0),
      0.95,
    );
    // E|c - 0.1 - 0.6 c| for c uniform: the bins' gaps hardly change sign within a bin.
    if (covers(found.ece, 0.125)) ece += 1;
    return covers(found.bias, 0.1);
  });
  within("calibration bias", bias);
  within("ECE", ece / few);
  const called = share(
    "calibrated",
    few,
    (drawer) =>
      calibrationOf(
        judged(drawer, 200, (c) => c),
        key(1),
        0.95,
      ).p < 0.05,
  );
  if (LONG) console.log(`calibrated, rejected: ${(100 * called).toFixed(1)} %`);
  expect(called).toBeLessThanOrEqual(0.055);
}, 600_000);

const CALIBRATIONS = [
  { name: "linear, 200 answers", n: 200, least: 0, right: (c: number) => 0.1 + 0.6 * c, truth: 0.125 },
  { name: "nearly calibrated, 400 answers", n: 400, least: 0, right: (c: number) => 0.05 + 0.9 * c, truth: 0.025 },
  { name: "too sure, 300 answers", n: 300, least: 0.6, right: (c: number) => c - 0.15, truth: 0.15 },
  { name: "too sure, 100 answers", n: 100, least: 0.5, right: (c: number) => c - 0.05, truth: 0.05 },
] as const;

test.runIf(LONG).each(CALIBRATIONS)(
  "the ECE of a model that is $name: covered in 93 % or more",
  ({ name, n, least, right, truth }) => {
    const found = share(name, all, (drawer) => {
      const answers = many(n, () => {
        const confidence = least + (1 - least) * drawer.uniform();
        return { meta: {}, confidences: [confidence], solved: [drawer.uniform() < right(confidence)] };
      });
      return covers(calibrationOf(answers, key(0), 0.95).ece, truth);
    });
    console.log(`ECE, ${name}: ${(100 * found).toFixed(1)} %`);
    expect(found).toBeGreaterThanOrEqual(0.93);
  },
  600_000,
);

// Percentiles of few problems are a little narrow where a minimum is estimated; said in equivalentTemperature.ts, and in the probe's help.
test.runIf(LONG).each([
  { problems: 60, least: 0.9 },
  { problems: 200, least: 0.925 },
])(
  "τ*, the KL, what is left of it and the share explained, over $problems problems: covered in $least or more",
  ({ problems, least }) => {
    // A model that is the old one at temperature 0.7 and then moved by noise of its own at every token; three tokens, six words.
    const drawer = draw(key("temperature pool"));
    const [V, tokens] = [6, 3];
    const pool = many(2000, (): ClusterKl => {
      const before = Float32Array.from({ length: tokens * V }, () => 1.5 * drawer.normal());
      const after = before.map((logit) => logit / 0.7 + 0.4 * drawer.normal());
      return { tokens, kls: Float64Array.from(TEMPERATURES, (t) => klOfLogits(after, before, V, t)) };
    });
    // Experiments draw from the pool, so its own values are the truth.
    const truth = equivalentTemperature(pool, key(0), 0.95);
    expect(truth.temperature.value).toBeGreaterThan(0.6);
    expect(truth.temperature.value).toBeLessThan(0.85);
    const measures = ["temperature", "kl", "klLeft", "explained"] as const;
    const held = new Map(measures.map((name) => [name, 0]));
    share("temperature", all, (d) => {
      const drawn = many(problems, () => pool[d.integer(pool.length)] as ClusterKl);
      const found = equivalentTemperature(drawn, key(1), 0.95);
      for (const name of measures)
        held.set(name, (held.get(name) as number) + Number(covers(found[name], truth[name].value)));
      return true;
    });
    for (const name of measures) {
      const found = (held.get(name) as number) / all;
      console.log(`${name}, ${problems} problems: ${(100 * found).toFixed(1)} %`);
      expect(found).toBeGreaterThanOrEqual(least);
      expect(found).toBeLessThanOrEqual(0.97);
    }
  },
  600_000,
);

test("the reverse KL to the data, from 60 texts of which a fifth lies outside: covered in 93-97 %", () => {
  const truth = 0.3 - Math.log(0.8);
  within(
    "reverse KL",
    share("reverse", few, (drawer) => {
      const ratios = many(60, () => (drawer.uniform() < 0.8 ? 0.3 + 0.5 * drawer.normal() : undefined));
      return covers(reverseKl(ratios, key("reverse"), 0.95) ?? { low: 1, high: 0 }, truth);
    }),
  );
}, 600_000);

test("differences of problems, of templates, and of two sets of problems are covered in 93-97 %", () => {
  const { difference } = clusteredIntervals(key("difference"), 0.95);
  const paired = (templates: boolean) =>
    share(`difference ${templates}`, all, (drawer) => {
      const problems = many(60, (i) => ({ meta: templates ? { template: `${i % 30}` } : {} }));
      const shared = many(30, () => 0.4 * drawer.uniform());
      const values = problems.map((_, i) => {
        const lift = templates ? (shared[i % 30] as number) : 0.2;
        const [before, after] = [drawer.uniform() < 0.4, drawer.uniform() < 0.4 + lift];
        return Number(after) - Number(before);
      });
      return covers(difference(problems, values), 0.2);
    });
  within("paired difference", paired(false));
  within("paired difference, clustered", paired(true));
  within(
    "independent difference",
    share("independent", all, (drawer) => {
      const rate = (n: number, p: number) => wilson(many(n, () => drawer.uniform() < p).filter(Boolean).length, n);
      return covers(independentDifference(rate(80, 0.7), rate(60, 0.4)), 0.3);
    }),
  );
}, 600_000);

test("a line through six experiments: the slope's interval covers in 93-97 %", () => {
  const x = [0, 0.2, 0.5, 0.6, 0.9, 1.4];
  within(
    "line",
    share("line", all, (drawer) => {
      const y = x.map((v) => 1 + 0.7 * v + 0.3 * drawer.normal());
      return covers(slopeOverPoints(x, y) ?? { low: 1, high: 0 }, 0.7);
    }),
  );
});
