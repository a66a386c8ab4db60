import { expect, test } from "vitest";
import { trainSft } from "../../../lib/train/sft.ts";
import { engines, useEngineNamed } from "../engines.ts";
import { reversals, tinyModel, vocab } from "./task.ts";

const data = reversals(500, 1);

/** Hash of the initial weights and the losses of 20 SFT steps, on one engine. */
async function twentySteps(engine: (typeof engines)[number]) {
  await useEngineNamed(engine);
  const model = await tinyModel(0);
  const run = await trainSft(model, data, { steps: 20, batch: 16, learningRate: 3e-3 });
  const seen = { hash: await model.hash(), losses: run.history.map(({ metrics }) => metrics["loss"] as number) };
  run.model.dispose();
  model.dispose();
  return seen;
}

// Where the native engine is not set up there is one engine, and nothing to compare: CI sets it up.
test.skipIf(engines.length < 2 && !process.env["CI"])(
  "same seed, two engines: initial weights equal bit for bit, first loss ln V within 2 %, losses of 20 steps within 1e-3 relative",
  async () => {
    const seen = [];
    for (const engine of engines) seen.push(await twentySteps(engine));
    expect(seen).toHaveLength(2);
    const [one, two] = seen as [(typeof seen)[number], (typeof seen)[number]];
    expect(one.hash).toBe(two.hash);
    expect(Math.abs((one.losses[0] as number) / Math.log(vocab.vocabSize) - 1)).toBeLessThanOrEqual(0.02);
    expect(one.losses).toHaveLength(20);
    const deviations = one.losses.map((loss, i) => Math.abs(loss / (two.losses[i] as number) - 1));
    expect(Math.max(...deviations)).toBeLessThanOrEqual(1e-3);
    expect(one.losses.at(-1)).toBeLessThan(0.8 * (one.losses[0] as number));
  },
);
