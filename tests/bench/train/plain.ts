// The step as tfjs alone makes it: its tape for the gradient, one-hot targets, its Adam on one tensor at a time; and tfjs's wasm backend as it comes, without this project's kernels.
import { startEngine } from "../../../lib/tensor/backend.ts";
import type { EngineStatus } from "../../../lib/tensor/backend.ts";
import * as tf from "../../../lib/tensor/tf.ts";
import { forward } from "../../../lib/model/forward.ts";
import type { Model } from "../../../lib/model/model.ts";
import type { Case, Running } from "./cases.ts";
import { feedsOf, modelOf } from "./inputs.ts";

/** tfjs's kernels are noted before ours take their places, and put back. */
export async function startPlainWasm(): Promise<EngineStatus> {
  await import("@tensorflow/tfjs-backend-wasm");
  const stock = tf.getKernelsForBackend("wasm");
  const started = await startEngine("wasm");
  for (const { kernelName } of tf.getKernelsForBackend("wasm")) tf.unregisterKernel(kernelName, "wasm");
  for (const kernel of stock) tf.registerKernel(kernel);
  await tf.setBackend("wasm");
  return started;
}

/** One step of the model's own variables, which it changes. */
export function composedStep(one: Case, model: Model): { readonly run: () => Promise<number>; dispose(): void } {
  const vocab = model.config.vocabSize;
  const adam = tf.train.adam(1e-3, 0.9, 0.95);
  let n = 0;
  return {
    async run() {
      const { ids, targets, weights } = feedsOf(one, vocab, ++n);
      const loss = () =>
        tf.tidy(() => {
          const labels = tf.oneHot(tf.squeeze<tf.Tensor1D>(tf.slice(targets, [0, 1], [-1, 1]), [1]), vocab);
          const logits = tf.reshape(forward(model, ids), [ids.size, vocab]);
          return tf.losses.softmaxCrossEntropy<tf.Tensor, tf.Scalar>(labels, logits);
        });
      const { value, grads } = tf.variableGrads(loss, [...model.parameters.values()]);
      adam.applyGradients(grads as Parameters<typeof adam.applyGradients>[0]);
      const [nats] = await value.data();
      tf.dispose([value, grads, ids, targets, weights]);
      return nats as number;
    },
    dispose: () => adam.dispose(),
  };
}

export async function plainTraining(one: Case): Promise<Running> {
  const model = await modelOf(one);
  const step = composedStep(one, model);
  const firstLoss = await step.run();
  return {
    steps: 1,
    run: async () => void (await step.run()),
    describe: () => Promise.resolve({ parameters: model.parameterCount, tokens: one.batch * one.length, firstLoss }),
    dispose() {
      step.dispose();
      model.dispose();
    },
  };
}
