import { beforeAll, describe, expect, test } from "vitest";
import { scoreCompletions } from "../../../lib/model/score.ts";
import { preferenceLoss, trainDpo } from "../../../lib/train/dpo.ts";
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

  test.each(["sigmoid", "ipo-mean"] as const)(
    "%s: of a pair of unequal lengths the one with the larger sum is the likelier, by the sums' difference times beta",
    async (loss) => {
      // Sums -1 and -1.2, means -1 and -0.3; the reference says 0.
      const logProbs = tf.tensor1d([-1, 0, 0, 0, -0.3, -0.3, -0.3, -0.3]);
      const feeds = { counts: tf.tensor1d([1, 0, 0, 0, 1, 1, 1, 1]), refSums: tf.tensor1d([0, 0]) };
      const none = () => tf.zerosLike(logProbs);
      const empty = () => tf.zeros<tf.Rank.R2>([0, 0]);
      const policy = { logits: empty(), logProbs, entropy: none, meanLogProbs: none, logPartition: none, back: empty };
      const { metrics, dLogProbs } = preferenceLoss({ beta: 0.1, loss, labelSmoothing: 0 })(policy, feeds);
      const [, right, margin] = await Promise.all(metrics.map(async (metric) => (await metric.data())[0]));
      expect(right).toBe(1);
      expect(margin).toBeCloseTo(0.02, 6);
      tf.dispose([logProbs, feeds, policy.logits, dLogProbs, ...metrics]);
    },
  );
});
