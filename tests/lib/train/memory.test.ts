// Row C11: what training leaves behind, whichever way it ends.
import { beforeAll, describe, expect, test } from "vitest";
import type { Model } from "../../../lib/model/model.ts";
import { trainSft } from "../../../lib/train/sft.ts";
import * as tf from "../../../lib/tensor/tf.ts";
import { engines, useEngineNamed } from "../engines.ts";
import { reversals, tinyModel } from "./task.ts";

const data = reversals(200, 1);
const options = { steps: 200, batch: 4, learningRate: 1e-3 };
const live = () => tf.memory().numTensors;

describe.each(engines)("C11 on %s:", (engine) => {
  let model: Model;
  beforeAll(async () => {
    await useEngineNamed(engine);
    model = await tinyModel(0);
    return () => model.dispose();
  });

  test("200 steps leave the new model alone, and resident memory grows by at most 0.1 MB a step", async () => {
    const before = live();
    const resident: number[] = [];
    const run = await trainSft(model, data, options, { onStep: () => void resident.push(process.memoryUsage.rss()) });
    run.model.dispose();
    expect(live()).toBe(before);
    // The first steps fill caches and compile.
    const [from, to] = [resident[49]!, resident[199]!];
    expect((to - from) / 2 ** 20 / 150).toBeLessThanOrEqual(0.1);
  });

  test("a step that throws leaves no tensor, and the next run trains", async () => {
    const before = live();
    const onStep = ({ step }: { step: number }) => {
      if (step === 3) throw new Error("in the third step");
    };
    await expect(trainSft(model, data, options, { onStep })).rejects.toThrow("in the third step");
    expect(live()).toBe(before);
    const run = await trainSft(model, data, { ...options, steps: 2 });
    expect(run.history).toHaveLength(2);
    run.model.dispose();
    expect(live()).toBe(before);
  });

  test("an interrupted run leaves the model it returns and nothing else", async () => {
    const before = live();
    const stop = new AbortController();
    const onStep = ({ step }: { step: number }) => void (step === 3 && stop.abort());
    const run = await trainSft(model, data, options, { onStep, signal: stop.signal });
    expect(run.stopped).toBe("interrupted");
    expect(live() - before).toBe(run.model.parameters.size);
    run.model.dispose();
    expect(live()).toBe(before);
  });
});
