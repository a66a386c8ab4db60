import { beforeAll, describe, expect, test } from "vitest";
import { fold, key } from "../../../lib/core/rng.ts";
import { beforeStop, generate } from "../../../lib/model/generate.ts";
import { init } from "../../../lib/model/init.ts";
import type { Model } from "../../../lib/model/model.ts";
import { sampleTokens } from "../../../lib/tensor/ops/sample.ts";
import { scoreCompletions } from "../../../lib/model/score.ts";
import * as tf from "../../../lib/tensor/tf.ts";
import { assertHolds } from "../../parity/comparison.ts";
import { compareSampling } from "../../parity/sampling.ts";
import { engines, useEngineNamed } from "../engines.ts";
import { hasShared, sharedPath } from "../fixtures.ts";
import { numberTokenizer } from "../../parity/models.ts";

const vocab = numberTokenizer(12);
const PROMPTS = [[3], [4, 5, 6, 7, 8, 9, 10, 11, 3, 4, 5], [6, 7], [3, 4, 5, 6, 7]];
const k = key("samples");

/** Weights five times as large as a blank slate's, so that what it says is not uniform. */
async function loudModel(): Promise<Model> {
  const model = await init({
    arch: "qwen2",
    layers: 2,
    width: 32,
    heads: 4,
    kvHeads: 2,
    maxLength: 64,
    vocab,
    seed: 3,
  });
  for (const variable of model.parameters.values())
    if (variable.shape.length === 2) tf.tidy(() => variable.assign(tf.mul(variable, 8)));
  return model;
}
const asRows = (tokens: readonly Int32Array[]) => tokens.map((row) => [...row]);

describe.each(engines)("on %s", (engine) => {
  let model: Model;
  beforeAll(async () => {
    await useEngineNamed(engine);
    model = await loudModel();
    return () => model.dispose();
  });

  test("a row's sample does not depend on its batch mates: alone, in any order, in any chunk", async () => {
    const options = { maxNewTokens: 12, temperature: 1, key: k };
    const rowKeys = PROMPTS.map((_, i) => fold(k, i));
    const together = await generate(model, PROMPTS, options);
    for (const [i, prompt] of PROMPTS.entries()) {
      const alone = await generate(model, [prompt], { ...options, rowKeys: [rowKeys[i] as typeof k] });
      expect(asRows(alone.tokens)).toEqual(asRows([together.tokens[i] as Int32Array]));
      alone.logProbs[0]?.forEach((logProb, t) => expect(logProb).toBeCloseTo(together.logProbs[i]?.[t] as number, 4));
    }
    const order = [2, 0, 3, 1, 1, 0];
    const shuffled = await generate(
      model,
      order.map((i) => PROMPTS[i] as number[]),
      { ...options, rowKeys: order.map((i) => rowKeys[i] as typeof k), rowsAtOnce: 4 },
    );
    expect(asRows(shuffled.tokens)).toEqual(order.map((i) => [...(together.tokens[i] as Int32Array)]));
  });

  test.each([1, 0.6])(
    "log-probabilities are those of the whole sequences at temperature %s, within 1e-4",
    async (temperature) => {
      const { tokens, logProbs, finished } = await generate(model, PROMPTS, { maxNewTokens: 16, temperature, key: k });
      const completions = tokens.map((row, i) => [...row, ...(finished[i] ? [vocab.eosId] : [])]);
      const scored = await scoreCompletions(model, PROMPTS, completions, { temperature });
      scored.forEach((row, i) => {
        expect(logProbs[i]?.length).toBe(row.length);
        row.forEach((logProb, t) => expect(Math.abs(logProb - (logProbs[i]?.[t] as number))).toBeLessThanOrEqual(1e-4));
      });
    },
  );

  test("rows that finish make room for those that wait: 60 rows in 8 places say what they say all at once", async () => {
    const many = Array.from({ length: 60 }, (_, i) => PROMPTS[i % 4] as number[]);
    const options = { maxNewTokens: 20, temperature: 1.5, key: k };
    const [together, inTurn] = [
      await generate(model, many, options),
      await generate(model, many, { ...options, rowsAtOnce: 8 }),
    ];
    expect(new Set(together.tokens.map((row) => row.length)).size).toBeGreaterThan(3);
    expect(asRows(inTurn.tokens)).toEqual(asRows(together.tokens));
    expect(inTurn.ends).toEqual(together.ends);
    inTurn.logProbs.forEach((row, i) =>
      row.forEach((logProb, t) => expect(logProb).toBeCloseTo(together.logProbs[i]?.[t] as number, 4)),
    );
  });

  test("a stop text ends a row with the token that completes it; forced tokens take the place of draws and are marked", async () => {
    const options = { maxNewTokens: 24, temperature: 1, key: k };
    const many = Array.from({ length: 20 }, () => [3]);
    const free = await generate(model, many, options);
    const mark = vocab.decode([5]);
    const stopped = await generate(model, many, { ...options, stop: [mark] });
    expect(new Set(stopped.ends)).toContain("stop");
    stopped.tokens.forEach((row, i) => {
      const whole = [...(free.tokens[i] as Int32Array)];
      const first = whole.indexOf(5);
      expect([...row]).toEqual(first < 0 ? whole : whole.slice(0, first + 1));
      expect(stopped.ends[i] === "stop").toBe(first >= 0);
      expect(stopped.logProbs[i]?.length).toBe(row.length + (stopped.ends[i] === "end" ? 1 : 0));
    });
    expect(beforeStop("a b; c", ["; ", "b"])).toBe("a ");
    const forced = await generate(model, many, {
      ...options,
      force: (said, row) => (said.length < 2 ? 6 + (row % 2) : undefined),
    });
    forced.tokens.forEach((row, i) => {
      expect(Array.from(row.subarray(0, 2))).toEqual([6 + (i % 2), 6 + (i % 2)]);
      expect([...(forced.forced?.[i] ?? [])].slice(0, 3)).toEqual([
        1,
        1,
        ...(row.length > 2 || forced.ends[i] === "end" ? [0] : []),
      ]);
    });
    // What follows is drawn as it would be after a prompt that said as much, with the row's later numbers.
    const scored = await scoreCompletions(
      model,
      many,
      forced.tokens.map((row, i) => [...row, ...(forced.ends[i] === "end" ? [vocab.eosId] : [])]),
    );
    scored.forEach((row, i) =>
      row.slice(2).forEach((logProb, t) => expect(logProb).toBeCloseTo(forced.logProbs[i]?.[t + 2] as number, 4)),
    );
  });

  test("tokens said four at a time are those said one by one, to the bit, also when rows end between them", async () => {
    const many = Array.from({ length: 24 }, (_, i) => PROMPTS[i % 4] as number[]);
    const options = { maxNewTokens: 24, temperature: 1.2, key: k };
    // Whoever may force a token is asked before each one.
    const oneByOne = await generate(model, many, { ...options, force: () => undefined });
    const together = await generate(model, many, options);
    expect(new Set(together.tokens.map((row) => row.length)).size).toBeGreaterThan(3);
    expect(asRows(together.tokens)).toEqual(asRows(oneByOne.tokens));
    expect(together.logProbs).toEqual(oneByOne.logProbs);
    expect(together.ends).toEqual(oneByOne.ends);
  });

  test("finished rows stop at their end token while others go on, and none says the end token", async () => {
    const many = Array.from({ length: 40 }, () => [3]);
    const { tokens, finished, logProbs } = await generate(model, many, { maxNewTokens: 20, temperature: 1.5, key: k });
    const lengths = new Set(tokens.map((row) => row.length));
    expect(lengths.size).toBeGreaterThan(3);
    expect(tokens.every((row) => !row.includes(vocab.eosId))).toBe(true);
    tokens.forEach((row, i) => {
      expect(row.length === 20 || finished[i]).toBe(true);
      expect(logProbs[i]?.length).toBe(row.length + (finished[i] ? 1 : 0));
    });
  });

  test("4,000 draws have the frequencies of the policy: no token is off by more than 4 standard errors", async () => {
    const n = 4000;
    const prompt = [5, 6];
    const [drawn, logits] = [
      await generate(
        model,
        Array.from({ length: n }, () => prompt),
        { maxNewTokens: 1, temperature: 0.8, key: k, rowsAtOnce: n },
      ),
      await scoreCompletions(
        model,
        Array.from({ length: 12 }, () => prompt),
        Array.from({ length: 12 }, (_, v) => [v]),
        { temperature: 0.8 },
      ),
    ];
    const counts = Array.from({ length: 12 }, () => 0);
    drawn.tokens.forEach((row, i) => {
      const token = drawn.finished[i] ? vocab.eosId : (row[0] as number);
      counts[token] = (counts[token] as number) + 1;
    });
    logits.forEach((row, v) => {
      const p = Math.exp(row[0] as number);
      expect(Math.abs((counts[v] as number) - n * p)).toBeLessThanOrEqual(4 * Math.sqrt(n * p * (1 - p)) + 1);
    });
  });

  test("an aborted signal ends it after the current token and gives what is there", async () => {
    const abort = new AbortController();
    setImmediate(() => abort.abort());
    const { tokens, finished } = await generate(model, PROMPTS, {
      maxNewTokens: 40,
      temperature: 1,
      key: k,
      signal: abort.signal,
    });
    expect(tokens.every((row, i) => row.length < 40 || finished[i])).toBe(true);
    const after = await generate(model, PROMPTS, { maxNewTokens: 2, temperature: 0, key: k });
    expect(after.tokens.length).toBe(PROMPTS.length);
  });

  test("it leaves no tensor behind, and refuses prompts that cannot fit", async () => {
    const before = tf.memory().numTensors;
    await generate(model, PROMPTS, { maxNewTokens: 8, temperature: 0.9, topK: 5, key: k });
    await scoreCompletions(model, PROMPTS, PROMPTS);
    expect(tf.memory().numTensors).toBe(before);
    const tooLong = generate(model, PROMPTS, { maxNewTokens: 60, temperature: 0, key: k });
    await expect(tooLong).rejects.toMatchObject({ code: "TOO_LONG" });
    await expect(generate(model, [[]], { maxNewTokens: 1, temperature: 0, key: k })).rejects.toMatchObject({
      code: "EMPTY_PROMPT",
    });
  });

  test("the largest uniform number draws the last token that has a probability, the smallest the first", async () => {
    const logits = tf.tensor2d([
      [-1e9, 0, 0, -1e9],
      [-1e9, 0, 0, -1e9],
    ]);
    const uniforms = tf.tensor2d([[0], [1 - 2 ** -23]]);
    const drawn = tf.tidy(() => sampleTokens(logits, { temperature: 1 }, uniforms));
    expect([...(await drawn.data())].slice(0, 2)).toEqual([1, 2]);
    tf.dispose([logits, uniforms, drawn]);
  });

  test.skipIf(!hasShared)(
    "temperature, top-k, top-p and min-p give transformers' probabilities within 1e-6",
    async () => {
      assertHolds(await compareSampling(sharedPath("fixtures", "eval", "sampling_filters.json")));
    },
  );
});
