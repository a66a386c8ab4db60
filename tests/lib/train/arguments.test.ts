// Calls that are wrong: each is refused with a code before the first step, and says what would be right.
import { beforeAll, expect, test } from "vitest";
import { data } from "../../../lib/data/data-sets.ts";
import { lora } from "../../../lib/model/adapter.ts";
import { complete } from "../../../lib/model/complete.ts";
import { init } from "../../../lib/model/init.ts";
import type { Model } from "../../../lib/model/model.ts";
import { evaluate, rl, sft } from "../../../lib/report/lab.ts";
import * as tf from "../../../lib/tensor/tf.ts";
import { useEngineNamed } from "../engines.ts";
import { reversals, tinyModel, vocab } from "./task.ts";

const set = reversals(20, 1);
const fit = { steps: 2, batch: 4, learningRate: 1e-3, show: false };
const some = { set, every: 1 };
let model: Model;
beforeAll(async () => {
  await useEngineNamed("wasm");
  model = await tinyModel(0);
  return () => model.dispose();
});

type Call = () => Promise<unknown>;
const fitted =
  (wrong: object): Call =>
  () =>
    sft(model, set, { ...fit, ...wrong });
const reinforced =
  (wrong: object): Call =>
  () =>
    rl(model, set, { steps: 1, show: false, ...wrong });

const CALLS: readonly (readonly [string, Call, string, RegExp])[] = [
  ["a misspelt option", fitted({ learningrate: 1 }), "OPTION_UNKNOWN", /learningRate is meant/u],
  ["another library's option", fitted({ batchSize: 4 }), "OPTION_UNKNOWN", /batch is meant/u],
  ["steps below 0", fitted({ steps: -1 }), "OPTION_INVALID", /steps of sft is -1/u],
  ["steps that are a text", fitted({ steps: "10" }), "OPTION_INVALID", /the text "10"/u],
  ["a batch of nothing", fitted({ batch: 0 }), "OPTION_INVALID", /batch of sft is 0/u],
  ["a batch of a half", fitted({ batch: 2.5 }), "OPTION_INVALID", /batch of sft is 2\.5/u],
  ["a rate that is none", fitted({ learningRate: Number.NaN }), "OPTION_INVALID", /learningRate of sft is NaN/u],
  ["a rate left out", fitted({ learningRate: undefined }), "OPTION_MISSING", /sft needs learningRate/u],
  ["a rate that falls upwards", fitted({ minLearningRate: 1 }), "OPTION_INVALID", /above the learningRate of 0\.001/u],
  ["an unknown schedule", fitted({ schedule: "cosin" }), "OPTION_INVALID", /constant, linear, cosine, wsd/u],
  ["no clipping by 0", fitted({ clip: 0 }), "OPTION_INVALID", /clip of sft is 0/u],
  ["a decay that is none", fitted({ weightDecay: Number.NaN }), "OPTION_INVALID", /weightDecay of sft is NaN/u],
  ["more smoothing than there is", fitted({ labelSmoothing: 2 }), "OPTION_INVALID", /labelSmoothing of sft is 2/u],
  ["micro-batches of nothing", fitted({ microBatch: 0 }), "OPTION_INVALID", /microBatch of sft is 0/u],
  ["a held-out list", fitted({ heldOut: { ...some, set: set.examples } }), "NOT_EXAMPLES", /data\.rows/u],
  ["held out, never", fitted({ heldOut: { ...some, every: 0 } }), "OPTION_INVALID", /every of heldOut is 0/u],
  ["no patience", fitted({ earlyStopping: { patience: 0 } }), "OPTION_INVALID", /patience of earlyStopping is 0/u],
  ["samples, never", fitted({ samples: { ...some, every: 0 } }), "OPTION_INVALID", /every of samples is 0/u],
  [
    "a checkpoint's path",
    fitted({ checkpoint: "runs" }),
    "OPTION_INVALID",
    /\{ folder, every, keep\?, keepEvery\? \}/u,
  ],
  ["a log's path", fitted({ log: "log" }), "OPTION_INVALID", /log of sft is the text "log"/u],
  ["no options", () => sft(model, set, undefined as never), "OPTION_MISSING", /sft needs steps, batch, learningRate/u],
  ["no data", () => sft(model, undefined as never, fit), "NOT_EXAMPLES", /the data is undefined/u],
  ["a list of data", () => sft(model, set.examples as never, fit), "NOT_EXAMPLES", /a list of 20/u],
  ["a promise of data", () => sft(model, Promise.resolve(set) as never, fit), "NOT_EXAMPLES", /a promise/u],
  ["data without examples", () => sft(model, { ...set, examples: [] }, fit), "EMPTY_DATA", /no examples/u],
  ["a promise of a model", () => sft(Promise.resolve(model) as never, set, fit), "NOT_A_MODEL", /a promise/u],
  ["a run for a model", () => sft({ model } as never, set, fit), "NOT_A_MODEL", /write run\.model/u],
  ["groups of a misspelt size", reinforced({ groupsize: 4 }), "OPTION_UNKNOWN", /groupSize is meant/u],
  ["prompts of none", reinforced({ promptsPerStep: 0 }), "OPTION_INVALID", /promptsPerStep of rl is 0/u],
  ["no temperature", reinforced({ temperature: 0 }), "OPTION_INVALID", /temperature of rl is 0/u],
  ["an unknown KL", reinforced({ kl: "k9" }), "OPTION_INVALID", /k1, k2, k3, exact/u],
  ["half a clip range", reinforced({ clipRange: 0.2 }), "OPTION_INVALID", /\[below, above\]/u],
  ["no new tokens", reinforced({ maxNewTokens: 0 }), "OPTION_INVALID", /maxNewTokens of rl is 0/u],
  ["a pull away", reinforced({ klWeight: -1 }), "OPTION_INVALID", /klWeight of rl is -1/u],
  ["a reward by name", reinforced({ reward: "exact" }), "OPTION_INVALID", /a function of an example/u],
  ["a stream of prompts", async () => rl(model, (await data.mix({ set })) as never), "NOT_EXAMPLES", /stream\.take/u],
  [
    "a size misspelt",
    () => init({ layer: 1, width: 16, heads: 2, vocab, seed: 0 } as never),
    "OPTION_UNKNOWN",
    /layers/u,
  ],
  ["no vocabulary", () => init({ layers: 1, width: 16, heads: 2, seed: 0 } as never), "OPTION_MISSING", /task\.vocab/u],
  ["a rank by its symbol", () => lora(model, { r: 4 } as never), "OPTION_UNKNOWN", /rank, alpha, targets, seed/u],
];

test.each(CALLS)("%s is refused", async (_, call, code, says) => {
  const before = tf.memory().numTensors;
  const error = await call().then(
    () => undefined,
    (thrown: unknown) => thrown as Error,
  );
  expect(error).toMatchObject({ code });
  expect(error?.message).toMatch(says);
  expect(tf.memory().numTensors).toBe(before);
});

test("a model that was disposed, and prompts of samples without room, are refused; samples take the room that there is", async () => {
  const gone = await tinyModel(0);
  gone.dispose();
  const uses = [
    () => sft(gone, set, fit),
    () => evaluate({ gone }, { set }),
    () => complete(gone, "a"),
    () => gone.hash(),
  ];
  for (const use of uses) await expect(use()).rejects.toMatchObject({ code: "MODEL_DISPOSED" });
  const there = await tinyModel(0);
  await expect(evaluate({ there, gone }, { set })).rejects.toThrow("models.gone was disposed.");
  there.dispose();
  const narrow = await init({ layers: 1, width: 16, heads: 2, maxLength: 7, vocab, seed: 0 });
  const run = await sft(narrow, set, { ...fit, samples: some });
  expect(run.history.every(({ sample }) => sample)).toBe(true);
  const [example] = set.examples;
  const long = { ...set, examples: [{ ...example!, prompt: "a b c d e f a >" }] };
  await expect(sft(narrow, set, { ...fit, samples: { ...some, set: long } })).rejects.toMatchObject({
    code: "TOO_LONG",
  });
  for (const made of [run.model, narrow]) made.dispose();
});

test("a batch larger than the data takes some twice; a rate of 0 moves nothing", async () => {
  const three = { ...set, examples: set.examples.slice(0, 3) };
  const run = await sft(model, three, { ...fit, batch: 7, learningRate: 0, weightDecay: 0 });
  expect(run.history[0]?.metrics["targets"]).toBeGreaterThan(3 * 3);
  expect(await run.model.hash()).toBe(await model.hash());
  run.model.dispose();
});
