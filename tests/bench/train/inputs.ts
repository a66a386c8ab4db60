// The model and the batches of the cases.
import { init } from "../../../lib/model/init.ts";
import type { Model } from "../../../lib/model/model.ts";
import * as tf from "../../../lib/tensor/tf.ts";
import { stateMachine } from "../../../lib/world/stateMachine.ts";
import type { Case } from "./cases.ts";

const task = stateMachine({ seed: 7 });

export const modelOf = ({ layers, width, heads }: Pick<Case, "layers" | "width" | "heads">): Promise<Model> =>
  init({ arch: "qwen2", layers, width, heads, vocab: task.vocab, seed: 0 });

export function feedsOf({ batch, length }: Case, vocab: number, step: number) {
  const N = batch * length;
  const ids = Int32Array.from({ length: N }, (_, i) => (i * 7 + step * 3) % vocab);
  const targets = Int32Array.from({ length: 2 * N }, (_, i) => (i % 2 === 0 ? i / 2 : ((i >> 1) * 5 + step) % vocab));
  return {
    ids: tf.tensor2d(ids, [batch, length], "int32"),
    targets: tf.tensor2d(targets, [N, 2], "int32"),
    weights: tf.tensor1d(new Float32Array(N).fill(1 / N)),
  };
}
