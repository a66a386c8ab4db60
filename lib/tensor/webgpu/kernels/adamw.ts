// AdamW over all weights: the gradient's squares are summed in parts, one group makes of them the norm and what all weights have in common, and one launch reads and writes each
// weight, its moments and its gradient once.
import type { EngineKernels } from "../../ops/engine-kernel.ts";
import type { TensorInfo } from "../../tf.ts";
import type { WebgpuBackend } from "../backend.ts";
import { launch } from "../launch.ts";
import type { Shader } from "../launch.ts";

const LANES = 256;
/** Sums of squares that are made side by side. */
const MOST_PARTS = 256;
/** Buffers of the last launch. WebGPU promises 8; desktop GPUs have 10 and more. */
export const ADAMW_BUFFERS = 9;

const SQUARES: Shader = {
  name: "blankslate_squares",
  results: { sums: "f32" },
  inputs: { gradient: "f32" },
  scalars: { count: "i32" },
  lanes: LANES,
  body: `
    var sum = 0.0;
    for (var i = group * LANES + lane; i < scalars.count; i += scalars.groups * LANES) { sum += gradient[i] * gradient[i]; }
    sum = sumAll(lane, sum);
    if (lane == 0) { sums[group] = sum; }`,
};

/** common: 1 where the norm is finite, the gradient's scale, learning rate, and the corrections of both moments. */
const COMMON: Shader = {
  name: "blankslate_adamw_common",
  results: { common_: "f32", norm: "f32" },
  inputs: { sums: "f32", rates: "f32" },
  scalars: { count: "i32", clip: "f32", clipEpsilon: "f32" },
  lanes: LANES,
  // Bits instead of a comparison: a shader's compiler may take every number for finite.
  body: `
    var sum = 0.0;
    for (var i = lane; i < scalars.count; i += LANES) { sum += sums[i]; }
    let length = sqrt(sumAll(lane, sum));
    if (lane == 0) {
      let finite = (bitcast<u32>(length) & 0x7f800000u) != 0x7f800000u;
      norm[0] = length;
      common_[0] = select(0.0, 1.0, finite);
      common_[1] = min(1.0, scalars.clip / (length + scalars.clipEpsilon));
      for (var i = 0; i < 3; i += 1) { common_[2 + i] = rates[i]; }
    }`,
};

const UPDATE: Shader = {
  name: "blankslate_adamw",
  results: { newTheta: "f32", newMean: "f32", newSquare: "f32" },
  inputs: { theta: "f32", mean: "f32", square: "f32", gradient: "f32", decayed: "f32", common_: "f32" },
  scalars: { count: "i32", betaMean: "f32", betaSquare: "f32", epsilon: "f32", weightDecay: "f32" },
  lanes: LANES,
  body: `
    let i = group * LANES + lane;
    if (i >= scalars.count) { return; }
    let clipped = gradient[i] * common_[1];
    let m = mean[i] * scalars.betaMean + clipped * (1.0 - scalars.betaMean);
    let s = square[i] * scalars.betaSquare + clipped * clipped * (1.0 - scalars.betaSquare);
    let change = m * (common_[2] * common_[3]) / (sqrt(s * common_[4]) + scalars.epsilon);
    let kept = 1.0 - decayed[i] * (common_[2] * scalars.weightDecay);
    newMean[i] = m;
    newSquare[i] = s;
    if (common_[0] == 1.0) { newTheta[i] = theta[i] * kept - change; } else { newTheta[i] = theta[i]; }`,
};

export function adamW(
  backend: WebgpuBackend,
  { theta, mean, square, gradient, decayed, rates }: EngineKernels["AdamW"]["inputs"],
  { betas, epsilon, clipEpsilon, weightDecay, clip }: EngineKernels["AdamW"]["attrs"],
): readonly TensorInfo[] {
  const [count] = gradient.shape as [number];
  const parts = Math.min(MOST_PARTS, Math.ceil(count / LANES));
  const make = (size: number) => backend.makeTensorInfo([size], "float32");
  const [sums, common, norm] = [make(parts), make(5), make(1)] as const;
  launch(backend, SQUARES, { results: [sums], inputs: [gradient], scalars: [count], groups: parts });
  launch(backend, COMMON, {
    results: [common, norm],
    inputs: [sums, rates],
    scalars: [parts, clip, clipEpsilon],
    groups: 1,
  });
  const fresh = [make(count), make(count), make(count)];
  launch(backend, UPDATE, {
    results: fresh,
    inputs: [theta, mean, square, gradient, decayed, common],
    scalars: [count, ...betas, epsilon, weightDecay],
    groups: Math.ceil(count / LANES),
  });
  for (const { dataId } of [sums, common]) backend.disposeData(dataId);
  return [...fresh, norm];
}
