import { expect, test } from "vitest";
import { chart, probe } from "blankslate";
import type { ExampleSet } from "../../../lib/data/example.ts";
import { DISPLAY_SYMBOL } from "../../../lib/core/host.ts";
import { distributionOf } from "../../../lib/report/chart/distribution.ts";
import type { Figure } from "../../../lib/report/chart/figure.ts";
import { Run } from "../../../lib/report/run.ts";
import { Score } from "../../../lib/report/score.ts";

const bundleSize = (figure: Figure): number => JSON.stringify(figure[DISPLAY_SYMBOL]()).length;

/** A run of 200 steps whose metrics follow from the step and the seed. */
function run(kind: "sft" | "rl", seed: number): Run<unknown> {
  const history = Array.from({ length: 200 }, (_, i) => ({
    step: i + 1,
    steps: 200,
    tokens: (i + 1) * 100,
    seconds: i,
    metrics: {
      loss: 3 - i / 100 + seed / 10,
      reward: i / 200 + seed / 50 + ((i * 7) % 5) / 100,
      entropy: 2 - i / 200,
      kl: i / 1000,
      completionLength: 20 + i / 10,
    },
  }));
  const trained = { kind, model: {}, history, options: {}, stopped: "finished", seconds: 1, tokens: 20_000 };
  return new Run(trained as unknown as ConstructorParameters<typeof Run<unknown>>[0]);
}

/** Two models: the first solves half of all samples of every problem, the second every sample of half of the problems. */
function score(temperature = 1): Score<"wide" | "narrow", "test" | "deeper"> {
  const near = (value: number) => ({ value, low: value - 0.05, high: value + 0.05 });
  const models = ["wide", "narrow"] as const;
  const sets = ["test", "deeper"] as const;
  const rows = sets.flatMap((set, s) =>
    models.map((model, m) => {
      const passAt = { 1: near(0.3 + m / 5), 8: near(0.9 - m / 5) };
      return { model, set, problems: 40, accuracy: near(0.9 - s / 2), passAt, byDepth: [] };
    }),
  );
  const perProblem = sets.flatMap((set) =>
    models.flatMap((model) =>
      Array.from({ length: 40 }, (_, i) => {
        const solved = Array.from({ length: 8 }, (_s, j) => (model === "wide" ? j % 4 === 0 : i % 2 === 0));
        return { model, set, id: `p${i}`, meta: {}, completions: solved.map((ok) => (ok ? "yes" : "no")), solved };
      }),
    ),
  );
  const options = { samples: 8, temperature, passAt: [1, 8], majAt: [], seed: 0, confidence: 0.95 };
  const scores = { rows, comparisons: [], perProblem, options, stopped: "finished" };
  return new Score(scores as unknown as ConstructorParameters<typeof Score>[0], [...models], [...sets]);
}

test("a box has R's quartiles, whiskers at the furthest values within 1.5 of their distance, and the mean's interval", () => {
  const d = distributionOf("x", "box", 0, [1, 2, 3, 4, 5, 6, 7, 8, 9, 50, Number.NaN]);
  expect([...d.quartiles]).toEqual([3.25, 5.5, 7.75]);
  expect([...d.whiskers]).toEqual([1, 9]);
  expect([d.count, d.missing]).toEqual([10, 1]);
  expect(d.mean.value).toBeCloseTo(9.5);
  // R: t.test(c(1:9, 50))$conf.int
  expect([d.mean.low, d.mean.high]).toEqual([expect.closeTo(-0.8, 0), expect.closeTo(19.8, 0)]);
  const figure = chart.box({ x: [1, 2, 3], empty: [], one: [4] });
  expect(figure.svg()).not.toContain("NaN");
  expect(String(figure)).toContain("n = 3, 0, 1");
  const few = chart.violin({ same: [2, 2, 2], one: [1], none: [] });
  expect(few.svg() + JSON.stringify(few.data)).not.toContain("NaN");
});

test("a million values make a box and a violin of less than 300 kB that say how many values were not drawn", () => {
  const values = Float64Array.from({ length: 1_000_000 }, (_, i) => Math.sin(i) / Math.cos(i * 1.7));
  for (const figure of [chart.box({ values }), chart.violin({ values })]) {
    expect(bundleSize(figure)).toBeLessThan(300_000);
    expect(figure.spec.note).toMatch(/\d+ values beyond the stems are not drawn/);
  }
});

test("a heat map's rows run from the top in SVG, Plotly and words; equal names stay two rows; NaN stays empty", () => {
  const figure = chart.heat(
    [
      [0.1, Number.NaN],
      [0.5, 0.9],
    ],
    { rows: ["the", "the"], columns: ["a", "b"], z: "share", percent: true, range: [0, 1] },
  );
  const svg = figure.svg();
  expect(svg.indexOf(">10</text")).toBeLessThan(svg.indexOf(">50</text"));
  expect(figure.data[0]).toMatchObject({ z: [[0.1, null], [0.5, 0.9]] }); // prettier-ignore
  expect(figure.layout["yaxis"]).toMatchObject({ range: [1.5, -0.5], ticktext: ["the", "the"] });
  expect(String(figure)).toContain("the  10  –\nthe  50  90");
  expect(svg).not.toContain("NaN");
});

test("a matrix of 1000 × 1000 becomes 100 × 100 means, says so and stays below 2 MB", () => {
  const z = Array.from({ length: 1000 }, (_, r) => Float32Array.from({ length: 1000 }, (_c, c) => r + c));
  const figure = chart.heat(z);
  expect(figure.spec.heat?.z).toHaveLength(100);
  expect(figure.spec.heat?.z[0]?.[0]).toBe(9);
  expect(figure.spec.note).toBe("Each cell is the mean of 10 × 10 of 1000 × 1000.");
  expect(bundleSize(figure)).toBeLessThan(2_000_000);
});

test("seeds are faint lines under their mean, whose band is Student's interval from four seeds on and absent below", () => {
  const seeds = [[1], [2], [3], [4]];
  const four = chart.line({ gap: { seeds } }).spec.series;
  expect(four.map((s) => s.faint ?? false)).toEqual([true, true, true, true, false]);
  expect([four[4]?.y[0], four[4]?.low?.[0]]).toEqual([2.5, expect.closeTo(2.5 - 3.182 * 0.6455, 2)]);
  const three = chart.line({ gap: { seeds: seeds.slice(1) } });
  expect(three.spec.series.at(-1)).not.toHaveProperty("low");
  expect(three.spec.note).toContain("No band: an interval needs four seeds.");
  expect(() => chart.line({ gap: { seeds: [] } })).toThrow(expect.objectContaining({ code: "BAD_SEEDS" }));
});

test("runs under one name are seeds; loss, reward, entropy and length have axes with units; KL and reward make a plane", () => {
  const seeds = [0, 1, 2, 3].map((seed) => run("sft", seed));
  const loss = chart.loss({ blank: seeds }, { x: "tokens" }).spec;
  expect(loss.series.map((s) => s.faint ?? false)).toEqual([true, true, true, true, false]);
  expect([loss.x.label, loss.y.label]).toEqual(["tokens read", "loss (nats per completion token)"]);
  expect(loss.series.at(-1)?.x.slice(0, 2)).toEqual([100, 200]);
  const rl = run("rl", 0);
  expect(chart.entropy(rl).spec.y.label).toBe("entropy (nats per token)");
  expect(chart.length({ rl }).spec.y.label).toBe("completion length (tokens)");
  expect(chart.reward({ rl }).spec.series.at(-1)?.y).toHaveLength(200);
  const plane = chart.klReward({ rl, seeds: [run("rl", 1), run("rl", 2)] }).spec;
  expect(plane.series.map((s) => [s.name, s.x.length, s.low?.every(Number.isFinite)])).toEqual([
    ["rl", 16, true],
    ["seeds, seed 1", 16, true],
    ["seeds, seed 2", 16, true],
  ]);
});

test("pass@k marks the k from which the first of two models reaches more problems, and none for one model", () => {
  const crossed = chart.passAtK(score());
  expect(crossed.spec.references).toEqual([{ x: 3, label: "curves cross at k" }]);
  expect(crossed.spec.note).toMatch(/From k = 3 \(\d to \d\) on “wide” reaches more problems than “narrow”\./);
  expect(chart.passAtK(score(), { models: ["wide"] }).spec).not.toHaveProperty("references");
  // The other way round the second is behind from the first try on.
  const behind = chart.passAtK(score(), { models: ["narrow", "wide"] }).spec;
  expect(behind).not.toHaveProperty("references");
});

test("temperature, transfer and calibration come from evaluations: intervals at every point, cells of every pair", () => {
  const sweep = chart.temperature([score(1), score(0.5)]).spec;
  expect(sweep.series.map((s) => [s.name, s.x, s.low?.length])).toEqual([
    ["wide, pass@1", [0.5, 1], 2],
    ["wide, pass@8", [0.5, 1], 2],
    ["narrow, pass@1", [0.5, 1], 2],
    ["narrow, pass@8", [0.5, 1], 2],
  ]);
  const transfer = chart.transfer(score()).spec;
  expect(transfer.heat?.z).toEqual([[0.9, 0.4], [0.9, 0.4]]); // prettier-ignore
  expect(transfer.note).toContain("None is wider than ± 5.0 %.");
  const calibration = chart.calibration(score()).spec;
  // wide: 2 of 8 samples say yes, so it says no with confidence 0.75 and is always wrong; narrow is always sure and half right.
  expect(calibration.series.map((s) => [s.x, s.y]).slice(0, 2)).toEqual([
    [[0.75], [0]],
    [[1], [0.5]],
  ]);
  expect(calibration.note).toContain("Expected calibration error: wide 75.0 %, narrow 50.0 %.");
  expect(() => chart.calibration({ m: [{ confidence: 80, correct: true }] })).toThrow(
    expect.objectContaining({ code: "BAD_CONFIDENCE" }),
  );
});

test("a model is too sure or not sure enough by as many points, never by a negative number of them", () => {
  const off = (value: number) => {
    const bias = { value, low: value - 0.02, high: value + 0.02 };
    const ece = { value: Math.abs(value), low: 0.01, high: 0.2 };
    const made = score();
    const { comparisons, perProblem, leaks, options, stopped } = made;
    const rows = made.rows.map((row) => ({ ...row, calibration: { bins: [], ece, bias, byChance: 0.01, p: 0.005 } }));
    return probe.calibration(new Score({ rows, comparisons, perProblem, leaks, options, stopped }, ["wide"], ["test"]))
      .sentence;
  };
  expect(off(0.08)).toContain(": too sure by +8.0 points (+6.0 to +10.0)");
  expect(off(-0.08)).toContain(": not sure enough by +8.0 points (+6.0 to +10.0)");
});

test("attention takes [T, T], [heads, T, T] and what reads like a tensor, and refuses weights of other tokens", () => {
  const weights = [[[1, 0], [0.5, 0.5]], [[1, 0], [0.3, 0.7]]]; // prettier-ignore
  expect(chart.attention(weights, ["a", "b"]).spec.heat?.z[1]).toEqual([0.4, 0.6]);
  expect(chart.attention(weights, ["a", "b"], { head: 1 }).spec.heat?.z).toEqual([[1, Number.NaN], [0.3, 0.7]]); // prettier-ignore
  const lazy = { shape: [2, 2], arraySync: () => weights[0] };
  expect(chart.attention(lazy, ["a", "b"]).spec.heat?.z[1]).toEqual([0.5, 0.5]);
  for (const wrong of [() => chart.attention(weights, ["a"]), () => chart.attention(weights, ["a", "b"], { head: 2 })])
    expect(wrong).toThrow(expect.objectContaining({ code: "SHAPE_MISMATCH" }));
});

test("every kind of chart has its PNG twin: all 9 kinds give pictures above 5 kB without a browser", () => {
  const figures = [
    chart.line({ a: { y: [1, 2] } }),
    chart.scatter({ a: { y: [1, 2] } }),
    chart.bar(["a"], { b: { y: [1] } }),
    chart.box({ a: [1, 2, 3] }),
    chart.violin({ a: [1, 2, 3] }),
    chart.heat([[1, 2]]),
    chart.passAtK(score()),
    chart.klReward(run("rl", 0)),
    chart.calibration(score()),
  ];
  expect(figures.map((figure) => figure.png().length > 5000)).toEqual(figures.map(() => true));
});

test("a figure written by hand is typed by Plotly, takes typed arrays and NaN, and is shown where JupyterLab has no Plotly of its own", () => {
  const figure = chart.plotly(
    [{ type: "scatter", mode: "lines", x: [1, 2, 3], y: Float32Array.from([0.5, Number.NaN, 2]) }],
    { title: { text: "mine" } },
  );
  // @ts-expect-error a misspelt kind of trace
  void (() => chart.plotly([{ type: "scater" }]));
  const bundle = figure[DISPLAY_SYMBOL]();
  expect(bundle["application/vnd.plotly.v1+json"]).toMatchObject({ data: [{ y: [0.5, null, 2] }] });
  expect(String(bundle["text/html"])).toContain("Plotly figure: 1 trace (scatter)</div>");
});

test("the sample browser has a row per completion with prompt and reference, filtered by model and outcome; of a run one per step", () => {
  const examples = Array.from({ length: 40 }, (_, i) => ({
    id: `p${i}`,
    prompt: `ask ${i}`,
    completion: `say ${i}`,
    meta: {},
  }));
  const set = { name: "test", examples } as unknown as ExampleSet;
  const view = chart.samples(score(), { models: ["wide"], sets: ["test"], right: true, examples: { test: set } });
  const lines = view.tsv().split("\n");
  expect(lines[0]).toBe("problem\tprompt\tright\tcompletion\treference");
  expect(lines[1]).toBe("p0\task 0\t✓\tyes\tsay 0");
  expect(lines).toHaveLength(1 + 40 * 2);
  expect(String(view)).toContain("80 completions, 100.0 % of them right.");
  const rl = run("rl", 0);
  const sampled = {
    kind: rl.kind,
    model: rl.model,
    history: [{ ...rl.history[0], sample: { prompt: "a", completion: "b", reward: 1 } }],
  };
  const stepped = new Run(sampled as unknown as ConstructorParameters<typeof Run<unknown>>[0]);
  expect(chart.samples(stepped).tsv()).toBe("step\tprompt\tcompletion\treward\n1\ta\tb\t1");
});
