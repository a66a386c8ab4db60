import { beforeAll, describe, expect, test } from "vitest";
import { scoreCompletions } from "../../../lib/model/score.ts";
import { tokenLogProbs } from "../../../lib/model/ops/token-log-probs.ts";
import { preferenceLoss, trainDpo } from "../../../lib/train/dpo.ts";
import * as tf from "../../../lib/tensor/tf.ts";
import { engines, useEngineNamed } from "../engines.ts";
import { hasFixtures, readJson } from "../model/fixtures.ts";
import { reversals, tinyModel } from "./task.ts";

interface Numbers {
  readonly shape: [number, number, number];
  readonly data: readonly number[];
}
interface Dpo {
  readonly inputs: Readonly<Record<"input_ids" | "completion_mask" | "policy_logits", Numbers>>;
  readonly ref_sequence_logps: Numbers;
  readonly cases: readonly {
    readonly loss_type: string;
    readonly beta: number;
    readonly label_smoothing: number;
    readonly loss: number;
    readonly accuracy: number;
    readonly grad_policy_logits: Numbers;
  }[];
}
const OURS: Readonly<Record<string, "sigmoid" | "ipo">> = {
  sigmoid: "sigmoid",
  conservative: "sigmoid",
  ipo_summed: "ipo",
};

describe.each(engines)("on %s", (engine) => {
  beforeAll(() => useEngineNamed(engine));

  describe.skipIf(!hasFixtures).each([101, 102])("seed %i:", (seed) => {
    const { dpo } = (hasFixtures ? readJson("losses", `losses_seed${seed}.json`) : { dpo: { cases: [] } }) as {
      dpo: Dpo;
    };
    const cases = dpo.cases.filter(({ loss_type: kind }) => kind in OURS);

    test.each(cases)(
      "$loss_type, beta $beta: loss within 2e-6 + 1e-5 relative, gradient to the logits within 1e-6 + 1e-5",
      async (one) => {
        const [rows, L, V] = dpo.inputs.policy_logits.shape;
        // Position t predicts token t + 1; the last position predicts nothing.
        const N = rows * L;
        const next = (data: readonly number[], i: number) => (i % L === L - 1 ? 0 : (data[i + 1] as number));
        const counts = Float32Array.from({ length: N }, (_, i) => next(dpo.inputs.completion_mask.data, i));
        const targets = Array.from({ length: N }, (_, i) => [i, next(dpo.inputs.input_ids.data, i)]);
        const feeds = { counts: tf.tensor1d(counts), refSums: tf.tensor1d([...dpo.ref_sequence_logps.data]) };
        const kind = OURS[one.loss_type] as "sigmoid" | "ipo";
        const loss = preferenceLoss({ beta: one.beta, loss: kind, labelSmoothing: one.label_smoothing });
        const [gradient, value, accuracy] = tf.tidy(() => {
          const logits = tf.tensor2d([...dpo.inputs.policy_logits.data], [N, V]);
          const policy = tokenLogProbs(logits, tf.tensor2d(targets, [N, 2], "int32"));
          const out = loss(policy, feeds);
          return [policy.back(out.dLogProbs), ...out.metrics];
        }) as [tf.Tensor, tf.Tensor, tf.Tensor];
        expect(Math.abs(((await value.data())[0] as number) - one.loss)).toBeLessThanOrEqual(2e-6 + 1e-5 * one.loss);
        expect((await accuracy.data())[0]).toBeCloseTo(one.accuracy, 6);
        const ours = await gradient.data();
        one.grad_policy_logits.data.forEach((g, i) =>
          expect(Math.abs((ours[i] as number) - g)).toBeLessThanOrEqual(1e-6 + 1e-5 * Math.abs(g)),
        );
        tf.dispose([gradient, value, accuracy, feeds.counts, feeds.refSums]);
      },
    );
  });

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
