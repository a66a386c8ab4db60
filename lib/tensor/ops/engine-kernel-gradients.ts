// The ways back under tf.grads, for users who differentiate a forward pass themselves; the laboratory's own steps call the backward kernels directly.
import { columnSums } from "./column-sums.ts";
import { runKernel } from "./engine-kernel.ts";
import type { ActivateAttributes, EngineKernels } from "./engine-kernel.ts";
import * as tf from "../tf.ts";

type Tensors = readonly tf.Tensor[];
type Three = readonly [tf.Tensor, tf.Tensor, tf.Tensor];
type Four = readonly [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
type ByInput = Readonly<Record<string, () => tf.Tensor>>;

/** Inputs are saved in the order of `inputs`, after them the outputs of which `outputs` says so. */
function register<Name extends keyof EngineKernels>(
  kernelName: Name,
  inputsToSave: string[],
  outputsToSave: boolean[],
  gradient: (dys: Tensors, saved: Tensors, attrs: EngineKernels[Name]["attrs"]) => ByInput,
): void {
  const gradFunc: tf.GradFunc = (dy, saved, attrs) => gradient(Array.isArray(dy) ? dy : [dy], saved, attrs);
  tf.registerGradient({ kernelName, inputsToSave, outputsToSave, gradFunc });
}

/** For every engine that has kernels of its own; the second call does nothing. */
export function registerGradients(): void {
  if (tf.getGradient("Linear")) return;
  const ofProduct = (dy: tf.Tensor, saved: Tensors) => {
    const [x, weight] = saved as readonly [tf.Tensor, tf.Tensor];
    return {
      x: () => tf.matMul(dy, weight, false, true),
      weight: () => tf.matMul(x, dy, true, false),
      bias: () => columnSums(dy),
    };
  };
  register("Linear", ["x", "weight"], [false], ([dy], saved) => ofProduct(dy as tf.Tensor, saved));
  register("Product", ["x", "weight"], [false], ([dy], saved) => ({
    ...ofProduct(dy as tf.Tensor, saved),
    plus: () => dy as tf.Tensor,
  }));
  register("ProductActivate", ["x", "weight"], [true, false], ([, dy], [x, weight, before], attrs) =>
    ofProduct(runKernel("ActivateGradient", { x: before as tf.Tensor, dy: dy as tf.Tensor }, attrs)[0], [
      x as tf.Tensor,
      weight as tf.Tensor,
    ]),
  );
  register("RowNorm", ["x", "weight"], [false, true], ([dy], saved, { centred }) => {
    const [x, weight, stats] = saved as Three;
    const back = () => runKernel("RowNormGradient", { dy: dy as tf.Tensor, x, weight, stats }, { centred });
    return { x: () => back()[0], weight: () => back()[1], bias: () => back()[2] as tf.Tensor };
  });
  register("Activate", ["x"], [false], ([dy], [x], attrs: ActivateAttributes) => ({
    x: () => runKernel("ActivateGradient", { x: x as tf.Tensor, dy: dy as tf.Tensor }, attrs)[0],
  }));
  register("Rotate", ["cos", "sin"], [false], ([dy], saved, { parts, back }) => {
    const [cos, sin] = saved as readonly [tf.Tensor, tf.Tensor];
    return { x: () => runKernel("Rotate", { x: dy as tf.Tensor, cos, sin }, { parts, back: !back })[0] };
  });
  register("Attention", ["qkv", "mask"], [true, true], ([dy], saved, counts) => {
    const [qkv, mask, y, totals] = saved as Four;
    return { qkv: () => runKernel("AttentionGradient", { qkv, mask, y, totals, dy: dy as tf.Tensor }, counts)[0] };
  });
}
