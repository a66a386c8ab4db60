// Training on a stream, and what watches a run: early stopping and samples.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createPrivateTemporaryDirectory, removePath } from "../../../lib/core/files.ts";
import { data } from "../../../lib/data/data-sets.ts";
import * as tf from "../../../lib/tensor/tf.ts";
import { trainSft } from "../../../lib/train/sft.ts";
import { engines, useEngineNamed } from "../engines.ts";
import { reversals, tinyModel } from "./task.ts";

const set = reversals(200, 1);
const columns = { prompt: "prompt", completion: "completion" } as const;
const options = { steps: 12, batch: 8, learningRate: 3e-3 };
const held = reversals(400, 2);
const seen = new Set(set.examples.map((example) => example.prompt));
const kept = { ...held, name: "kept", examples: held.examples.filter((e) => !seen.has(e.prompt)).slice(0, 20) };

let folder: string;
let file: string;
beforeAll(async () => {
  folder = await createPrivateTemporaryDirectory("blankslate-train-stream");
  file = join(folder, "reversals.jsonl");
  writeFileSync(file, set.examples.map((example) => JSON.stringify(example)).join("\n"));
});
afterAll(() => removePath(folder));

describe.each(engines)("on %s", (engine) => {
  beforeAll(() => useEngineNamed(engine));

  test("a run on a stream resumes from a checkpoint to the same weights, bit for bit, across a pass's end", async () => {
    const model = await tinyModel(0);
    const stream = () => data.stream(file, columns, { shuffleBuffer: 16, seed: 4 });
    const passes = { ...options, steps: 20 };
    const size = (await stream().survey()).examples;
    expect(size).toBeLessThan(20 * 8);
    const checkpoint = { folder: join(folder, `stream-${engine}`), every: 7 };
    const whole = await trainSft(model, stream(), { ...passes, checkpoint });
    const resumed = await trainSft(model, stream(), { ...passes, resumeFrom: join(checkpoint.folder, "step-000007") });
    expect(await resumed.model.hash()).toBe(await whole.model.hash());
    expect(resumed.history.map(({ metrics }) => metrics["loss"])).toEqual(
      whole.history.slice(7).map(({ metrics }) => metrics["loss"]),
    );
    const other = trainSft(model, data.stream(file, columns, { seed: 5 }), {
      ...passes,
      resumeFrom: join(checkpoint.folder, "step-000007"),
    });
    await expect(other).rejects.toMatchObject({ code: "CHECKPOINT_OTHER" });
    for (const made of [model, whole.model, resumed.model]) made.dispose();
  });

  test("early stopping ends a run whose held-out loss rises, and a resumed run ends at the same step", async () => {
    const model = await tinyModel(0);
    // So high a rate that the loss soon rises.
    const wild = { ...options, steps: 60, learningRate: 0.3, schedule: "constant", warmup: 0 } as const;
    const stopping = { heldOut: { set: kept, every: 2 }, earlyStopping: { patience: 3 } };
    const checkpoint = { folder: join(folder, `early-${engine}`), every: 2 };
    const run = await trainSft(model, set, { ...wild, ...stopping, checkpoint });
    expect(run.stopped).toBe("early");
    expect(run.history.length).toBeLessThan(60);
    const heldOut = run.history.flatMap(({ metrics }) => metrics["heldOutLoss"] ?? []);
    const best = heldOut.indexOf(Math.min(...heldOut));
    expect(heldOut.length - 1 - best).toBe(3);
    const resumed = await trainSft(model, set, {
      ...wild,
      ...stopping,
      resumeFrom: join(checkpoint.folder, "step-000004"),
    });
    expect(resumed.stopped).toBe("early");
    expect(resumed.history.at(-1)?.step).toBe(run.history.at(-1)?.step);
    expect(await resumed.model.hash()).toBe(await run.model.hash());
    for (const made of [model, run.model, resumed.model]) made.dispose();
  });

  test("samples show a greedy completion of each prompt in turn, change nothing and leave no tensor", async () => {
    const model = await tinyModel(0);
    const plain = await trainSft(model, set, options);
    const before = tf.memory().numTensors;
    const shown = await trainSft(model, set, { ...options, samples: { set: kept, every: 5, maxNewTokens: 6 } });
    const sampled = shown.history.filter(({ sample }) => sample);
    expect(sampled.map(({ step }) => step)).toEqual([5, 10, 12]);
    expect(sampled.map(({ sample }) => sample?.prompt)).toEqual(kept.examples.slice(0, 3).map((e) => e.prompt));
    expect(sampled.every(({ sample }) => typeof sample?.completion === "string")).toBe(true);
    expect(await shown.model.hash()).toBe(await plain.model.hash());
    shown.model.dispose();
    expect(tf.memory().numTensors).toBe(before);
    for (const made of [model, plain.model]) made.dispose();
  });
});

test("early stopping without a held-out set, and a held-out problem in a stream, refuse the run", async () => {
  const model = await tinyModel(0);
  const blind = trainSft(model, set, { ...options, earlyStopping: { patience: 2 } });
  await expect(blind).rejects.toMatchObject({ code: "HELD_OUT_MISSING" });
  const [example] = set.examples;
  const spelt = { ...set, examples: [{ ...example, id: "x", prompt: `  ${example?.prompt} ` } as never] };
  const leaked = trainSft(model, data.stream(file, columns), {
    ...options,
    steps: 40,
    heldOut: { set: spelt, every: 50 },
  });
  await expect(leaked).rejects.toMatchObject({ code: "TRAINED_ON" });
  const fine = await trainSft(model, set, { ...options, steps: 2 });
  expect(fine.stopped).toBe("finished");
  for (const made of [model, fine.model]) made.dispose();
});
