import { beforeAll, describe, expect, test } from "vitest";
import { hasCode } from "../../../lib/core/errors.ts";
import { mix } from "../../../lib/data/mix.ts";
import { makeModel } from "../../../lib/model/model.ts";
import type { Model } from "../../../lib/model/model.ts";
import { scoreCompletions } from "../../../lib/model/score.ts";
import { trainPretrain, trainSft } from "../../../lib/train/sft.ts";
import * as tf from "../../../lib/tensor/tf.ts";
import { engines, useEngineNamed } from "../engines.ts";
import { reversals, tinyModel, vocab } from "./task.ts";

const data = reversals(500, 1);
const options = { steps: 20, batch: 16, learningRate: 3e-3 };
const losses = (run: { history: readonly { metrics: Readonly<Record<string, number>> }[] }) =>
  run.history.map(({ metrics }) => metrics["loss"] as number);

describe.each(engines)("on %s", (engine) => {
  let model: Model;
  beforeAll(async () => {
    await useEngineNamed(engine);
    model = await tinyModel(0);
    return () => model.dispose();
  });

  test("the first loss is ln V within 2 %, twenty steps bring it down, and the argument model is untouched", async () => {
    const hash = await model.hash();
    const run = await trainSft(model, data, options);
    const [first] = losses(run);
    expect(Math.abs((first as number) / Math.log(vocab.vocabSize) - 1)).toBeLessThanOrEqual(0.02);
    expect(losses(run).at(-1)).toBeLessThan(0.8 * (first as number));
    expect(await model.hash()).toBe(hash);
    expect(await run.model.hash()).not.toBe(hash);
    expect(run).toMatchObject({ kind: "sft", stopped: "finished" });
    expect(run.history.map(({ step }) => step)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    run.model.dispose();
  });

  test("a held-out loss is that of the model at that step, changes no number of the training, and leaves no tensor", async () => {
    const [kept, given] = [data.examples.slice(0, 40), data.examples.slice(40)];
    const prompts = new Set(kept.map((example) => example.prompt));
    const train = { ...data, examples: given.filter((example) => !prompts.has(example.prompt)) };
    const set = { ...data, name: "kept", examples: kept };
    const plain = await trainSft(model, train, options);
    const before = tf.memory().numTensors;
    const watched = await trainSft(model, train, { ...options, heldOut: { set, every: 8 } });
    const due = watched.history.filter(({ metrics }) => "heldOutLoss" in metrics);
    expect(due.map(({ step }) => step)).toEqual([8, 16, 20]);
    expect(await watched.model.hash()).toBe(await plain.model.hash());
    const rows = await scoreCompletions(
      watched.model,
      kept.map((example) => vocab.encode(example.prompt)),
      kept.map((example) => [...vocab.encode(example.completion), vocab.eosId]),
    );
    const all = rows.flatMap((row) => Array.from(row));
    const mean = -all.reduce((sum, logProb) => sum + logProb, 0) / all.length;
    expect(due.at(-1)?.metrics["heldOutLoss"]).toBeCloseTo(mean, 5);
    expect(watched.options.heldOut).toEqual({ set: "kept", examples: 40, every: 8 });
    watched.model.dispose();
    expect(tf.memory().numTensors).toBe(before);
    plain.model.dispose();
  });

  test("T12: a held-out example that is trained on, as it is or spelt otherwise, refuses the run before its first step, out of a set and a mixture, in SFT and pre-training", async () => {
    const examples = data.examples.slice(0, 3);
    const spelt = examples.map((example) => ({
      ...example,
      id: `${example.id}'`,
      prompt: `  ${example.prompt.replaceAll(" ", "  ")} `,
    }));
    let steps = 0;
    const watch = { onStep: () => void (steps += 1) };
    const mixed = () => mix({ one: { ...data, examples: data.examples.slice(0, 1) } });
    for (const kept of [examples, spelt])
      for (const train of [trainSft, trainPretrain])
        for (const from of [data, await mixed()]) {
          const heldOut = { set: { ...data, examples: kept }, every: 8 };
          await expect(train(model, from, { ...options, heldOut }, watch)).rejects.toMatchObject({
            code: "TRAINED_ON",
            fact: expect.stringContaining("are held out, e.g. ") as string,
          });
        }
    expect(steps).toBe(0);
  });

  test("tf.memory().numTensors is constant over 100 SFT steps, and nothing but the new model is left after them", async () => {
    const before = tf.memory().numTensors;
    const counts: number[] = [];
    const onStep = () => counts.push(tf.memory().numTensors);
    const run = await trainSft(model, data, { ...options, steps: 100, batch: 4 }, { onStep });
    expect(counts.length).toBe(100);
    expect(new Set(counts).size).toBe(1);
    run.model.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  test("same seed, same run: losses and weights equal to the last bit; another seed, another order", async () => {
    const one = await trainSft(model, data, { ...options, steps: 6 });
    const again = await trainSft(model, data, { ...options, steps: 6 });
    const other = await trainSft(model, data, { ...options, steps: 6, seed: 1 });
    expect(losses(again)).toEqual(losses(one));
    expect(await again.model.hash()).toBe(await one.model.hash());
    expect(losses(other)).not.toEqual(losses(one));
    for (const run of [one, again, other]) run.model.dispose();
  });

  test("micro-batches of 5 give the step of the whole batch of 16 within 1e-6", async () => {
    const whole = await trainSft(model, data, { ...options, steps: 3 });
    const parts = await trainSft(model, data, { ...options, steps: 3, microBatch: 5 });
    losses(parts).forEach((loss, i) => expect(Math.abs(loss - (losses(whole)[i] as number))).toBeLessThanOrEqual(1e-6));
    const norms = [whole, parts].map((run) => run.history.map(({ metrics }) => metrics["gradientNorm"] as number));
    norms[0]?.forEach((norm, i) => expect(Math.abs((norms[1]?.[i] as number) / norm - 1)).toBeLessThanOrEqual(1e-5));
    for (const run of [whole, parts]) run.model.dispose();
  });

  test("an interrupt stops after the current step and returns what it has", async () => {
    const abort = new AbortController();
    const onStep = ({ step }: { step: number }) => step === 3 && abort.abort();
    const run = await trainSft(model, data, options, { signal: abort.signal, onStep: (report) => void onStep(report) });
    expect(run.stopped).toBe("interrupted");
    expect(run.history.length).toBe(3);
    expect(await run.model.hash()).not.toBe(await model.hash());
    run.model.dispose();
  });

  test("loss counts the completion and the end token; pre-training counts all but the first", async () => {
    const counted = async (train: typeof trainSft) => {
      const run = await train(
        model,
        { ...data, examples: data.examples.slice(0, 1) },
        { ...options, steps: 1, batch: 1 },
      );
      run.model.dispose();
      return losses(run)[0] as number;
    };
    // On a blank slate both are near ln V; they differ because they average over different tokens.
    expect(await counted(trainSft)).not.toBe(await counted(trainPretrain));
  });

  test("a NaN stops the run at its step, which the error names, and the model is as good as before", async () => {
    const named = new Map(Array.from(model.parameters, ([name, variable]) => [name, variable.clone() as tf.Tensor]));
    named.set("model.norm.weight", tf.tensor1d(Array.from({ length: 32 }, () => Number.NaN)));
    const broken = makeModel(model.config, model.tokenizer, named);
    const before = tf.memory().numTensors;
    const thrown = await trainSft(broken, data, options).catch((error: unknown) => error);
    expect(hasCode(thrown, "NOT_FINITE")).toBe(true);
    expect(String(thrown)).toMatch(/step 1: loss is NaN.*batch: 1-/);
    expect(tf.memory().numTensors).toBe(before);
    broken.dispose();
    tf.dispose([...named.values()]);
    const run = await trainSft(model, data, { ...options, steps: 1 });
    expect(run.stopped).toBe("finished");
    run.model.dispose();
  });

  test("an example that does not fit is refused, an empty set too", async () => {
    const long = { id: "long", prompt: "a ".repeat(40), completion: "a", meta: {} };
    await expect(trainSft(model, { ...data, examples: [long] }, options)).rejects.toMatchObject({ code: "TOO_LONG" });
    await expect(trainSft(model, { ...data, examples: [] }, options)).rejects.toMatchObject({ code: "EMPTY_DATA" });
  });
});
