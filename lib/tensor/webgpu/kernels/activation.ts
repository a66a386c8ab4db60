// The nonlinear part of the feed-forward block, one invocation for each value of the result; the way back computes it again instead of keeping anything.
import type { Activation } from "../../ops/activation.ts";
import type { ActivateAttributes, EngineKernels } from "../../ops/engine-kernel.ts";
import type { TensorInfo } from "../../tf.ts";
import type { WebgpuBackend } from "../backend.ts";
import { launch } from "../launch.ts";
import type { Shader } from "../launch.ts";

const LANES = 64;

/** `value` and `slope` of each. exp and tanh get arguments whose results stay finite: a shader's infinity may be anything. */
export const FUNCTIONS: Readonly<Record<Activation, string>> = {
  silu: `
    fn sigmoid(x : f32) -> f32 { let e = exp(-abs(x)); return select(e, 1.0, x >= 0.0) / (1.0 + e); }
    fn value(x : f32) -> f32 { return x * sigmoid(x); }
    fn slope(x : f32) -> f32 { let s = sigmoid(x); return x * s * (1.0 - s) + s; }`,
  gelu_tanh: `
    const SCALE = ${Math.sqrt(2 / Math.PI)};
    const CUBIC = 0.044715;
    /** From here on the slope is 1, or 0, to the last bit. */
    const FAR = 16.0;
    fn bend(x : f32) -> f32 { let near = clamp(x, -FAR, FAR); return tanh(clamp(near * (near * near * CUBIC + 1.0) * SCALE, -10.0, 10.0)); }
    fn value(x : f32) -> f32 { return x * 0.5 * (bend(x) + 1.0); }
    fn slope(x : f32) -> f32 {
      let t = bend(x);
      let near = clamp(x, -FAR, FAR);
      return 0.5 * (t + 1.0) + near * 0.5 * (1.0 - t * t) * (3.0 * CUBIC * near * near + 1.0) * SCALE;
    }`,
  // erf by Abramowitz and Stegun 7.1.26, within 1.5e-7, as tfjs's own shader has it.
  gelu: `
    fn below(x : f32) -> f32 {
      let z = min(abs(x) * ${Math.SQRT1_2}, 6.0);
      let t = 1.0 / (1.0 + 0.3275911 * z);
      let e = 1.0 - ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t * exp(-z * z);
      return 0.5 * (1.0 + sign(x) * e);
    }
    fn value(x : f32) -> f32 { return x * below(x); }
    fn slope(x : f32) -> f32 { let near = clamp(x, -20.0, 20.0); return below(x) + near * exp(-0.5 * near * near) * ${1 / Math.sqrt(2 * Math.PI)}; }`,
  relu: `
    fn value(x : f32) -> f32 { return max(x, 0.0); }
    fn slope(x : f32) -> f32 { return select(0.0, 1.0, x > 0.0); }`,
};

const shaderOf = ({ activation, gated }: ActivateAttributes, back: boolean): Shader => ({
  name: `blankslate_activate_${activation}_${gated}_${back}`,
  results: { result: "f32" },
  inputs: { x: "f32", ...(back && { dy: "f32" }) },
  scalars: { count: "i32", width: "i32" },
  lanes: LANES,
  declarations: FUNCTIONS[activation],
  body: `
    let at = group * LANES + lane;
    if (at >= scalars.count) { return; }
    ${gated ? "let gate = at + at / scalars.width * scalars.width;\nlet up = gate + scalars.width;" : "let gate = at;"}
    ${
      back
        ? `let d = dy[at] * slope(x[gate]);
           result[gate] = d ${gated ? "* x[up];\nresult[up] = dy[at] * value(x[gate])" : ""};`
        : `result[at] = value(x[gate]) ${gated ? "* x[up]" : ""};`
    }`,
});

export function activate(
  backend: WebgpuBackend,
  { x }: EngineKernels["Activate"]["inputs"],
  attrs: ActivateAttributes,
): readonly TensorInfo[] {
  const [rows, columns] = x.shape as [number, number];
  const width = attrs.gated ? columns / 2 : columns;
  const y = backend.makeTensorInfo([rows, width], "float32");
  run(backend, shaderOf(attrs, false), y, [x], rows * width, width);
  return [y];
}

export function activateGradient(
  backend: WebgpuBackend,
  { x, dy }: EngineKernels["ActivateGradient"]["inputs"],
  attrs: ActivateAttributes,
): readonly TensorInfo[] {
  const dx = backend.makeTensorInfo(x.shape, "float32");
  const [rows, width] = dy.shape as [number, number];
  run(backend, shaderOf(attrs, true), dx, [x, dy], rows * width, width);
  return [dx];
}

function run(
  backend: WebgpuBackend,
  shader: Shader,
  result: TensorInfo,
  inputs: readonly TensorInfo[],
  count: number,
  width: number,
): void {
  launch(backend, shader, { results: [result], inputs, scalars: [count, width], groups: Math.ceil(count / LANES) });
}
