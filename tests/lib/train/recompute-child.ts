// Trains a model of 8 layers for four steps, with blocks kept and with blocks computed twice, and prints what the last step, a replayed one, took at its peak.
import { readFileSync, writeFileSync } from "node:fs";
import { init } from "../../../lib/model/init.ts";
import { useEngine } from "../../../lib/tensor/backend.ts";
import * as tf from "../../../lib/tensor/tf.ts";
import { crossEntropy } from "../../../lib/train/cross-entropy.ts";
import { makeState, modelOf } from "../../../lib/train/state.ts";
import { Trainer } from "../../../lib/train/trainer.ts";
import { vocab } from "./task.ts";

const [B, T] = [16, 64];
const residentMiB = (name: "VmRSS" | "VmHWM") =>
  Number(new RegExp(`${name}:\\s+(\\d+)`).exec(readFileSync("/proc/self/status", "utf8"))?.[1]) / 2 ** 10;

async function measured(recompute: boolean) {
  const model = await init({ layers: 8, width: 64, heads: 2, maxLength: T, vocab, seed: 0 });
  const trainer = new Trainer(makeState(model), crossEntropy(), { weightDecay: 0.1, clip: 1, recompute });
  const step = async (n: number) => {
    const ids = Int32Array.from({ length: B * T }, (_, i) => (i * 7 + n) % vocab.vocabSize);
    const feeds = {
      ids: tf.tensor2d(ids, [B, T], "int32"),
      targets: tf.tensor2d(
        Array.from(ids, (id, i) => [i, id]),
        [B * T, 2],
        "int32",
      ),
      weights: tf.tensor1d(new Float32Array(B * T).fill(1 / (B * T))),
    };
    await trainer.step([feeds], { learningRate: 1e-3, step: n });
  };
  for (let n = 1; n <= 3; n++) await step(n);
  // The most that was resident, from now on.
  writeFileSync("/proc/self/clear_refs", "5");
  const before = residentMiB("VmRSS");
  await step(4);
  const peakMiB = residentMiB("VmHWM") - before;
  const trained = modelOf(model, trainer.state.theta);
  const result = { state: trainer.status()[0]?.state, peakMiB, hash: await trained.hash() };
  trained.dispose();
  trainer.dispose();
  model.dispose();
  return result;
}

await useEngine("tensorflow");
const results = [await measured(false), await measured(true)];
console.log(JSON.stringify(results));
