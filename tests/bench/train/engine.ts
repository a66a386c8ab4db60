// `node engine.ts ENGINE`: measures every case on one engine and prints one JSON line each. A process of its own, so that engines do not share memory, threads or caches.
// ENGINE may be "naive": tfjs-backend-wasm as it comes, without this project's kernels, operation by operation.
import { startEngine } from "../../../lib/tensor/backend.ts";
import type { EngineName, EngineStatus } from "../../../lib/tensor/backend.ts";
import * as tf from "../../../lib/tensor/tf.ts";
import { key } from "../../../lib/core/rng.ts";
import { forward } from "../../../lib/model/forward.ts";
import { generate } from "../../../lib/model/generate.ts";
import { init } from "../../../lib/model/init.ts";
import type { Tokenizer } from "../../../lib/tokenizer/tokenizer.ts";
import { crossEntropy } from "../../../lib/train/cross-entropy.ts";
import { makeState } from "../../../lib/train/state.ts";
import { Trainer } from "../../../lib/train/trainer.ts";
import { stateMachine } from "../../../lib/world/stateMachine.ts";
import {
  CASES,
  GENERATIONS,
  GENERATION_SECONDS,
  GENERATION_WARMUP,
  MIN_STEPS,
  SECONDS,
  WARMUP,
  median,
} from "./cases.ts";
import type { Case, GenerationCase, KernelTime, Measurement } from "./cases.ts";

const naive = process.argv[2] === "naive";
const status = naive ? await startStockWasm() : await startEngine(process.argv[2] as EngineName);
const task = stateMachine({ seed: 7 });

function feeds({ batch, length }: Case, vocab: number, step: number) {
  const [N, V] = [batch * length, vocab];
  const ids = Int32Array.from({ length: N }, (_, i) => (i * 7 + step * 3) % V);
  const targets = Int32Array.from({ length: 2 * N }, (_, i) => (i % 2 === 0 ? i / 2 : ((i >> 1) * 5 + step) % V));
  return {
    ids: tf.tensor2d(ids, [batch, length], "int32"),
    targets: tf.tensor2d(targets, [N, 2], "int32"),
    weights: tf.tensor1d(new Float32Array(N).fill(1 / N)),
  };
}

/** Its kernels are noted before ours take their places, and put back. */
async function startStockWasm(): Promise<EngineStatus> {
  await import("@tensorflow/tfjs-backend-wasm");
  const stock = tf.getKernelsForBackend("wasm");
  const started = await startEngine("wasm");
  for (const kernel of stock) {
    tf.unregisterKernel(kernel.kernelName, "wasm");
    tf.registerKernel(kernel);
  }
  return started;
}

/** The calls of one step as tfjs alone would make it. */
async function composedCalls(one: Case): Promise<number> {
  const { layers, width, heads } = one;
  const model = await init({ arch: "qwen2", layers, width, heads, vocab: task.vocab, seed: 0 });
  const V = model.config.vocabSize;
  const { ids, targets, weights } = feeds(one, V, 1);
  const adam = tf.train.adam(1e-3, 0.9, 0.95);
  const profile = await tf.profile(() => {
    const loss = () =>
      tf.tidy(() => {
        const labels = tf.oneHot(tf.squeeze<tf.Tensor1D>(tf.slice(targets, [0, 1], [-1, 1]), [1]), V);
        const logits = tf.reshape(forward(model, ids), [ids.size, V]);
        return tf.losses.softmaxCrossEntropy<tf.Tensor, tf.Scalar>(labels, logits);
      });
    const { value, grads } = tf.variableGrads(loss, [...model.parameters.values()]);
    adam.applyGradients(grads as Parameters<typeof adam.applyGradients>[0]);
    tf.dispose([value, grads]);
    return [];
  });
  tf.dispose([ids, targets, weights]);
  adam.dispose();
  model.dispose();
  return profile.kernels.length;
}

async function timesOf(kernels: Awaited<ReturnType<typeof tf.profile>>["kernels"]): Promise<KernelTime[]> {
  const byName = new Map<string, { calls: number; ms: number }>();
  for (const { name, kernelTimeMs } of kernels) {
    const sum = byName.get(name) ?? { calls: 0, ms: 0 };
    const ms = await kernelTimeMs;
    byName.set(name, { calls: sum.calls + 1, ms: sum.ms + (typeof ms === "number" ? ms : 0) });
  }
  return Array.from(byName, ([kernel, sum]) => ({ kernel, ...sum })).toSorted((a, b) => b.ms - a.ms);
}

async function measure(one: Case): Promise<Measurement> {
  const { layers, width, heads, batch, length } = one;
  const model = await init({ arch: "qwen2", layers, width, heads, vocab: task.vocab, seed: 0 });
  const trainer = new Trainer(makeState(model), crossEntropy(), { weightDecay: 0.1, clip: 1 });
  const step = (n: number) => trainer.step([feeds(one, model.config.vocabSize, n)], { learningRate: 1e-3, step: n });
  const profiled = (work: () => Promise<unknown>) =>
    tf.profile(async () => {
      await work();
      return [];
    });
  let firstLoss = Number.NaN;
  await step(1).then(([loss]) => (firstLoss = loss as number));
  // The second step is traced too, and no longer the one that touches everything for the first time.
  const { kernels } = await profiled(() => step(2));
  const [warmup, minSteps, seconds] = naive ? [2, 1, 0] : [WARMUP, MIN_STEPS, SECONDS];
  for (let n = 3; n <= warmup; n++) await step(n);
  const times: number[] = [];
  const end = performance.now() + seconds * 1_000;
  for (let n = WARMUP + 1; times.length < minSteps || performance.now() < end; n++) {
    const start = performance.now();
    await step(n);
    times.push(performance.now() - start);
  }
  const [captured] = trainer.status();
  const parameters = model.parameterCount;
  trainer.dispose();
  model.dispose();
  const msPerStep = median(times);
  return {
    engine: naive ? "wasm, stock" : status.name,
    version: status.version,
    case: one.name,
    parameters,
    msPerStep,
    tokensPerSecond: (batch * length * 1_000) / msPerStep,
    firstLoss,
    callsPerStep: kernels.length,
    ...(!naive && { composedCalls: await composedCalls(one), kernels: await timesOf(kernels) }),
    ...(captured && !naive && { captured: captured.why ?? captured.state }),
  };
}

async function measureGeneration(one: GenerationCase): Promise<Measurement> {
  const { layers, width, heads, rows, prompt, tokens } = one;
  const model = await init({ arch: "qwen2", layers, width, heads, vocab: task.vocab, seed: 0 });
  const V = model.config.vocabSize;
  // Nobody ends early: every row says as many tokens, as PyTorch's do.
  const endless = { ...model, tokenizer: Object.create(model.tokenizer, { eosId: { value: -1 } }) as Tokenizer };
  const prompts = Array.from({ length: rows }, (_, r) =>
    Array.from({ length: prompt }, (_, i) => (r * prompt + i) % V),
  );
  const run = (n: number) => generate(endless, prompts, { maxNewTokens: tokens, temperature: 1, key: key(n) });
  for (let n = 0; n < GENERATION_WARMUP; n++) await run(n);
  const times: number[] = [];
  const end = performance.now() + GENERATION_SECONDS * 1_000;
  for (let n = GENERATION_WARMUP; times.length < 3 || performance.now() < end; n++) {
    const start = performance.now();
    const { tokens: said } = await run(n);
    times.push(performance.now() - start);
    if (said.some((row) => row.length !== tokens)) throw new Error("a row ended early");
  }
  const parameters = model.parameterCount;
  model.dispose();
  const ms = median(times);
  return {
    engine: status.name,
    version: status.version,
    case: one.name,
    parameters,
    msPerStep: ms / tokens,
    tokensPerSecond: (rows * tokens * 1_000) / ms,
    captured: "captured",
  };
}

const print = (measurement: Measurement) => console.log(JSON.stringify(measurement));
for (const one of CASES) print(await measure(one));
if (!naive) for (const one of GENERATIONS) print(await measureGeneration(one));
