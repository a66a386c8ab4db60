// Root-mean-square norm and layer norm over the last axis, with their backward passes.
// Sources: Zhang and Sennrich 2019 (RMSNorm); Ba, Kiros and Hinton 2016 (layer norm).
import * as tf from "../tf.ts";
import { engineKernel, runKernel } from "./engine-kernel.ts";
import type { WithBack } from "./with-back.ts";

export interface NormGradients {
  readonly dx: tf.Tensor;
  readonly dWeight: tf.Tensor;
  readonly dBias: tf.Tensor | undefined;
}

/**
 * @param x      [N, D] float32
 * @param weight [D]
 * @param bias   [D]: with it the mean is removed first (layer norm), without it not (RMS norm)
 * @returns y [N, D]; all tensors belong to the caller's tidy
 */
export function norm(
  x: tf.Tensor,
  weight: tf.Tensor,
  bias: tf.Tensor | undefined,
  epsilon: number,
): WithBack<NormGradients> {
  const isCentred = bias !== undefined;
  const own = engineKernel("RowNorm", { x, weight, bias }, { epsilon, centred: isCentred });
  if (own) {
    const [y, stats] = own;
    return {
      y,
      back(dy) {
        const [dx, dWeight, dBias] = runKernel("RowNormGradient", { dy, x, weight, stats }, { centred: isCentred });
        return { dx, dWeight, dBias };
      },
    };
  }
  const centred = bias ? tf.sub(x, tf.mean(x, -1, true)) : x;
  const scale = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), epsilon));
  const unit = tf.mul(centred, scale);
  const scaled = tf.mul(unit, weight);
  return {
    y: bias ? tf.add(scaled, bias) : scaled,
    back(dy) {
      const dUnit = tf.mul(dy, weight);
      const along = tf.mul(unit, tf.mean(tf.mul(dUnit, unit), -1, true));
      const dCentred = tf.mul(tf.sub(dUnit, along), scale);
      return {
        dx: bias ? tf.sub(dCentred, tf.mean(dCentred, -1, true)) : dCentred,
        dWeight: tf.sum(tf.mul(dy, unit), 0),
        dBias: bias && tf.sum(dy, 0),
      };
    },
  };
}
