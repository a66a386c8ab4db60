import { beforeAll, describe, expect, test } from "vitest";
import { evaluateModels } from "../../../lib/eval/evaluate.ts";
import type { ProblemScore, Scores } from "../../../lib/eval/scores.ts";
import { summarise } from "../../../lib/eval/summarise.ts";
import * as tf from "../../../lib/tensor/tf.ts";
import { init } from "../../../lib/model/init.ts";
import type { Model } from "../../../lib/model/model.ts";
import { trainSft } from "../../../lib/train/sft.ts";
import { rewards } from "../../../lib/world/rewards.ts";
import { stateMachine } from "../../../lib/world/stateMachine.ts";

const task = stateMachine({ seed: 1, states: 4, actions: 4, cues: 1, depth: [3, 5] });
const code = async (work: () => Promise<unknown>) => {
  try {
    await work();
  } catch (error) {
    return (error as { code?: string }).code;
  }
  return undefined;
};
/** Everything but times, losses to 5 digits: their last bits depend on how many rows a product has. */
const bare = ({ rows, perProblem }: Scores) => {
  const name = (p: ProblemScore) => `${p.set} ${p.model} ${p.id}`;
  const sorted = perProblem.toSorted((a, b) => (name(a) < name(b) ? -1 : 1));
  const round = (field: string, value: unknown) =>
    /seconds/iu.test(field) ? undefined : typeof value === "number" ? Number(value.toFixed(3)) : value;
  return JSON.stringify([rows, sorted], round);
};

describe("on real models", () => {
  let blank: Model;
  let tuned: Model;
  beforeAll(async () => {
    blank = await init({ layers: 2, width: 32, heads: 2, vocab: task.vocab, maxLength: 32, seed: 0 });
    ({ model: tuned } = await trainSft(blank, task.train(2000), { steps: 120, batch: 32, learningRate: 5e-3 }));
  });

  test("a verifier that gives a grade, a match or nothing is refused, in evaluations and as a reward: 0.3 is no right answer", async () => {
    const test = task.test({ n: 4 });
    for (const said of [0.3, 1, ["a"], undefined, "false"]) {
      const grading = { ...test, verify: (() => said) as unknown as typeof test.verify };
      const evaluated = evaluateModels({ tuned }, { grading }, { temperature: 0 });
      await expect(evaluated).rejects.toMatchObject({ code: "NOT_A_VERDICT" });
      const [example] = test.examples;
      for (const made of [rewards.verified, rewards.inverted])
        await expect(code(async () => made(grading.verify)(example!, "s0"))).resolves.toBe("NOT_A_VERDICT");
    }
  });

  test("a tuned model beats a blank one, by accuracy, loss and paired test; rows, comparisons and cost agree with the outcomes", async () => {
    const test = task.test({ n: 40 });
    const scores = await evaluateModels({ blank, tuned }, { test }, { samples: 4, passAt: [1, 4], majAt: [3] });
    const [before, after] = scores.rows;
    if (!before || !after) throw new Error("two rows are expected");
    expect([before.model, before.set, before.problems, before.samples, scores.stopped]).toEqual([
      "blank",
      "test",
      40,
      4,
      "finished",
    ]);
    expect(after.accuracy.low).toBeGreaterThan(before.accuracy.high);
    expect(after.accuracy.value).toBeCloseTo(after.passAt[1]?.value ?? -1, 12);
    expect(after.passAt[4]?.value).toBeGreaterThanOrEqual(after.accuracy.value);
    expect(after.nllPerToken.value).toBeLessThan(before.nllPerToken.value);
    expect(Math.abs(before.nllPerToken.value / Math.log(task.vocab.vocabSize) - 1)).toBeLessThan(0.1);
    expect(scores.comparisons[0]).toMatchObject({ set: "test", a: "blank", b: "tuned", problems: 40 });
    expect(scores.comparisons[0]?.p).toBeLessThan(0.01);
    expect(scores.comparisons[0]?.difference.value).toBeCloseTo(after.accuracy.value - before.accuracy.value, 12);
    const mine = scores.perProblem.filter((p) => p.model === "tuned");
    expect(mine).toHaveLength(40);
    expect(after.tokens).toBe(mine.reduce((sum, p) => sum + p.generatedTokens, 0));
    expect(after.byDepth.reduce((sum, d) => sum + d.problems, 0)).toBe(40);
    const right = mine.flatMap((p) => p.solved).filter(Boolean).length;
    expect(after.tokensPerCorrect?.value).toBeCloseTo(after.tokens / right, 9);
    for (const p of mine) {
      const example = test.examples.find((e) => e.id === p.id);
      p.solved.forEach((solved, i) => solved && expect(p.completions[i]).toBe(example?.completion));
    }
  });

  test("the same seed gives the same outcomes whatever the batch and beside whatever model and set; another seed others", async () => {
    const sets = { test: task.test({ n: 12 }) };
    const run = (options: object, models: Record<string, Model> = { tuned }, more = {}) =>
      evaluateModels(
        models,
        { ...sets, ...more },
        { samples: 3, temperature: 1, seed: 5, maxNewTokens: 6, ...options },
      );
    const one = await run({});
    expect(bare(await run({ rowsAtOnce: 5 }))).toBe(bare(one));
    const beside = await run({}, { blank, tuned }, { deeper: task.test({ n: 4, depth: [6, 7] }) });
    const same = (p: ProblemScore) => p.model === "tuned" && p.set === "test";
    expect(new Map(beside.perProblem.filter(same).map((p) => [p.id, p.completions]))).toEqual(
      new Map(one.perProblem.map((p) => [p.id, p.completions])),
    );
    expect(bare(await run({ seed: 6 }))).not.toBe(bare(one));
  });

  test("greedy is the default for one sample and repeats itself; a set's own length limits the answer", async () => {
    const sets = { test: task.test({ n: 10 }) };
    const first = await evaluateModels({ tuned }, sets);
    expect(bare(await evaluateModels({ tuned }, sets, { temperature: 0 }))).toBe(bare(first));
    expect(first.options).toMatchObject({ samples: 1, temperature: 0, passAt: [1], maxNewTokens: { test: 6 } });
    expect(first.perProblem.every((p) => p.generatedTokens <= 6)).toBe(true);
  });

  test("an abort returns the finished problems and leaves no tensor behind", async () => {
    const controller = new AbortController();
    const before = tf.memory().numTensors;
    let reports = 0;
    const scores = await evaluateModels(
      { blank, tuned },
      { test: task.test({ n: 40 }) },
      { samples: 2, rowsAtOnce: 8 },
      {
        signal: controller.signal,
        onStep: ({ step, steps, metrics }) => {
          reports += 1;
          expect(steps).toBe(20);
          expect(metrics["accuracy"]).toBeGreaterThanOrEqual(0);
          if (step === 3) controller.abort();
        },
      },
    );
    expect([scores.stopped, reports]).toEqual(["interrupted", 3]);
    expect(scores.rows.map((r) => [r.model, r.problems])).toEqual([
      ["blank", 8],
      ["tuned", 4],
    ]);
    expect(scores.comparisons[0]?.problems).toBe(4);
    expect(tf.memory().numTensors).toBe(before);
    expect((await evaluateModels({ tuned }, { test: task.test({ n: 2 }) })).stopped).toBe("finished");
  });

  test("impossible requests are refused before anything is drawn", async () => {
    const sets = { test: task.test({ n: 2 }) };
    expect(await code(() => evaluateModels({ tuned }, sets, { samples: 2, passAt: [4] }))).toBe("TOO_FEW_SAMPLES");
    expect(await code(() => evaluateModels({ tuned }, sets, { samples: 2, temperature: 0 }))).toBe("BAD_TEMPERATURE");
    expect(await code(() => evaluateModels({ tuned }, sets, { maxNewTokens: 100 }))).toBe("TOO_LONG");
    expect(await code(() => evaluateModels({ tuned }, sets, { confidence: 95 }))).toBe("BAD_CONFIDENCE");
    expect(await code(() => evaluateModels({ tuned }, {}))).toBe("EMPTY_DATA");
    expect(await code(() => evaluateModels({}, sets))).toBe("EMPTY_DATA");
  });
});

describe("summaries of given outcomes", () => {
  const outcome = (model: string, i: number, right: number, template?: string): ProblemScore => ({
    model,
    set: "s",
    id: `${i}`,
    meta: { depth: 1 + (i % 2), ...(template ? { template } : {}) },
    completions: Array.from({ length: 4 }, (_, s) => (s < right ? "yes" : `no ${s % 2}`)),
    solved: Array.from({ length: 4 }, (_, s) => s < right),
    confidences: Array.from({ length: 4 }, () => 0.5),
    referenceBytes: 8,
    unfinished: 0,
    generatedTokens: 8,
    promptTokens: 10,
    seconds: 0.5,
    referenceNats: 2,
    referenceTokens: 4,
  });
  const options = {
    samples: 4,
    temperature: 1,
    passAt: [1, 2],
    majAt: [3],
    seed: 0,
    maxNewTokens: { s: 4 },
    confidence: 0.95,
    rowsAtOnce: 256,
    cache: null,
  };
  const facts = { m: { parameters: 1000, firstTokenSeconds: 0.01 } };
  const rowsOf = (outcomes: ProblemScore[]) =>
    summarise({ models: ["m"], sets: ["s"], facts, leaks: {} }, outcomes, options).rows[0];

  test("figures by hand: accuracy 0.5, pass@2 of 2 of 4 = 5/6, 2 x 1000 x 18 operations per problem, 4 tokens per right answer", () => {
    const row = rowsOf([outcome("m", 0, 2), outcome("m", 1, 2)]);
    expect(row?.accuracy.value).toBe(0.5);
    expect(row?.passAt[2]?.value).toBeCloseTo(5 / 6, 12);
    expect(row?.flops).toBe(2 * 2 * 1000 * 18);
    expect([
      row?.tokensPerCorrect?.value,
      row?.secondsPerCorrect?.value,
      row?.nllPerToken.value,
      row?.distinctShare,
    ]).toEqual([4, 0.25, 0.5, 0.75]);
    // 4 nats over 16 bytes.
    expect(row?.bitsPerByte.value).toBeCloseTo(4 / 16 / Math.LN2, 12);
    expect(row?.calibration.bias.value).toBe(0);
    // Right twice against two different wrong answers: all three-votes with both right ones win, the others tie three ways.
    expect(row?.majAt[3]?.value).toBeCloseTo((2 + 2 / 3) / 4, 12);
  });

  test("nothing right gives no cost per right answer and an interval that does not pretend to be certain", () => {
    const row = rowsOf(Array.from({ length: 20 }, (_, i) => outcome("m", i, 0)));
    expect([row?.tokensPerCorrect, row?.accuracy.value, row?.accuracy.low]).toEqual([null, 0, 0]);
    expect(row?.accuracy.high).toBeGreaterThan(0.1);
    expect(JSON.parse(JSON.stringify(row))).toEqual(row);
  });

  test("ten problems of one template are one cluster: the interval is wider than of ten templates", () => {
    const width = (template: (i: number) => string) => {
      const { accuracy } = rowsOf(
        Array.from({ length: 40 }, (_, i) => outcome("m", i, i < 20 ? 4 : 1, template(i))),
      ) ?? { accuracy: { low: 0, high: 0 } };
      return accuracy.high - accuracy.low;
    };
    expect(width((i) => `${Math.floor(i / 10)}`)).toBeGreaterThan(1.5 * width((i) => `${i}`));
  });
});
