// A training step of the laboratory, and where an uncaptured one spends its time.
import type { ModelConfig } from "../../../lib/model/config.ts";
import type { Model } from "../../../lib/model/model.ts";
import * as tf from "../../../lib/tensor/tf.ts";
import { crossEntropy } from "../../../lib/train/cross-entropy.ts";
import { makeState } from "../../../lib/train/state.ts";
import { Trainer } from "../../../lib/train/trainer.ts";
import type { Case, PartTime, Running } from "./cases.ts";
import { feedsOf, modelOf } from "./inputs.ts";
import { composedStep } from "./plain.ts";

export async function training(one: Case): Promise<Running> {
  const model = await modelOf(one);
  const vocab = model.config.vocabSize;
  const trainer = new Trainer(makeState(model), crossEntropy(), { weightDecay: 0.1, clip: 1 });
  let n = 1;
  const step = () => trainer.step([feedsOf(one, vocab, n)], { learningRate: 1e-3, step: n++ });
  const [firstLoss] = await step();
  // The second step is traced too, and no longer the one that touches everything for the first time.
  const { kernels } = await profiled(step);
  const calls = kernels.length;
  const parts = await partsOf(kernels, one, model);
  return {
    steps: 1,
    run: async () => void (await step()),
    async describe() {
      const [captured] = trainer.status();
      return {
        parameters: model.parameterCount,
        tokens: one.batch * one.length,
        firstLoss: firstLoss ?? Number.NaN,
        callsPerStep: calls,
        composedCalls: await composedCalls(one, model),
        parts,
        ...(captured && { captured: captured.why ?? captured.state }),
        ...(captured?.launches !== undefined && { launches: captured.launches }),
      };
    },
    dispose() {
      trainer.dispose();
      model.dispose();
    },
  };
}

type Kernels = Awaited<ReturnType<typeof tf.profile>>["kernels"];

const profiled = (work: () => Promise<unknown>) =>
  tf.profile(async () => {
    await work();
    return [];
  });

/** The calls of one step as tfjs alone would make it. */
async function composedCalls(one: Case, model: Model): Promise<number> {
  const step = composedStep(one, model);
  const { kernels } = await profiled(step.run);
  step.dispose();
  return kernels.length;
}

/** By name, or else by the shape of what comes out; the first that fits. */
function partOf(
  name: string,
  shape: readonly number[],
  { batch, length }: Case,
  config: ModelConfig,
  P: number,
): string {
  const { width, mlpWidth, vocabSize } = config;
  const N = batch * length;
  const last = shape.at(-1) ?? 1;
  const product = /MatMul|Linear/.test(name);
  if (name === "AdamW" || shape.includes(P)) return "optimizer, and weights as one vector";
  if (name.startsWith("TokenLogProbs") || (last === vocabSize && !product)) return "cross-entropy";
  if (/Attention/.test(name) || (shape.length === 4 && shape[0] === batch))
    return product ? "attention: products" : "attention: softmax, mask, layout";
  if (product) return "products with weights";
  if (/Activat/.test(name) || (shape[0] === N && (last === mlpWidth || last === 2 * mlpWidth))) return "activation";
  if (name === "Rotate" || shape.length === 3 || /Split|Concat/.test(name)) return "rotary positions";
  if (/Norm/.test(name) || (shape[0] === N && (last === 1 || last === width))) return "norms and residuals";
  return /Reshape|Identity|ExpandDims/.test(name) ? "bookkeeping" : "sums of gradients, embedding, the rest";
}

async function partsOf(kernels: Kernels, one: Case, { config, parameterCount }: Model): Promise<PartTime[]> {
  const byPart = new Map<string, { calls: number; ms: number }>();
  for (const { name, kernelTimeMs, outputShapes } of kernels) {
    const part = partOf(name, outputShapes[0] ?? [], one, config, parameterCount);
    const sum = byPart.get(part) ?? { calls: 0, ms: 0 };
    const ms = await kernelTimeMs;
    byPart.set(part, { calls: sum.calls + 1, ms: sum.ms + (typeof ms === "number" ? ms : 0) });
  }
  return Array.from(byPart, ([part, sum]) => ({ part, ...sum })).toSorted((a, b) => b.ms - a.ms);
}
