// `node engine.ts ENGINE`: measures every case on one engine and prints one JSON line each. A process of its own, so that engines do not share memory, threads or caches.
import { startEngine } from "../../../lib/tensor/backend.ts";
import type { EngineName } from "../../../lib/tensor/backend.ts";
import * as tf from "../../../lib/tensor/tf.ts";
import { init } from "../../../lib/model/init.ts";
import { crossEntropy } from "../../../lib/train/cross-entropy.ts";
import { makeState } from "../../../lib/train/state.ts";
import { Trainer } from "../../../lib/train/trainer.ts";
import { stateMachine } from "../../../lib/world/stateMachine.ts";
import { CASES, MIN_STEPS, SECONDS, WARMUP, median } from "./cases.ts";
import type { Case, Measurement } from "./cases.ts";

const status = await startEngine(process.argv[2] as EngineName);
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

async function measure(one: Case): Promise<Measurement> {
  const { layers, width, heads, batch, length } = one;
  const model = await init({ arch: "qwen2", layers, width, heads, vocab: task.vocab, seed: 0 });
  const trainer = new Trainer(makeState(model), crossEntropy(), { weightDecay: 0.1, clip: 1 });
  const step = (n: number) => trainer.step([feeds(one, model.config.vocabSize, n)], { learningRate: 1e-3, step: n });
  let firstLoss = Number.NaN;
  const profile = await tf.profile(async () => {
    firstLoss = (await step(1))[0] as number;
    return [];
  });
  for (let n = 2; n <= WARMUP; n++) await step(n);
  const times: number[] = [];
  const end = performance.now() + SECONDS * 1_000;
  for (let n = WARMUP + 1; times.length < MIN_STEPS || performance.now() < end; n++) {
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
    engine: status.name,
    version: status.version,
    case: one.name,
    parameters,
    msPerStep,
    tokensPerSecond: (batch * length * 1_000) / msPerStep,
    firstLoss,
    callsPerStep: profile.kernels.length,
    ...(captured && { captured: captured.why ?? captured.state }),
  };
}

for (const one of CASES) console.log(JSON.stringify(await measure(one)));
