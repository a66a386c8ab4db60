// The first half of a gated feed-forward block (SwiGLU and its like): open(x Wg + bg) * (x Wu + bu), the two weights side by side in one. For engines without a kernel for it: the weight is split and not its
// product, which has as many rows as there are tokens: nothing of that size is split, and nothing joined on the way back. Source: Shazeer 2020.
import * as tf from "../tf.ts";
import { activate } from "./activation.ts";
import type { Activation } from "./activation.ts";
import { linear } from "./linear.ts";
import type { Linear } from "./linear.ts";

/**
 * @param x      [N, in] float32
 * @param weight [in, 2 M]: gate, then up
 * @param bias   [2 M]
 * @returns y [N, M]; all tensors belong to the caller's tidy
 */
export function gatedLinear(
  x: tf.Tensor,
  weight: tf.Tensor,
  bias: tf.Tensor | undefined,
  activation: Activation,
): Linear {
  const [gateWeight, upWeight] = tf.split(weight, 2, 1) as [tf.Tensor, tf.Tensor];
  const [gateBias, upBias] = bias ? tf.split(bias, 2) : [undefined, undefined];
  const gate = linear(x, gateWeight, gateBias);
  const up = linear(x, upWeight, upBias);
  const open = activate(gate.y, activation, false);
  return {
    y: tf.mul(open.y, up.y),
    back(dy, plus) {
      const ofGate = gate.back(open.back(tf.mul(dy, up.y)));
      const ofUp = up.back(tf.mul(dy, open.y));
      const dx = tf.add(ofGate.dx, ofUp.dx);
      return {
        dx: plus ? tf.add(plus, dx) : dx,
        dWeight: tf.concat([ofGate.dWeight, ofUp.dWeight], 1),
        dBias: ofGate.dBias && ofUp.dBias && tf.concat([ofGate.dBias, ofUp.dBias]),
      };
    },
  };
}
