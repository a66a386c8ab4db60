import { join } from "node:path";
import { afterEach, beforeAll, expect, test } from "vitest";
import { chart, evaluate, type Model, model, pretrain, probe, rl, sft, startEngine, world } from "blankslate";
import { createPrivateTemporaryDirectory, removePath } from "../../../lib/core/files.ts";
import { DISPLAY_SYMBOL, HOST_SYMBOL, type Host, type MimeBundle } from "../../../lib/core/host.ts";

const task = world.stateMachine({ seed: 7, states: 5, actions: 5, depth: [1, 3] });
let blank: Model;
let controller = new AbortController();
let drawn: MimeBundle[] = [];

beforeAll(async () => {
  await startEngine("wasm");
  blank = await model.init({ layers: 1, width: 16, heads: 2, maxLength: 32, vocab: task.vocab, seed: 0 });
});
afterEach(() => {
  delete (globalThis as { [HOST_SYMBOL]?: Host })[HOST_SYMBOL];
});

/** A notebook that keeps the displays; `after` steps it interrupts, when given. */
function notebook(after = Infinity): void {
  drawn = [];
  const place: Host = {
    kind: "notebook",
    display: (bundle) => void (drawn.push(bundle) === after && controller.abort()),
    cooperate: (work) => work((controller = new AbortController()).signal),
  };
  (globalThis as { [HOST_SYMBOL]?: Host })[HOST_SYMBOL] = place;
}
const words = (value: { [DISPLAY_SYMBOL](): MimeBundle }): string => String(value[DISPLAY_SYMBOL]()["text/plain"]);
const fit = { steps: 12, batch: 8, learningRate: 1e-2 };

test("the quickstart's calls in small: pretrain, sft, rl, evaluate, charts and scorecard follow from each other", async () => {
  notebook();
  const read = await pretrain(blank, task.pretrainCorpus(50), fit);
  const run = await sft(blank, task.train(50), fit);
  const twin = await sft(read.model, task.train(50), fit);
  expect(run.history).toHaveLength(12);
  expect(run.tokens).toBe(twin.tokens);
  expect(words(run)).toMatch(/^run +parameters +steps +tokens +loss, first tenth +loss, last tenth +time\nsft/);
  expect(run.frame().shape[0]).toBe(12);
  const ofSft = drawn.map((bundle) => String(bundle["text/plain"])).filter((line) => line.startsWith("sft"));
  expect(ofSft[0]).toMatch(/ · loss \S+ · perplexity \S+ · gradient norm \S+ · learning rate \S+ · memory [\d.]+ MB/);
  expect(ofSft.at(-1)).toMatch(/step 12\/12 .* · loss \S+ · perplexity \S+ · gradient norm [\d.]+ [▁-█]/);
  const tuned = await rl(run.model, task.prompts(4), { steps: 2, promptsPerStep: 2, groupSize: 4 });
  expect(tuned.curve().spec.y.label).toContain("reward");
  expect(drawn.map((bundle) => String(bundle["text/plain"]).split(" ")[0])).toContain("rl");
  expect(String(drawn.at(-1)?.["text/plain"])).toContain("step 2/2");

  const sets = { test: task.test({ n: 12 }), deeper: task.test({ n: 12, depth: [4, 5] }) };
  const score = await evaluate({ blank: run.model, twin: twin.model }, sets);
  expect(words(score)).toContain("Per problem one greedy completion; intervals: 95 % over problems.");
  expect(score.frame().shape).toEqual([4, score.frame().columns.length]);
  expect(score.frame().columns).toEqual(
    expect.arrayContaining(["accuracy", "accuracy_low", "accuracy_high", "pass_at_1"]),
  );
  expect(chart.accuracy(score, { chance: task.chance }).spec.x.categories).toEqual(["test", "deeper"]);
  expect(chart.accuracyByDepth(score).spec.series[0]?.x).toEqual([1, 2, 3, 4, 5]);

  const pass = await evaluate(
    { before: run.model, after: tuned.model },
    { test: task.test({ n: 12 }) },
    { samples: 4, passAt: [1, 2, 4], majAt: [1, 3] },
  );
  expect(words(pass)).toMatch(/accuracy +pass@2 +pass@4 +maj@3 +nats per token/);
  expect(chart.passAtK(pass).spec.series.map((s) => [s.name, s.x, s.low?.length])).toEqual([
    ["before", [1, 2, 4], 3],
    ["after", [1, 2, 4], 3],
  ]);
  const card = probe.scorecard(score, {
    blank: "blank",
    twin: "twin",
    inDistribution: "test",
    chance: task.chance,
    tokens: run.tokens,
    rl: { score: pass, before: "before", after: "after" },
  });
  expect(card.predictions).toHaveLength(6);
  expect(words(card)).toContain(card.sentences[1]);
  expect(card.frame().shape[0]).toBe(6);
});

test("an interrupt gives a run with the steps it has, marked interrupted, and a model that still answers", async () => {
  notebook(1);
  const run = await sft(blank, task.train(50), { ...fit, steps: 500 });
  expect(run.stopped).toBe("interrupted");
  expect(run.history.length).toBeGreaterThan(0);
  expect(run.history.length).toBeLessThan(500);
  expect(words(run)).toContain("(interrupted)");
  notebook();
  const score = await evaluate({ run: run.model }, { test: task.test({ n: 4 }) });
  expect(score.row("run", "test")?.problems).toBe(4);
});

test("a run that stopped early, and one that goes on from a checkpoint, say so", async () => {
  notebook();
  const kept = { heldOut: { set: task.test({ n: 4 }), every: 1 }, earlyStopping: { patience: 1, minImprovement: 9 } };
  const early = await sft(blank, task.train(20), { ...fit, ...kept, steps: 50 });
  expect(words(early)).toContain("2 (stopped early)");
  const folder = await createPrivateTemporaryDirectory("lab");
  const first = await sft(blank, task.train(20), { ...fit, steps: 4, checkpoint: { folder, every: 3 } });
  const rest = await sft(blank, task.train(20), { ...fit, steps: 4, resumeFrom: join(folder, "step-000003") });
  expect(words(first)).not.toContain("(");
  expect(words(rest)).toContain("1 (from step 4 on)");
  await removePath(folder);
  for (const run of [early, first, rest]) run.model.dispose();
});

test("show: false draws nothing, is still interrupted, and trains the same", async () => {
  notebook();
  const shown = await sft(blank, task.train(20), fit);
  notebook();
  const silent = await sft(blank, task.train(20), { ...fit, show: false });
  expect(drawn).toEqual([]);
  expect(await silent.model.hash()).toBe(await shown.model.hash());
  const running = sft(blank, task.train(20), { ...fit, steps: 100_000, show: false });
  setTimeout(() => controller.abort(), 200);
  expect((await running).stopped).toBe("interrupted");
});

test("a scorecard of a name that the score lacks says which names there are", async () => {
  notebook();
  const score = await evaluate({ blank }, { test: task.test({ n: 2 }) });
  const ask = () =>
    probe.scorecard(score, { blank: "blank", twin: "twin" as "blank", inDistribution: "test", chance: 0.1, tokens: 1 });
  expect(ask).toThrow(expect.objectContaining({ code: "NO_SUCH_SCORE", hint: "there are: blank on test." }));
});

test("misspelt options, models and sets are errors for the type checker, which every check runs over this file", async () => {
  notebook();
  const score = await evaluate({ blank }, { test: task.test({ n: 2 }) });
  const misspelt = [
    // @ts-expect-error learningRte
    () => sft(blank, task.train(1), { steps: 1, batch: 1, learningRate: 1, learningRte: 1 }),
    // @ts-expect-error groupsize
    () => rl(blank, task.prompts(1), { groupsize: 1 }),
    // @ts-expect-error sample
    () => evaluate({ blank }, {}, { sample: 1 }),
    // @ts-expect-error no such set
    () => chart.passAtK(score, { set: "tset" }),
    // @ts-expect-error no such model
    () => chart.accuracy(score, { models: ["blnk"] }),
    // @ts-expect-error no such world option
    () => world.stateMachine({ state: 3 }),
  ];
  expect(misspelt).toHaveLength(6);
  expect(score.models).toEqual(["blank"]);
});

test("a run with a held-out set shows that loss in its line, its table and its chart; without one all three are as ever", async () => {
  notebook();
  const set = task.test({ n: 6 });
  const run = await sft(blank, task.train(50), { ...fit, heldOut: { set, every: 5 } });
  const last = run.history.at(-1)!.metrics["heldOutLoss"]!;
  expect(String(drawn.at(-1)?.["text/plain"])).toContain(` · held-out loss ${Number(last.toPrecision(3))} · `);
  expect(String(drawn.at(-1)?.["text/html"])).toContain("held out");
  expect(words(run)).toMatch(/loss, last tenth +held-out loss, last +time\n/);
  const { series } = run.curve().spec;
  expect(series.map(({ name }) => name)).toEqual(["training", "held out"]);
  expect(series[1]).toMatchObject({ x: [5, 10, 12] });
  expect(series[1]!.y.at(-1)).toBe(last);
  const plain = await sft(blank, task.train(50), fit);
  expect(plain.curve().spec.series.map(({ name }) => name)).toEqual(["sft"]);
  for (const made of [run, plain]) made.model.dispose();
});
