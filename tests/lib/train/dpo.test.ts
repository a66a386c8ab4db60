import { beforeAll, describe, expect, test } from "vitest";
import { scoreCompletions } from "../../../lib/model/score.ts";
import { trainDpo } from "../../../lib/train/dpo.ts";
import * as tf from "../../../lib/tensor/tf.ts";
import { engines, useEngineNamed } from "../engines.ts";
import { reversals, tinyModel } from "./task.ts";

describe.each(engines)("on %s", (engine) => {
  beforeAll(() => useEngineNamed(engine));

  test("thirty steps make the preferred completion of unseen prompts likelier than the other one", async () => {
    const model = await tinyModel(0);
    const { examples } = reversals(200, 1);
    // Preferred: an answer that closes with f.
    const pairs = examples.map((e) => ({
      id: e.id,
      prompt: e.prompt,
      chosen: `${e.completion} f`,
      rejected: `${e.completion} a`,
    }));
    const [train, unseen] = [pairs.slice(0, 150), pairs.slice(150)];
    const before = tf.memory().numTensors;
    const run = await trainDpo(model, train, { steps: 30, batch: 16, learningRate: 1e-3 });
    expect(run.history[0]?.metrics["loss"]).toBeCloseTo(Math.log(2), 5);
    const nats = async (side: "chosen" | "rejected") => {
      const ids = (text: string) => model.tokenizer.encode(text);
      const rows = await scoreCompletions(
        run.model,
        unseen.map((p) => ids(p.prompt)),
        unseen.map((p) => ids(p[side])),
      );
      return rows.map((row) => row.reduce((sum, logProb) => sum + logProb, 0));
    };
    const [chosen, rejected] = [await nats("chosen"), await nats("rejected")];
    const right = chosen.filter((x, i) => x > (rejected[i] as number)).length / chosen.length;
    expect(right).toBeGreaterThan(0.9);
    run.model.dispose();
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
  });
});
