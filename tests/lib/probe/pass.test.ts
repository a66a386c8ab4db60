import { expect, test } from "vitest";
import type { ProblemScore, Scores } from "../../../lib/eval/scores.ts";
import { draw, key } from "../../../lib/core/rng.ts";
import { coverageOf } from "../../../lib/probe/coverage.ts";
import { crossoverOf } from "../../../lib/probe/crossover.ts";
import { distanceCurveOf } from "../../../lib/probe/distanceCurve.ts";
import { coverage, crossover } from "../../../lib/report/probes/pass.ts";
import { Score } from "../../../lib/report/score.ts";

const SAMPLES = 32;
/** Scores of models whose chance at each problem is known: `models` gives it for problem i of n. */
function scoresOf(
  n: number,
  models: Readonly<Record<string, (i: number) => number>>,
  samples = SAMPLES,
  seed = 0,
): Scores {
  const drawer = draw(key(`pass tests ${seed}`));
  const perProblem = Object.entries(models).flatMap(([model, chanceOf]) =>
    Array.from({ length: n }, (_, i): ProblemScore => {
      const solved = Array.from({ length: samples }, () => drawer.uniform() < chanceOf(i));
      const cost = {
        unfinished: 0,
        generatedTokens: 1,
        confidences: [],
        referenceBytes: 1,
        promptTokens: 1,
        seconds: 0,
        referenceNats: 1,
        referenceTokens: 1,
      };
      return { model, set: "test", id: `${i}`, meta: {}, completions: solved.map(String), solved, ...cost };
    }),
  );
  const options = {
    samples,
    temperature: 1,
    passAt: [1, samples],
    majAt: [],
    seed: 0,
    maxNewTokens: { test: 1 },
    confidence: 0.95,
    rowsAtOnce: 256,
    cache: null,
  };
  return { rows: [], comparisons: [], leaks: {}, perProblem, options, stopped: "finished" };
}
const pair = { before: "before", after: "after", set: "test" };

test("curves that cross at a known k: sharper but narrower by construction, and k* is found with the truth in its interval", () => {
  // Before: every problem 1 in 10. After: half of the problems always, the others never. 1 - 0.9^k passes 0.5 between k = 6 and 7.
  const found = crossoverOf(scoresOf(300, { before: () => 0.1, after: (i) => (i % 2 === 0 ? 1 : 0) }), pair);
  expect(found.crossing.low).toBeLessThanOrEqual(7);
  expect(found.crossing.high).toBeGreaterThanOrEqual(7);
  expect(found.crossing.high).toBeLessThan(11);
  expect(found.crossing.crossingShare).toBe(1);
  expect(found.curve.map((c) => c.k)).toEqual([1, 2, 4, 8, 16, 32]);
  expect(found.curve[0]?.difference.low).toBeGreaterThan(0);
  expect(found.curve.at(-1)?.difference.high).toBeLessThan(0);
});

test("a model that is better at every k never crosses; curves that meet at 100 % have not crossed", () => {
  const better = crossoverOf(scoresOf(200, { before: () => 0.02, after: () => 0.06 }), pair);
  expect(better.crossing).toMatchObject({ value: null, high: null });
  expect(better.crossing.crossingShare).toBeLessThan(0.05);
  const meeting = crossoverOf(scoresOf(100, { before: () => 0.6, after: () => 1 }), pair);
  expect(meeting.crossing).toEqual({ value: null, low: null, high: null, crossingShare: 0 });
});

test("coverage of two equal models: the two cells that differ are luck in all but 5.5 % of 200 experiments, and lost problems are seen", () => {
  const drawer = draw(key("coverage"));
  let surprises = 0;
  for (let experiment = 0; experiment < 200; experiment++) {
    const chances = Array.from({ length: 80 }, () => drawer.uniform() * 0.2);
    const scores = scoresOf(
      80,
      { before: (i) => chances[i] as number, after: (i) => chances[i] as number },
      8,
      experiment,
    );
    if (coverageOf(scores, pair).p < 0.05) surprises += 1;
  }
  expect(surprises).toBeLessThanOrEqual(11);
  const lost = coverageOf(scoresOf(100, { before: () => 0.2, after: (i) => (i % 2 === 0 ? 0.9 : 0) }), pair);
  expect(lost.both.problems + lost.onlyBefore.problems + lost.onlyAfter.problems + lost.neither.problems).toBe(100);
  expect(lost.onlyBefore.problems).toBeGreaterThan(45);
  expect(lost.difference.high).toBeLessThan(0);
  expect(lost.p).toBeLessThan(1e-6);
});

test("the slope over distance is recovered, its interval holds the truth, and a flat model has none", () => {
  const n = 400;
  const sets = {
    test: {
      name: "test",
      verify: () => true,
      examples: Array.from({ length: n }, (_, i) => ({ id: `${i}`, prompt: "", completion: "", meta: { far: i % 5 } })),
    },
  };
  const scores = scoresOf(n, { before: (i) => 0.9 - 0.15 * (i % 5), after: () => 0.5 }, 1);
  const far = (e: { readonly meta: Readonly<Record<string, number | string>> }) => Number(e.meta["far"]);
  const falling = distanceCurveOf(scores, sets, "before", far);
  expect(falling.slope.low).toBeLessThan(-0.15);
  expect(falling.slope.high).toBeGreaterThan(-0.15);
  expect(falling.slope.high).toBeLessThan(-0.08);
  expect(falling.bins.map((b) => [b.distance, b.problems])).toEqual([0, 1, 2, 3, 4].map((d) => [d, 80]));
  const flat = distanceCurveOf(scores, sets, "after", far).slope;
  expect(flat.low).toBeLessThan(0);
  expect(flat.high).toBeGreaterThan(0);
  expect(() => distanceCurveOf(scores, sets, "before", () => 1)).toThrow(
    expect.objectContaining({ code: "NO_SPREAD" }),
  );
  expect(() => distanceCurveOf(scores, sets, "before", () => Infinity)).toThrow(
    expect.objectContaining({ code: "NOT_FINITE" }),
  );
});

test("the findings show what they found: table, frame, figure, and a sentence that never says more", () => {
  const score = new Score(
    scoresOf(300, { before: () => 0.1, after: (i) => (i % 2 === 0 ? 1 : 0) }),
    ["before", "after"] as const,
    ["test"] as const,
  );
  const crossed = crossover(score, { before: "before", after: "after" });
  expect(crossed.sentence).toMatch(/the first try was bought with reach, k\* = \d+ \(\d+ to \d+\)/);
  const said = (before: number, after: (i: number) => number) =>
    crossover(
      new Score(scoresOf(300, { before: () => before, after }), ["before", "after"] as const, ["test"] as const),
      {
        before: "before",
        after: "after",
      },
    ).sentence;
  // 10 % at the first try both, one on every problem, the other on a tenth of them.
  expect(said(0.1, (i) => (i % 10 === 0 ? 1 : 0))).toMatch(
    /: at the first try no difference that could be told, in reach behind\.$/,
  );
  expect(said(0.1, () => 0.1)).toMatch(
    /: at the first try no difference that could be told, in reach no difference that could be told\.$/,
  );
  expect(crossed.frame().columns).toEqual(
    expect.arrayContaining(["k", "before", "before_low", "difference", "difference_high"]),
  );
  expect(crossed.chart().spec.series.map((s) => s.name)).toEqual(["before", "after"]);
  const covered = coverage(score, { before: "before", after: "after" });
  expect(covered.sentence).toContain("reach shrank");
  const same = coverage(score, { before: "before", after: "before" });
  expect(same.sentence).toContain("luck alone may fill both");
});
