// Sequences that share rows, and blocks that are computed twice: both change memory and speed and no number.
import { existsSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { tablesOf } from "../../../lib/model/decoder.ts";
import { init } from "../../../lib/model/init.ts";
import type { Model } from "../../../lib/model/model.ts";
import { rotaryTables } from "../../../lib/model/rotary.ts";
import type { Feeds } from "../../../lib/tensor/capture/capture.ts";
import * as tf from "../../../lib/tensor/tf.ts";
import { encodeExamples } from "../../../lib/train/batch.ts";
import { crossEntropy, sftFeeds } from "../../../lib/train/cross-entropy.ts";
import { lossGradient } from "../../../lib/train/gradient.ts";
import { packSequences } from "../../../lib/train/pack.ts";
import { trainPretrain, trainSft } from "../../../lib/train/sft.ts";
import { disposeState, makeState } from "../../../lib/train/state.ts";
import { Trainer } from "../../../lib/train/trainer.ts";
import { assertHolds } from "../../parity/comparison.ts";
import { comparePacking } from "../../parity/packing.ts";
import { engines, useEngineNamed } from "../engines.ts";
import { sharedPath } from "../fixtures.ts";
import { reversals, tinyModel, vocab } from "./task.ts";

const data = reversals(200, 1);
const options = { steps: 6, batch: 8, learningRate: 3e-3 };
const reference = sharedPath("fixtures", "losses", "packing.json");
const losses = (run: { readonly history: readonly { readonly metrics: Readonly<Record<string, number>> }[] }) =>
  run.history.map(({ metrics }) => metrics["loss"] as number);

test("three sequences of 3, 2 and 4 tokens lie in two rows of 5, longest first, and padding belongs to none", () => {
  const sequence = (id: string, ...tokens: number[]) => ({ id, tokens: Int32Array.from(tokens), promptLength: 2 });
  const packed = packSequences(
    [sequence("a", 1, 2, 3, 4), sequence("b", 5, 6, 7), sequence("c", 1, 3, 5, 7, 9)],
    (s) => s.promptLength,
    0,
    5,
    5,
  );
  const { B, T, ids, packing, counts, counted, tokens } = packed;
  expect([B, T, counted, tokens]).toEqual([2, 5, 6, 12]);
  expect([...ids]).toEqual([1, 3, 5, 7, 0, 1, 2, 3, 5, 6]);
  expect([...packing.sequences]).toEqual([2, 2, 2, 2, -1, 0, 0, 0, 1, 1]);
  expect([...packing.positions]).toEqual([0, 1, 2, 3, 0, 0, 1, 2, 0, 1]);
  expect([...counts]).toEqual([0, 1, 1, 1, 0, 0, 1, 1, 0, 1]);
  expect(packing.places).toEqual([5, 8, 0]);
});

describe.each(engines)("on %s", (engine) => {
  let model: Model;
  beforeAll(async () => {
    await useEngineNamed(engine);
    model = await tinyModel(0);
    return () => model.dispose();
  });

  test.skipIf(!existsSync(reference))(
    "three models: packed losses within 1e-5, tokens within 1e-4 and gradient norms within 1e-3 of transformers' on the sequences apart",
    async () => {
      const comparisons = await comparePacking(reference);
      expect(comparisons).toHaveLength(3);
      for (const comparison of comparisons) assertHolds(comparison);
    },
  );

  test.each([
    ["sft", trainSft],
    ["pretrain", trainPretrain],
  ] as const)(
    "six steps of %s: losses packed and padded are equal within 1e-5, with fewer cells computed",
    async (_, train) => {
      const [padded, packed] = [
        await train(model, data, options),
        await train(model, data, { ...options, pack: true }),
      ];
      losses(packed).forEach((loss, i) => expect(Math.abs(loss - losses(padded)[i]!)).toBeLessThan(1e-5));
      expect(packed.tokens).toBe(padded.tokens);
      expect(packed.options.pack).toBe(true);
      for (const run of [padded, packed]) run.model.dispose();
    },
  );

  test("blocks computed twice: the same losses bit for bit, gradients in at most half of the peak memory", async () => {
    const kept = await trainSft(model, data, options);
    const twice = await trainSft(model, data, { ...options, recompute: true });
    expect(losses(twice)).toEqual(losses(kept));
    expect(await twice.model.hash()).toBe(await kept.model.hash());
    for (const run of [kept, twice]) run.model.dispose();

    const deep = await init({ layers: 8, width: 32, heads: 2, maxLength: 32, vocab, seed: 0 });
    const state = makeState(deep);
    const sequences = encodeExamples(data.examples.slice(0, 32), vocab, 32);
    const batch = packSequences(sequences, (s) => s.promptLength, 0, 32, 32);
    const [feeds] = sftFeeds([batch]) as [Feeds];
    const peak = async (recompute: boolean) => {
      const { peakBytes } = await tf.profile(() =>
        tf.tidy(() => {
          const packing = {
            sequences: feeds["sequences"] as tf.Tensor2D,
            positions: feeds["positions"] as tf.Tensor2D,
          };
          const tables = tablesOf(deep.config, rotaryTables(deep.config, batch.T), batch.T, packing);
          return { ...lossGradient(state, crossEntropy(), feeds, tables, { recompute }) };
        }),
      );
      return peakBytes - tf.memory().numBytes;
    };
    expect(await peak(true)).toBeLessThan((await peak(false)) / 2);
    tf.dispose(feeds);
    disposeState(state);
    deep.dispose();
  });

  test("a packed step with blocks computed twice is captured", async () => {
    const trainer = new Trainer(makeState(model), crossEntropy(), { weightDecay: 0, clip: 1, recompute: true });
    const sequences = encodeExamples(data.examples.slice(0, 8), vocab, 32);
    for (let step = 1; step <= 4; step++) {
      const batch = packSequences(sequences, (s) => s.promptLength, 0, 32);
      await trainer.step(sftFeeds([batch]), { learningRate: 1e-3, step });
    }
    expect(trainer.status()).toMatchObject([{ state: "captured" }]);
    trainer.dispose();
  });
});
