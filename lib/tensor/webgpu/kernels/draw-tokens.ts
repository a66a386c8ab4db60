// A draw for each row of logits, a group for each: lanes sum stretches of the vocabulary, and the one whose stretch the uniform number falls into looks for the token there.
import type { EngineKernels } from "../../ops/engine-kernel.ts";
import type { TensorInfo } from "../../tf.ts";
import type { WebgpuBackend } from "../backend.ts";
import { launch } from "../launch.ts";
import type { Shader } from "../launch.ts";

const LANES = 128;

const shaderOf = (greedy: boolean): Shader => ({
  name: `blankslate_draw_${greedy}`,
  results: { drawn: "f32" },
  inputs: { logits: "f32", ...(!greedy && { uniforms: "f32" }) },
  scalars: { rows: "i32", V: "i32" },
  lanes: LANES,
  declarations: `
    var<workgroup> sums : array<f32, LANES>;
    var<workgroup> token : atomic<i32>;
    var<workgroup> lastLikely : atomic<i32>;`,
  body: `
    let V = scalars.V;
    let start = group * V;
    let each = (V + LANES - 1) / LANES;
    let first = min(V, lane * each);
    let last = min(V, first + each);
    if (lane == 0) {
      atomicStore(&token, V);
      atomicStore(&lastLikely, 0);
    }
    var highest = -3.0e38;
    for (var v = first; v < last; v += 1) { highest = max(highest, logits[start + v]); }
    let top = maxAll(lane, highest);
    var mine = 0.0;
    for (var v = first; v < last; v += 1) { mine += exp(logits[start + v] - top); }
    sums[lane] = mine;
    workgroupBarrier();
    var running = 0.0;
    for (var i = 0; i < lane; i += 1) { running += sums[i]; }
    var total = running;
    for (var i = lane; i < LANES; i += 1) { total += sums[i]; }
    ${
      greedy
        ? "for (var v = first; v < last; v += 1) { if (logits[start + v] == top) { atomicMin(&token, v); } }"
        : `let goal = total * uniforms[group];
           for (var v = first; v < last; v += 1) {
             let share = exp(logits[start + v] - top);
             running += share;
             if (share == 0.0) { continue; }
             // Where two lanes' roundings meet a goal may be passed by neither.
             atomicMax(&lastLikely, v);
             if (running > goal) { atomicMin(&token, v); break; }
           }`
    }
    workgroupBarrier();
    if (lane == 0) {
      var said = atomicLoad(&token);
      if (said == V) { said = atomicLoad(&lastLikely); }
      drawn[group] = f32(said);
      drawn[scalars.rows + group] = logits[start + said] - top - log(total);
    }`,
});

export function drawTokens(
  backend: WebgpuBackend,
  { logits, uniforms }: EngineKernels["DrawTokens"]["inputs"],
  { greedy }: EngineKernels["DrawTokens"]["attrs"],
): readonly TensorInfo[] {
  const [R, V] = logits.shape as [number, number];
  const drawn = backend.makeTensorInfo([2, R], "float32");
  launch(backend, shaderOf(greedy), {
    results: [drawn],
    inputs: greedy ? [logits] : [logits, uniforms],
    scalars: [R, V],
    groups: R,
  });
  return [drawn];
}
