// Rotary positions, one invocation for each value: y = x C + swap(x) S, and dx = dy C + swap(dy S) on the way back.
import type { EngineKernels } from "../../ops/engine-kernel.ts";
import * as tf from "../../tf.ts";
import type { TensorInfo } from "../../tf.ts";
import type { WebgpuBackend } from "../backend.ts";
import { launch } from "../launch.ts";
import type { Shader } from "../launch.ts";

const LANES = 64;

const shaderOf = (back: boolean): Shader => ({
  name: `blankslate_rotate_${back}`,
  results: { y: "f32" },
  inputs: { x: "f32", cosines: "f32", sines: "f32" },
  scalars: { count: "i32", tableCount: "i32", half: "i32", headWidth: "i32" },
  lanes: LANES,
  // The tables repeat along the first dimensions.
  body: `
    let at = group * LANES + lane;
    if (at >= scalars.count) { return; }
    let column = at % scalars.headWidth;
    var partner = at;
    if (column < scalars.half) { partner += scalars.half; } else if (column < 2 * scalars.half) { partner -= scalars.half; }
    let turned = ${back ? "select(0.0, x[partner] * sines[partner % scalars.tableCount], partner != at)" : "x[partner] * sines[at % scalars.tableCount]"};
    y[at] = x[at] * cosines[at % scalars.tableCount] + turned;`,
});

export function rotate(
  backend: WebgpuBackend,
  { x, cos, sin }: EngineKernels["Rotate"]["inputs"],
  { parts, back }: EngineKernels["Rotate"]["attrs"],
): readonly TensorInfo[] {
  const y = backend.makeTensorInfo(x.shape, "float32");
  const count = tf.util.sizeFromShape([...x.shape]);
  const [half, , rest] = parts;
  launch(backend, shaderOf(back), {
    results: [y],
    inputs: [x, cos, sin],
    scalars: [count, tf.util.sizeFromShape([...cos.shape]), half, 2 * half + rest],
    groups: Math.ceil(count / LANES),
  });
  return [y];
}
