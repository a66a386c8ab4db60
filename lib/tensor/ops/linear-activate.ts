// The first half of a feed-forward block: x W (+ b) and its activation, in one launch where the engine can.
import type * as tf from "../tf.ts";
import { activate } from "./activation.ts";
import type { Activation } from "./activation.ts";
import { engineKernel, runKernel } from "./engine-kernel.ts";
import { gatedLinear } from "./gated.ts";
import { linear, linearGradients } from "./linear.ts";
import type { Linear } from "./linear.ts";

/**
 * @param x      [N, in] float32
 * @param weight [in, out], where gated the gate's columns first
 * @param bias   [out]
 * @returns y [N, out], or half as many columns where gated; all tensors belong to the caller's tidy
 */
export function linearActivate(
  x: tf.Tensor,
  weight: tf.Tensor,
  bias: tf.Tensor | undefined,
  activation: Activation,
  gated: boolean,
): Linear {
  const attrs = { activation, gated };
  const own = engineKernel("ProductActivate", { x, weight, bias }, attrs);
  if (!own && gated) return gatedLinear(x, weight, bias, activation);
  if (!own) {
    const before = linear(x, weight, bias);
    const active = activate(before.y, activation, false);
    return { y: active.y, back: (dy, plus) => before.back(active.back(dy), plus) };
  }
  const [before, y] = own;
  return {
    y,
    back: (dy, plus) =>
      linearGradients(x, weight, bias, runKernel("ActivateGradient", { x: before, dy }, attrs)[0], plus),
  };
}
