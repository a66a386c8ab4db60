// What probes make of outcomes, without a model: simulated problems, seeds, tasks and curves.
import type { Drawer } from "../../../../lib/core/rng.ts";
import { draw, key } from "../../../../lib/core/rng.ts";
import { calibrationOf } from "../../../../lib/eval/calibration.ts";
import { clusteredIntervals } from "../../../../lib/eval/clustered.ts";
import { clopperPearson, wilson } from "../../../../lib/eval/rate.ts";
import { overSeeds } from "../../../../lib/eval/seeds.ts";
import { slopeOverPoints } from "../../../../lib/eval/slope.ts";
import { coverageOf } from "../../../../lib/probe/coverage.ts";
import { crossoverOf } from "../../../../lib/probe/crossover.ts";
import { reverseKl } from "../../../../lib/probe/dataKl.ts";
import { passDifference, passRate } from "../../../../lib/probe/differences.ts";
import { distanceCurveOf } from "../../../../lib/probe/distanceCurve.ts";
import { klOfLogits } from "../../../../lib/probe/divergence.ts";
import { type ClusterKl, equivalentTemperature, TEMPERATURES } from "../../../../lib/probe/equivalentTemperature.ts";
import { independentDifference } from "../../../../lib/probe/reading.ts";
import { summarizeGroups } from "../../../../lib/report/summary/groups.ts";
import { flips, outcome, scoresOf } from "./outcomes.ts";
import { covers, many, mean, NONE, type Outcome, type Simulation, truthOf } from "./simulation.ts";

const curve = (n: number, templates: number): Simulation => ({
  of: "probe.distanceCurve",
  quick: 400,
  ...(templates > 0 && {
    why: { [`accuracy of a bin, ${n / 5} problems`]: "exactly 96.9 %, by counting all outcomes" },
  }),
  what: `${n} problems at 5 distances${templates === 0 ? "" : ` of ${templates} templates`}, accuracy falls by 15 points per unit`,
  make: () => {
    const examples = many(n, (i) => ({ id: `${i}`, prompt: "", completion: "", meta: { distance: i % 5 } }));
    const sets = { test: { name: "test", examples, verify: () => true } };
    return (drawer): Outcome => {
      const ease = many(Math.max(1, templates), () => (templates === 0 ? 0.15 : 0.3 * drawer.uniform()));
      const problems = examples.map(({ id, meta }, i) => {
        const p = 0.65 - 0.15 * meta.distance + (ease[i % ease.length] as number);
        const named = templates === 0 ? {} : { meta: { template: `${i % templates}` } };
        return outcome({ model: "m", id, solved: flips(drawer, 1, p), ...named });
      });
      const found = distanceCurveOf(scoresOf(problems, 1), sets, "m", (e) => e.meta["distance"] as number);
      return {
        slope: covers(found.slope, -0.15),
        [`accuracy of a bin, ${n / 5} problems`]: covers(found.bins[2]?.accuracy ?? NONE, 0.5),
      };
    };
  },
});

/** Before: every problem 1 in 10. After: 6 of 10 problems nine times in ten, the others never. */
const crossing: Simulation = {
  of: "probe.crossover, probe.coverage",
  what: "40 problems, 32 samples, of curves that cross at k = 9",
  quick: 400,
  make: () => {
    const reach = [1 - 0.9 ** 8, 0.6 * (1 - 0.1 ** 8)] as const;
    const [before, after] = [1 - 0.9 ** 32, 0.6 * (1 - 0.1 ** 32)];
    return (drawer): Outcome => {
      const problems = many(40, (i) => [
        outcome({ model: "before", id: `${i}`, solved: flips(drawer, 32, 0.1) }),
        outcome({ model: "after", id: `${i}`, solved: flips(drawer, 32, drawer.uniform() < 0.6 ? 0.9 : 0) }),
      ]).flat();
      const scores = scoresOf(problems, 32);
      const pair = { before: "before", after: "after", set: "test" };
      const { crossing: k, curve: points } = crossoverOf(scores, pair);
      const at8 = points.find((point) => point.k === 8);
      const covered = coverageOf(scores, pair);
      return {
        "k*": covers({ low: k.low ?? Infinity, high: k.high ?? Infinity }, 9),
        "pass@8 before": covers(at8?.before ?? NONE, reach[0]),
        "pass@8 after": covers(at8?.after ?? NONE, reach[1]),
        "difference at k = 8": covers(at8?.difference ?? NONE, reach[1] - reach[0]),
        "share covered by both": covers(covered.both.share, before * after),
        "share covered before alone": covers(covered.onlyBefore.share, before * (1 - after)),
        "difference of shares covered": covers(covered.difference, after - before),
      };
    };
  },
};

const passes: Simulation = {
  of: "probe.pass and what reads it: scorecard, transfer, temperature sweep, counterfactuals",
  what: "60 problems of every difficulty, 16 samples; RL adds 0.2 (1 − p)",
  make: () => {
    const before = (k: number) => truthOf(`pass@${k}`, 200_000, (d) => 1 - (1 - d.uniform() ** 2) ** k);
    const after = (k: number) => truthOf(`pass@${k}`, 200_000, (d) => 1 - (0.8 * (1 - d.uniform() ** 2)) ** k);
    const truth = { one: after(1) - before(1), many: after(16) - before(16), reach: after(16) };
    return (drawer): Outcome => {
      const problems = many(60, (i) => {
        const p = drawer.uniform() ** 2;
        const one = (model: string, chance: number) =>
          outcome({ model, id: `${i}`, solved: flips(drawer, 16, chance) });
        return [one("before", p), one("after", p + 0.2 * (1 - p))];
      }).flat();
      const scores = scoresOf(problems, 16);
      return {
        "pass@1 gained": covers(passDifference(scores, "test", "before", "after", 1), truth.one),
        "pass@16 gained": covers(passDifference(scores, "test", "before", "after", 16), truth.many),
        "pass@16": covers(passRate(scores, "after", "test", 16), truth.reach),
      };
    };
  },
};

const seeds: Simulation[] = [4, 8].map((n) => ({
  of: "probe.twins, controlRewards, predictions, learnToLearn; sweep.overSeeds; summarize by group",
  what: `${n} seeds or tasks`,
  quick: 2000,
  make:
    () =>
    (drawer): Outcome => {
      const values = many(n, () => drawer.normal());
      // Accuracy on 200 problems of models that a seed makes better or worse.
      const accuracies = many(n, () => mean(flips(drawer, 200, 0.3 + 0.2 * drawer.uniform()).map(Number)));
      const [groups] = summarizeGroups([["g", values.map(() => "a")]], [["x", values, "number"]], 0.95);
      return {
        "normal values": covers(overSeeds(values), 0),
        accuracies: covers(overSeeds(accuracies), 0.4),
        "summarize, a group's mean": covers(groups?.means["x"]?.mean ?? NONE, 0),
      };
    },
}));

const rates: Simulation[] = [
  { n: 20, p: 0.5 },
  { n: 100, p: 0.3 },
  { n: 400, p: 0.05 },
].map(({ n, p }) => ({
  of: "wilson, clopperPearson: shares of independent tries; leakage, dataKl's outside, relearning's reached, summarize's shares",
  what: `${n} tries of ${p}`,
  quick: 2000,
  make:
    () =>
    (drawer): Outcome => {
      const k = flips(drawer, n, p).filter(Boolean).length;
      return { Wilson: covers(wilson(k, n), p), "Clopper and Pearson": covers(clopperPearson(k, n), p) };
    },
}));

const line: Simulation = {
  of: "probe.retention's slope",
  what: "six checkpoints on a line with normal errors",
  quick: 2000,
  make: () => {
    const x = [0, 0.2, 0.5, 0.6, 0.9, 1.4];
    return (drawer) => ({
      slope: covers(
        slopeOverPoints(
          x,
          x.map((v) => 1 + 0.7 * v + 0.3 * drawer.normal()),
        ) ?? NONE,
        0.7,
      ),
    });
  },
};

const independent: Simulation = {
  of: "probe.nllGap's gap: two sets of problems",
  what: "80 against 60 problems, rates 0.7 and 0.4",
  quick: 2000,
  make:
    () =>
    (drawer): Outcome => {
      const rate = (n: number, p: number) => wilson(flips(drawer, n, p).filter(Boolean).length, n);
      return { "difference of rates": covers(independentDifference(rate(80, 0.7), rate(60, 0.4)), 0.3) };
    },
};

/** Tokens on which a second model lost or won, most of them nothing. */
const forgotten: Simulation[] = [25, 100].map((n) => ({
  of: "probe.retention's forgetting, probe.crossPerplexity's excess",
  what: `${n} problems, differences of losses per token: heavy tails, most near 0`,
  ...(n === 25 && { quick: 400 }),
  make: () => {
    const { ratio } = clusteredIntervals(key("forgotten"), 0.95);
    return (drawer): Outcome => {
      const problems = many(n, () => ({ meta: {} }));
      const tokens = many(n, () => 3 + drawer.integer(8));
      const moved = () => (drawer.uniform() < 0.8 ? 0 : drawer.normal() * Math.exp(drawer.normal()));
      const even = tokens.map((count) => many(count, moved).reduce((a, b) => a + b, 0));
      const lost = even.map((nats, i) => nats + 0.2 * (tokens[i] as number));
      return {
        "nothing lost": covers(ratio(problems, even, tokens), 0),
        "0.2 nats lost": covers(ratio(problems, lost, tokens), 0.2),
      };
    };
  },
}));

const CALIBRATIONS = [
  { name: "linear, 200 answers", n: 200, least: 0, right: (c: number) => 0.1 + 0.6 * c, ece: 0.125, bias: 0.1 },
  {
    name: "nearly calibrated, 400 answers",
    n: 400,
    least: 0,
    right: (c: number) => 0.05 + 0.9 * c,
    ece: 0.025,
    bias: 0,
  },
  { name: "too sure, 300 answers", n: 300, least: 0.6, right: (c: number) => c - 0.15, ece: 0.15, bias: 0.15 },
  { name: "too sure, 100 answers", n: 100, least: 0.5, right: (c: number) => c - 0.05, ece: 0.05, bias: 0.05 },
] as const;
const calibrations = CALIBRATIONS.map(({ name, n, least, right, ece, bias }): Simulation => ({
  of: "evaluate's calibration",
  what: name,
  ...(name.startsWith("linear") && { quick: 400 }),
  make:
    () =>
    (drawer): Outcome => {
      const judged = many(n, () => {
        const confidence = least + (1 - least) * drawer.uniform();
        return { meta: {}, confidences: [confidence], solved: flips(drawer, 1, right(confidence)) };
      });
      const found = calibrationOf(judged, key(0), 0.95);
      return { ECE: covers(found.ece, ece), bias: covers(found.bias, bias) };
    },
}));
const calibrated: Simulation = {
  of: "evaluate's calibration",
  what: "a calibrated model, 200 answers",
  quick: 400,
  tests: ["p below 0.05"],
  make:
    () =>
    (drawer): Outcome => {
      const judged = many(200, () => {
        const confidence = drawer.uniform();
        return { meta: {}, confidences: [confidence], solved: flips(drawer, 1, confidence) };
      });
      const found = calibrationOf(judged, key(1), 0.95);
      return { bias: covers(found.bias, 0), "p below 0.05": found.p < 0.05 };
    },
};

/** A model that is the old one at temperature 0.7, then moved by noise of its own at every token; three tokens, six words. */
function moved(drawer: Drawer): ClusterKl {
  const [V, tokens] = [6, 3];
  const before = Float32Array.from({ length: tokens * V }, () => 1.5 * drawer.normal());
  const after = before.map((logit) => logit / 0.7 + 0.4 * drawer.normal());
  return { tokens, kls: Float64Array.from(TEMPERATURES, (t) => klOfLogits(after, before, V, t)) };
}
const temperatures: Simulation[] = [60, 200].map((n) => ({
  of: "probe.sharpening",
  what: `${n} problems, a model that moved beyond a temperature`,
  make: () => {
    const drawer = draw(key("temperature pool"));
    // Experiments draw from the pool, so its own values are the truth.
    const pool = many(2000, () => moved(drawer));
    const truth = equivalentTemperature(pool, key(0), 0.95);
    return (d): Outcome => {
      const found = equivalentTemperature(
        many(n, () => pool[d.integer(pool.length)] as ClusterKl),
        key(1),
        0.95,
      );
      const held = (name: "temperature" | "kl" | "klLeft" | "explained") => covers(found[name], truth[name].value);
      return {
        "τ*": held("temperature"),
        KL: held("kl"),
        "KL left at τ*": held("klLeft"),
        "share explained": held("explained"),
      };
    };
  },
}));

/** Gaps are normal, or exponential and so skewed. */
const reverse: Simulation[] = [
  { n: 60, share: 0.8, few: "a fifth lies outside" },
  { n: 512, share: 0.8, few: "a fifth lies outside" },
  { n: 512, share: 0.03, few: "15 are inside" },
].map(({ n, share, few }) => ({
  of: "probe.dataKl",
  what: `${n} texts of which ${few}`,
  quick: n === 60 ? 2000 : 400,
  make:
    () =>
    (drawer): Outcome => {
      const texts = (gap: () => number) => many(n, () => (drawer.uniform() < share ? gap() : undefined));
      const normal = texts(() => 0.3 + 0.5 * drawer.normal());
      const skewed = texts(() => -0.4 * Math.log(1 - drawer.uniform()));
      return {
        "reverse KL, normal": covers(reverseKl(normal) ?? NONE, 0.3 - Math.log(share)),
        "reverse KL, skewed": covers(reverseKl(skewed) ?? NONE, 0.4 - Math.log(share)),
      };
    },
}));

export const PROBES: readonly Simulation[] = [
  curve(60, 0),
  curve(120, 30),
  crossing,
  passes,
  ...seeds,
  ...rates,
  line,
  ...forgotten,
  independent,
  ...calibrations,
  calibrated,
  ...temperatures,
  ...reverse,
];
