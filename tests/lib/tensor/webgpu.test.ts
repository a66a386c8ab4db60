// The webgpu engine on a software adapter: training and decoding through the captured steps, what goes wrong on a device, and how a process ends that used one.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { key } from "../../../lib/core/rng.ts";
import { generate } from "../../../lib/model/generate.ts";
import { init } from "../../../lib/model/init.ts";
import { startEngine, useEngine } from "../../../lib/tensor/backend.ts";
import type { EngineName } from "../../../lib/tensor/backend.ts";
import * as tf from "../../../lib/tensor/tf.ts";
import { crossEntropy } from "../../../lib/train/cross-entropy.ts";
import { makeState } from "../../../lib/train/state.ts";
import { Trainer } from "../../../lib/train/trainer.ts";
import { stateMachine } from "../../../lib/world/stateMachine.ts";
import { allEngines } from "../engines.ts";

const run = promisify(execFile);
/** Each of some hundred shaders is compiled first. */
const SLOW = { timeout: 180_000 };
const task = stateMachine({ seed: 7 });
const makeModel = () => init({ layers: 1, width: 16, heads: 2, vocab: task.vocab, seed: 0, maxLength: 32 });

/** Four captured steps: losses and gradient norms, and the weights after them. */
async function trainOn(engine: EngineName) {
  await startEngine(engine);
  const model = await makeModel();
  const V = model.config.vocabSize;
  const trainer = new Trainer(makeState(model), crossEntropy(), { weightDecay: 0.1, clip: 1 });
  const metrics: number[][] = [];
  for (let step = 1; step <= 4; step++) {
    const ids = Int32Array.from({ length: 24 }, (_, i) => (i * 7 + step) % V);
    const targets = Int32Array.from({ length: 48 }, (_, i) => (i % 2 === 0 ? i / 2 : (i * 5 + step) % V));
    const feeds = {
      ids: tf.tensor2d(ids, [2, 12], "int32"),
      targets: tf.tensor2d(targets, [24, 2], "int32"),
      weights: tf.tensor1d(new Float32Array(24).fill(1 / 24)),
    };
    metrics.push(await trainer.step([feeds], { learningRate: 1e-2, step }));
  }
  const [status] = trainer.status();
  const weights = Array.from(await trainer.state.theta.data());
  trainer.dispose();
  model.dispose();
  return { metrics: metrics.flat(), weights, status };
}

describe.skipIf(!allEngines.includes("webgpu"))("webgpu", () => {
  test(
    "four training steps of one layer are captured from the third on, at most 80 launches each, equal to wasm's to 1e-4, and leave no tensor",
    SLOW,
    async () => {
      const wasm = await trainOn("wasm");
      await startEngine("webgpu");
      const before = tf.memory().numTensors;
      const webgpu = await trainOn("webgpu");
      expect(tf.memory().numTensors).toBe(before);
      expect(webgpu.status).toMatchObject({ state: "captured", runs: 4 });
      // A model of two layers took 288 before norms, attention, activations, losses and AdamW had shaders of their own, and 110 since.
      expect(webgpu.status?.launches).toBeLessThanOrEqual(80);
      const off = (a: readonly number[], b: readonly number[]) =>
        Math.max(...a.map((x, i) => Math.abs(x - (b[i] ?? NaN))));
      expect(off(webgpu.metrics, wasm.metrics)).toBeLessThan(1e-4);
      expect(off(webgpu.weights, wasm.weights)).toBeLessThan(1e-4);
    },
  );

  test(
    "4 rows decoded with a cache draw the same 17 tokens as on wasm, with top-k, four in one program",
    SLOW,
    async () => {
      const texts: number[][][] = [];
      for (const engine of ["wasm", "webgpu"] as const) {
        await startEngine(engine);
        const before = tf.memory().numTensors;
        const model = await makeModel();
        const prompts = Array.from({ length: 4 }, (_, i) => [1 + i, 2, 3 + (i % 3)]);
        const options = { maxNewTokens: 17, temperature: 0.8, topK: 20, key: key(5) };
        const { tokens } = await generate(model, prompts, options);
        texts.push(tokens.map((row) => Array.from(row)));
        model.dispose();
        expect(tf.memory().numTensors).toBe(before);
      }
      expect(texts[0]?.flat().length).toBeGreaterThan(34);
      expect(texts[1]).toEqual(texts[0]);
    },
  );

  test("a value on the device asked for at once is READ_MUST_WAIT, and waiting for it gives it", async () => {
    await startEngine("webgpu");
    const sum = tf.add(tf.tensor1d(new Float32Array(2_000).fill(1)), 1);
    expect(() => sum.dataSync()).toThrow(expect.objectContaining({ code: "READ_MUST_WAIT" }) as Error);
    expect((await sum.data())[1_999]).toBe(2);
    sum.dispose();
  });

  test("a lost device is DEVICE_LOST in the next read, and the process ends by itself", async () => {
    const script = `
      import { startEngine } from "${new URL("../../../lib/tensor/backend.ts", import.meta.url).pathname}";
      import * as tf from "${new URL("../../../lib/tensor/tf.ts", import.meta.url).pathname}";
      console.log((await startEngine("webgpu")).device);
      const x = tf.add(tf.ones([2000]), 1);
      console.log((await x.data())[0]);
      tf.backend().device.destroy();
      await tf.add(x, 1).data().catch((error) => console.log(error.code));`;
    const { stdout } = await run(process.execPath, ["--input-type=module-typescript", "-e", script], {
      timeout: 60_000,
    });
    const { device } = await startEngine("webgpu");
    expect(stdout.trim().split("\n")).toEqual([device, "2", "DEVICE_LOST"]);
  });

  test("the engine is chosen by itself where the adapter is hardware, by name only where it is software: then another one runs", async () => {
    const { device, deviceName } = await startEngine("webgpu");
    const script = new URL("../../../lib/tensor/probe.ts", import.meta.url).pathname;
    const { stdout } = await run(process.execPath, [script], {
      env: { ...process.env, BLANKSLATE_CACHE: "/nonexistent", BLANKSLATE_ENGINE: "" },
    });
    const found = JSON.parse(stdout) as { chosen: { name: string }; engines: { name: string; deviceName?: string }[] };
    expect(found.chosen.name).toBe(device === "gpu" ? "webgpu" : "wasm");
    expect(found.engines.find(({ name }) => name === "webgpu")?.deviceName).toBe(deviceName);
    expect((await useEngine("wasm")).name).toBe("wasm");
  });
});
