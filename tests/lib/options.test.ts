// Everything that `blankslate` exports: a name that is no option is never passed over, and a value that is none is told before anything is computed.
import { beforeAll, describe, expect, test } from "vitest";
import * as lab from "../../lib/index.ts";
import { useEngineNamed } from "./engines.ts";
import { reversals, tinyModel, vocab } from "./train/task.ts";

const {
  chart,
  data,
  evaluate,
  key,
  model,
  pretrain,
  probe,
  rewards,
  rl,
  sandbox,
  sft,
  sweep,
  tokenizer,
  trial,
  world,
} = lab;
type Extra = Readonly<Record<string, unknown>>;

const set = reversals(4, 1);
const task = world.modular();
const tasks = [0, 1, 2, 3].map((seed) => world.modular({ seed }));
const fit = { steps: 1, batch: 2, learningRate: 1e-3 };
const seeds = [0, 1, 2, 3];
let tiny: lab.Model;
let score: lab.Score<"tiny" | "twin", "set">;
let run: Awaited<ReturnType<typeof rl>>;
beforeAll(async () => {
  await useEngineNamed("wasm");
  tiny = await tinyModel(0);
  score = await evaluate({ tiny, twin: tiny }, { set }, { samples: 2 });
  run = await rl(tiny, set, { steps: 1, promptsPerStep: 2, groupSize: 2, show: false });
  return () => {
    tiny.dispose();
    run.model.dispose();
  };
});

const init = (seed: number) => tinyModel(seed);
const twins = () => ({
  init,
  corpus: set,
  pretrain: fit,
  train: set,
  sft: { batch: 2, learningRate: 1e-3 },
  budgets: [1],
  sets: { set },
});
const control = () => ({ start: init, prompts: set, test: set, rewards: () => ({ none: () => 0 }), rl: { steps: 1 } });
const counter = () => ({ before: tiny, after: tiny, prompts: set, test: set, rl: { steps: 1 } });
const learn = () => ({ models: { tiny }, tasks });
const retained = () => ({ before: tiny, after: { tiny }, newTask: set, oldTask: set });
const card = { blank: "tiny", twin: "twin", inDistribution: "set", chance: 0.1, tokens: 1 } as const;
const configuration = { world: { name: "modular" }, model: { layers: 1, width: 16, heads: 2 }, seed: 0 } as const;
const swept = { base: configuration, seeds: [0], folder: "never written" };
const columns = { prompt: "q", completion: "a" };
const shown = (options: object) => options as never;

/** A call of each function, where it takes an object of options with those of `extra` among them. */
const CALLS: Readonly<Record<string, (extra: Extra) => unknown>> = {
  evaluate: (extra) => evaluate({ tiny }, { set }, extra),
  pretrain: (extra) => pretrain(tiny, set, { ...fit, ...extra }),
  sft: (extra) => sft(tiny, set, { ...fit, ...extra }),
  rl: (extra) => rl(tiny, set, extra),
  sweep: (extra) => sweep({ ...swept, ...extra }),
  trial: (extra) => trial({ ...configuration, ...extra }, "never written"),
  each: (extra) => lab.each([1], async () => 1, extra),
  summarize: (extra) => lab.summarize([{ x: 1 }], shown({ by: "x", ...extra })),
  table: (extra) => lab.table([{ x: 1 }], extra),
  "model.init": (extra) => model.init({ layers: 1, width: 16, heads: 2, vocab, seed: 0, ...extra }),
  "model.load": (extra) => model.load("nowhere", extra),
  "model.save": (extra) => model.save(tiny, "never written", extra),
  "model.blank": (extra) => model.blank({ like: tiny, seed: 0, ...extra }),
  "model.lora": (extra) => model.lora(tiny, extra),
  "model.generate": (extra) => model.generate(tiny, [[3]], { maxNewTokens: 1, temperature: 0, key: key(0), ...extra }),
  "model.complete": (extra) => model.complete(tiny, "a", extra),
  "model.score": (extra) => model.score(tiny, [[3]], [[4]], extra),
  "tokenizer.load": (extra) => tokenizer.load("nowhere", extra),
  "tokenizer.train": (extra) => tokenizer.train(["a"], { vocabSize: 260, ...extra }),
  "tokenizer.chat": (extra) => tokenizer.chat(tokenizer.train(["a"], { vocabSize: 260 }), [], extra),
  "sandbox.run": (extra) => sandbox.run("javascript", "1", extra),
  "sandbox.check": (extra) => sandbox.check("javascript", { code: "1", tests: "1", ...extra }),
  "rewards.random": (extra) => rewards.random(extra),
  "rewards.code": (extra) => rewards.code({ language: "python", tests: () => "", ...extra }),
  "data.jsonl": (extra) => data.jsonl("nowhere", { ...columns, ...extra }),
  "data.csv": (extra) => data.csv("nowhere", { ...columns, ...extra }),
  "data.parquet": (extra) => data.parquet("nowhere", { ...columns, ...extra }),
  "data.arrow": (extra) => data.arrow("nowhere", { ...columns, ...extra }),
  "data.rows": (extra) => data.rows([{ q: "1", a: "2" }], { ...columns, ...extra }),
  "data.text": (extra) => data.text("nowhere", extra),
  "data.stream": (extra) => data.stream("nowhere", columns, extra),
  "data.mix": (extra) => data.mix({ set }, extra),
  "data.split": (extra) => data.split(set, { all: 1 }, extra),
  "data.hub": (extra) => data.hub("no/thing", extra),
  "world.stateMachine": (extra) => world.stateMachine(extra),
  "world.modular": (extra) => world.modular(extra),
  "world.countdown": (extra) => world.countdown(extra),
  "world.graph": (extra) => world.graph(extra),
  "world.stories": (extra) => world.stories(extra),
  "world.strings": (extra) => world.strings(extra),
  "world.mixture": (extra) => world.mixture({ task }, {}, extra),
  "probe.scorecard": (extra) => probe.scorecard(score, { ...card, ...extra }),
  "probe.crossover": (extra) => probe.crossover(score, { before: "tiny", after: "twin", ...extra }),
  "probe.coverage": (extra) => probe.coverage(score, { before: "tiny", after: "twin", ...extra }),
  "probe.distanceCurve": (extra) => probe.distanceCurve(score, { set }, { distance: () => 0, label: "d", ...extra }),
  "probe.calibration": (extra) => probe.calibration(score, extra),
  "probe.kl": (extra) => probe.kl({ before: tiny, after: tiny }, set, extra),
  "probe.sharpening": (extra) => probe.sharpening({ before: tiny, after: tiny }, set, extra),
  "probe.twins": (extra) => probe.twins({ ...twins(), seeds, ...extra }),
  "probe.controlRewards": (extra) => probe.controlRewards({ ...control(), seeds, ...extra }),
  "probe.fineTuned": (extra) => probe.fineTuned({ init, train: set, sft: fit, ...extra }),
  "probe.predictions": (extra) =>
    probe.predictions(shown({ result: { points: [], sets: [], seeds } }), shown({ chance: 0.1, ...extra })),
  "probe.verdicts": (extra) => probe.verdicts({ world: shown({ chance: 0.1, twins: {}, ...extra }) }),
  "probe.nllGap": (extra) => probe.nllGap({ tiny }, task, shown({ seen: set, sets: {}, ...extra })),
  "probe.dataKl": (extra) => probe.dataKl({ tiny }, task, extra),
  "probe.novelty": (extra) => probe.novelty({ tiny }, set, { train: [set], ...extra }),
  "probe.crossPerplexity": (extra) => probe.crossPerplexity({ tiny }, set, extra),
  "probe.retention": (extra) => probe.retention(retained(), extra),
  "probe.learnToLearn": (extra) => probe.learnToLearn({ ...learn(), ...extra }),
  "probe.temperatureSweep": (extra) => probe.temperatureSweep({ tiny }, set, extra),
  "probe.counterfactuals": (extra) => probe.counterfactuals({ ...counter(), ...extra }),
  "chart.line": (extra) => chart.line({ a: { y: [1] } }, extra),
  "chart.scatter": (extra) => chart.scatter({ a: { y: [1] } }, extra),
  "chart.bar": (extra) => chart.bar(["a"], { a: { y: [1] } }, extra),
  "chart.box": (extra) => chart.box({ a: [1] }, extra),
  "chart.violin": (extra) => chart.violin({ a: [1] }, extra),
  "chart.heat": (extra) => chart.heat([[1]], extra),
  "chart.metric": (extra) => chart.metric(run, "reward", extra),
  "chart.loss": (extra) => chart.loss(run, extra),
  "chart.reward": (extra) => chart.reward(run, extra),
  "chart.entropy": (extra) => chart.entropy(run, extra),
  "chart.length": (extra) => chart.length(run, extra),
  "chart.klReward": (extra) => chart.klReward(run, extra),
  "chart.accuracy": (extra) => chart.accuracy(score, extra),
  "chart.accuracyByDepth": (extra) => chart.accuracyByDepth(score, extra),
  "chart.accuracyByDistance": (extra) =>
    chart.accuracyByDistance(score, { set }, { distance: () => 0, label: "d", ...extra }),
  "chart.passAtK": (extra) => chart.passAtK(score, extra),
  "chart.temperature": (extra) => chart.temperature([score], extra),
  "chart.calibration": (extra) => chart.calibration(score, extra),
  "chart.transfer": (extra) => chart.transfer(score, extra),
  "chart.attention": (extra) => chart.attention([[1]], ["a"], extra),
  "chart.samples": (extra) => chart.samples(score, extra),
};

/** Take no object of options. */
const WITHOUT = [
  "manifest frameOf engineStatus startEngine useEngine memory fold key chart.twins chart.plotly model.merge model.forward tokenizer.words",
  "sandbox.close data.chats data.gsm8k data.math data.humaneval data.mbpp",
  "rewards.verified rewards.majority rewards.tags rewards.inverted rewards.format rewards.length rewards.sum rewards.product",
].flatMap((names) => names.split(" "));

const isClass = (value: () => unknown) => value.toString().startsWith("class ");
function functionsOf(values: Readonly<Record<string, unknown>>, path = ""): string[] {
  return Object.entries(values).flatMap(([name, value]) => {
    if (typeof value === "function") return isClass(value as () => unknown) ? [] : [`${path}${name}`];
    return typeof value === "object" && value !== null && name !== "tf"
      ? functionsOf(value as Record<string, unknown>, `${path}${name}.`)
      : [];
  });
}

const failureOf = async (call: () => unknown): Promise<string> => {
  try {
    await call();
    return "nothing was said";
  } catch (error) {
    const { code, fact, hint } = error as { code?: string; fact?: string; hint?: string };
    return code === undefined ? String(error) : `${code}: ${fact} ${hint}`;
  }
};

test("every function of the library is looked at here", () => {
  expect([...Object.keys(CALLS), ...WITHOUT].toSorted()).toEqual(functionsOf(lab).toSorted());
});

test.each(Object.keys(CALLS))("%s refuses a name that is no option, and says which it has", async (name) => {
  expect(await failureOf(() => CALLS[name]?.({ smaples: 8 }))).toMatch(
    /^OPTION_UNKNOWN: .* has no option called "smaples"\. .*\bhas [a-z]/iu,
  );
});

test.each([
  ["evaluate", { smaples: 8 }, "samples is meant, perhaps"],
  ["evaluate", { maxTokens: 8 }, "maxNewTokens is meant, perhaps"],
  ["probe.kl", { sample: 8 }, "samples is meant, perhaps"],
  ["probe.twins", { seed: 0 }, "seeds is meant, perhaps"],
  ["data.jsonl", { promt: "q" }, "prompt is meant, perhaps"],
  ["world.stateMachine", { state: 3 }, "states is meant, perhaps"],
  ["sweep", { process: 1 }, "processes is meant, perhaps"],
])("%s: of %o the hint says “%s”", async (name, extra, says) => {
  expect(await failureOf(() => CALLS[name]?.(extra))).toContain(says);
});

describe("names inside, and those of a world's shift", () => {
  test.each<readonly [string, () => unknown, string]>([
    ["a test's shift", () => task.test(shown({ detph: [3, 4] })), "depth is meant, perhaps"],
    ["prompts' shift", () => task.prompts(2, shown({ detph: [3, 4] })), "depth is meant"],
    ["a corpus's shift", () => task.pretrainCorpus(2, shown({ detph: [3, 4] })), "depth is meant"],
    ["a floor's shift", () => task.entropyFloor(shown({ detph: [3, 4] })), "depth is meant"],
    ["the beginning of a stream", () => task.train(2, shown({ form: 3 })), "from is meant"],
    ["a mixture's shift", () => world.mixture({ task }).test(shown({ weihgts: { task: 1 } })), "weights is meant"],
    ["twins' fine-tuning", () => CALLS["probe.twins"]?.({ sft: { batch: 2, lr: 1e-3 } }), "learningRate is meant"],
    ["twins' evaluation", () => CALLS["probe.twins"]?.({ evaluate: { smaples: 2 } }), "samples is meant"],
    ["a control's RL", () => CALLS["probe.controlRewards"]?.({ rl: { groupsize: 2 } }), "groupSize is meant"],
    ["counterfactuals' RL", () => CALLS["probe.counterfactuals"]?.({ rl: { step: 2 } }), "steps is meant"],
    ["relearning", () => CALLS["probe.learnToLearn"]?.({ sft: { ...fit, batchSize: 2 } }), "batch is meant"],
    [
      "a scorecard's world",
      () => probe.scorecard({ seeds, worlds: { a: shown({ chance: 0, twins: { ...twins(), budget: [1] } }) } }),
      "budgets is meant",
    ],
    [
      "a scorecard's control rewards, before its twins are trained",
      () =>
        probe.scorecard({
          seeds,
          worlds: { a: { chance: 0, twins: twins(), rewards: shown({ ...control(), prompt: set }) } },
        }),
      "prompts is meant",
    ],
    [
      "a set of the loss above the floor",
      () => CALLS["probe.nllGap"]?.({ sets: { far: { detph: [3, 4] } } }),
      "depth is meant",
    ],
    ["a trial's stage", () => CALLS["trial"]?.({ sft: { ...fit, examlpes: 5 } }), "examples is meant"],
    [
      "a trial's world",
      () => CALLS["trial"]?.({ world: { name: "modular", options: { modulo: 5 } } }),
      "modulus is meant",
    ],
    ["a trial's sets", () => CALLS["trial"]?.({ evaluate: { sets: { far: { detph: [3, 4] } } } }), "depth is meant"],
    [
      "a sweep's path",
      () => CALLS["sweep"]?.({ grid: { "sft.lerningRate": [1e-3] }, base: { ...configuration, sft: fit } }),
      "learningRate is meant",
    ],
    ["a column with text around it", () => CALLS["data.rows"]?.({ prompt: { colum: "q" } }), "column is meant"],
    ["an axis", () => CALLS["chart.line"]?.({ x: { lable: "k" } }), "label is meant"],
    ["part of a stream", () => data.stream("nowhere", columns).take(2, shown({ form: 1 })), "from is meant"],
  ])("%s", async (_, call, says) => {
    const said = await failureOf(call);
    expect(said).toMatch(/^OPTION_(UNKNOWN|MISSING)/u);
    expect(said).toContain(says);
  });
});

describe("values that make no sense", () => {
  test.each<readonly [string, Extra, string]>([
    ["evaluate", { samples: 0 }, "OPTION_INVALID: samples of evaluate is 0. it may be a whole number, at least 1"],
    ["evaluate", { samples: "8" }, 'OPTION_INVALID: samples of evaluate is the text "8"'],
    ["evaluate", { temperature: -1 }, "OPTION_INVALID: temperature of evaluate is -1"],
    ["evaluate", { passAt: 1 }, "OPTION_INVALID: passAt of evaluate is 1"],
    ["evaluate", { passAt: [1.5] }, "OPTION_INVALID: passAt"],
    ["evaluate", { passAt: [9] }, "TOO_FEW_SAMPLES"],
    ["evaluate", { confidence: 95 }, "BAD_CONFIDENCE"],
    ["evaluate", { trainedOn: [5] }, "NOT_EXAMPLES: trainedOn[0] is 5"],
    ["evaluate", { rowsAtOnce: 0 }, "OPTION_INVALID: rowsAtOnce"],
    ["evaluate", { maxNewTokens: 0 }, "OPTION_INVALID: maxNewTokens"],
    ["probe.kl", { samples: 0 }, "OPTION_INVALID: samples of kl is 0"],
    ["probe.kl", { confidence: 95 }, "BAD_CONFIDENCE"],
    ["probe.sharpening", { samples: 1.5 }, "OPTION_INVALID: samples of sharpening"],
    ["probe.novelty", { runs: [] }, "OPTION_INVALID: runs of novelty is a list of 0"],
    ["probe.novelty", { train: set }, "OPTION_INVALID: train of novelty is an object"],
    ["probe.dataKl", { n: 0 }, "OPTION_INVALID: n of dataKl is 0"],
    ["probe.nllGap", { seen: set.examples }, "NOT_EXAMPLES: seen is a list of 4"],
    ["probe.temperatureSweep", { temperatures: ["1"] }, "OPTION_INVALID: temperatures"],
    ["probe.temperatureSweep", { temperatures: [0, 1] }, "BAD_TEMPERATURE"],
    ["probe.twins", { seeds: [0, 1] }, "TOO_FEW_SEEDS"],
    ["probe.twins", { seeds: [0, 1, 2, 2] }, "SEED_REPEATED"],
    ["probe.twins", { budgets: [0] }, "OPTION_INVALID: budgets"],
    ["probe.twins", { budgets: [] }, "EMPTY_DATA"],
    ["probe.twins", { confidence: 1 }, "BAD_CONFIDENCE"],
    ["probe.controlRewards", { samples: 1 }, "OPTION_INVALID: samples of controlRewards is 1"],
    ["probe.controlRewards", { start: 5 }, "OPTION_INVALID: start of controlRewards is 5. it may be a function"],
    [
      "probe.predictions",
      { chance: 10 },
      "OPTION_INVALID: chance of predictions is 10. it may be a number from 0 to 1",
    ],
    ["probe.learnToLearn", { shots: [-1] }, "OPTION_INVALID: shots"],
    ["probe.crossover", { before: "tinny" }, "NO_SUCH_SCORE"],
    ["probe.crossover", { before: undefined }, "OPTION_MISSING: crossover needs before"],
    ["probe.calibration", { set: "sett" }, "OPTION_INVALID: set of calibration"],
    ["probe.retention", { samples: -1 }, "OPTION_INVALID: samples of retention"],
    ["sweep", { processes: 0 }, "OPTION_INVALID: processes of sweep is 0"],
    ["sweep", { grid: { "sft.steps": 5 } }, "OPTION_INVALID: grid of sweep"],
    ["sweep", { seeds: [] }, "BAD_GRID"],
    ["trial", { world: { name: "mixture" } }, "BAD_TRIAL"],
    ["rl", { resumeFrom: 5 }, "OPTION_INVALID: resumeFrom of rl is 5"],
    ["model.generate", { topP: 5 }, "OPTION_INVALID: topP of model.generate is 5"],
    ["sandbox.run", { timeMs: -1 }, "OPTION_INVALID: timeMs of sandbox.run is -1"],
    ["rewards.random", { p: 5 }, "BAD_REWARD"],
    ["data.text", { maxCharacters: 0 }, "OPTION_INVALID: maxCharacters"],
    ["data.stream", { shuffleBuffer: 0 }, "OPTION_INVALID: shuffleBuffer"],
    ["data.rows", { prompt: undefined }, "OPTION_MISSING: data.rows needs prompt"],
    ["world.modular", { depth: 3 }, "OPTION_INVALID: depth of world.modular is 3. it may be [smallest, largest]"],
    ["world.countdown", { faces: "eleven" }, "OPTION_INVALID: faces"],
    ["chart.accuracy", { models: ["tinny"] }, "OPTION_INVALID: models of chart.accuracy"],
    ["chart.samples", { sets: ["test"] }, "OPTION_INVALID: sets of chart.samples"],
    ["chart.line", { references: [{ y: "a", label: "a" }] }, "OPTION_INVALID: y of references[0]"],
    ["table", { rows: 0 }, "OPTION_INVALID: rows of table"],
    ["summarize", { by: 5 }, "OPTION_INVALID: by of summarize"],
  ])("%s, %o", async (name, extra, says) => {
    expect(await failureOf(() => CALLS[name]?.(extra))).toContain(says);
  });

  test.each<readonly [string, () => unknown, string]>([
    [
      "a model without a name",
      () => evaluate(tiny as never, { set }),
      "NOT_A_MODEL: the models are one model. give it a name",
    ],
    ["a set without a name", () => evaluate({ tiny }, set as never), "NOT_EXAMPLES: the sets are one set."],
    [
      "a run for a model",
      () => evaluate({ run } as never, { set }),
      "NOT_A_MODEL: models.run is a run. a run holds its model",
    ],
    ["a promise of a model", () => probe.novelty({ a: init(0) } as never, set, { train: [set] }), "a promise"],
    ["no model", () => probe.crossPerplexity({}, set), "EMPTY_DATA: there is no model"],
    [
      "no problem",
      () => probe.kl({ before: tiny, after: tiny }, { ...set, examples: [] }),
      "EMPTY_DATA: the set has no",
    ],
    ["a metric that no run has", () => chart.metric(run, "gradientnorm"), "NO_SUCH_METRIC"],
    ["an unknown language", () => sandbox.run("ruby" as never, "1"), "OPTION_INVALID: language of sandbox.run"],
    ["an unknown engine", () => lab.useEngine("tensrflow" as never), "ENGINE_UNKNOWN"],
    ["draws of half a problem", () => task.test({ n: 1.5 }), "OPTION_INVALID: n of test is 1.5"],
    ["draws of no number", () => task.train(Number.NaN), "OPTION_INVALID: n of train is NaN"],
    ["a shift that is none", () => task.test({ operators: "unifrom" as never }), "it may be one of train, uniform"],
  ])("%s", async (_, call, says) => {
    expect(await failureOf(call)).toContain(says);
  });
});
