// A shader of our own and its launch, recorded and submitted as tfjs's are. tfjs's own programs give one result, know buffers by their shapes, and need a dispatch that fits; here a
// shader names as many results as it has, buffers are flat, and its groups are numbered from 0 however many there are.
//
// A shader's body runs in each of `lanes` invocations of each group, and knows `lane`, `group`, its buffers by name and `scalars.NAME`. What it writes must not be bound twice.
import type { TensorInfo } from "../tf.ts";
import * as tf from "../tf.ts";
import type { WebgpuBackend } from "./backend.ts";
import { guarded } from "./failures.ts";

/** Elements of a buffer: a WGSL type. */
export type Element = "f32" | "i32" | "vec2<f32>" | "vec4<f32>";

export interface Shader {
  /** Says everything that the code depends on: pipelines are kept by it. */
  readonly name: string;
  /** Written, and read where the body does so. */
  readonly results: Readonly<Record<string, Element>>;
  readonly inputs: Readonly<Record<string, Element>>;
  readonly scalars: Readonly<Record<string, "f32" | "i32">>;
  readonly lanes: number;
  /** Whether it computes in 16 bits somewhere: the device needs shader-f16. */
  readonly half?: boolean;
  /** WGSL before the body: constants, workgroup memory, functions. */
  readonly declarations?: string;
  readonly body: string;
}

export interface Launched {
  readonly results: readonly TensorInfo[];
  readonly inputs: readonly TensorInfo[];
  readonly scalars: readonly number[];
  readonly groups: number;
}

/** By backend: a new device has none. */
const pipelines = new WeakMap<WebgpuBackend, Map<string, GPUComputePipeline>>();

/**
 * Results are tensors that exist: new ones of `makeTensorInfo`, or ones that are changed in place.
 * @param waves whether sums over a group go by subgroups; default: where the device has them
 */
export function launch(
  backend: WebgpuBackend,
  shader: Shader,
  { results, inputs, scalars, groups }: Launched,
  waves = hasWaves(backend.device),
): void {
  if (groups === 0) return;
  const kept = pipelines.get(backend) ?? new Map<string, GPUComputePipeline>();
  pipelines.set(backend, kept);
  const name = waves ? `${shader.name} by waves` : shader.name;
  const pipeline = kept.get(name) ?? compile(backend.device, shader, waves);
  kept.set(name, pipeline);
  const tensors = [...results, ...inputs];
  for (const { dataId } of tensors) backend.uploadToGPU(dataId);
  // One dimension, so that tfjs puts one number (a stride that nobody needs) before our scalars.
  const [first, ...others] = tensors.map(flat) as [TensorInfo, ...TensorInfo[]];
  const most = backend.device.limits.maxComputeWorkgroupsPerDimension;
  const program = {
    shaderKey: `${shader.name},`,
    pipeline,
    dispatch: [Math.min(groups, most), Math.ceil(groups / most), 1] as const,
    alsoWrites: results.length - 1,
    // Anything but undefined: without the shapes that tfjs's own shaders want.
    pixelsOpType: 0,
  };
  const types = Object.values(shader.scalars);
  const uniforms = [groups, ...scalars].map((value, i) => ({
    type: types[i - 1] === "f32" ? ("float32" as const) : ("int32" as const),
    data: [value],
  }));
  backend.recordAndSubmit(program, first, others, uniforms);
}

const hasWaves = (device: GPUDevice): boolean => device.features.has("subgroups");

const flat = ({ dataId, shape, dtype }: TensorInfo) => ({ dataId, shape: [tf.util.sizeFromShape([...shape])], dtype });

function compile(device: GPUDevice, shader: Shader, waves: boolean): GPUComputePipeline {
  const label = shader.name;
  return guarded(device, () => {
    const module = device.createShaderModule({ code: source(shader, waves), label });
    return device.createComputePipeline({ compute: { module, entryPoint: "start" }, label, layout: "auto" });
  });
}

/** @returns WGSL */
export function source(
  { results, inputs, scalars, lanes, half = false, declarations = "", body }: Shader,
  waves: boolean,
): string {
  const buffers = [
    ...Object.entries(results).map(([name, type]) => `var<storage, read_write> ${name} : array<${type}>;`),
    ...Object.entries(inputs).map(([name, type]) => `var<storage, read> ${name} : array<${type}>;`),
    "var<uniform> scalars : Scalars;",
  ].map((buffer, i) => `@group(0) @binding(${i}) ${buffer}`);
  const fields = Object.entries(scalars).map(([name, type]) => `${name} : ${type},`);
  return `${waves ? "enable subgroups;" : ""} ${half ? "enable f16;" : ""}
struct Scalars { stride : i32, groups : i32, ${fields.join(" ")} };
${buffers.join("\n")}
const LANES = ${lanes};
var<workgroup> parts : array<f32, LANES>;
${waves ? WAVES : ""}
${reduction("sumAll", "subgroupAdd(mine)", "a + b", waves)}
${reduction("maxAll", "subgroupMax(mine)", "max(a, b)", waves)}
${declarations}
@compute @workgroup_size(${lanes})
fn start(@builtin(local_invocation_index) ownIndex : u32, @builtin(workgroup_id) ownGroup : vec3<u32>, @builtin(num_workgroups) groupsAlong : vec3<u32>
  ${waves ? ", @builtin(subgroup_id) waveId : u32, @builtin(num_subgroups) waveCount : u32" : ""}) {
  ${waves ? "wave = waveId; waves = waveCount;" : ""}
  let lane = i32(ownIndex);
  let group = i32(ownGroup.y * groupsAlong.x + ownGroup.x);
  if (group >= scalars.groups) { return; }
  ${body}
}`;
}

const WAVES = "var<private> wave : u32;\nvar<private> waves : u32;";

/** A function of all lanes' numbers that gives every lane the same one; all lanes have to call it. */
function reduction(name: string, ofWave: string, pair: string, waves: boolean): string {
  const fold = `fn ${name}Pair(a : f32, b : f32) -> f32 { return ${pair}; }`;
  if (waves)
    return `${fold}
fn ${name}(lane : i32, mine : f32) -> f32 {
  let part = ${ofWave};
  workgroupBarrier();
  if (subgroupElect()) { parts[wave] = part; }
  workgroupBarrier();
  var all = parts[0];
  for (var i = 1u; i < waves; i += 1u) { all = ${name}Pair(all, parts[i]); }
  return all;
}`;
  return `${fold}
fn ${name}(lane : i32, mine : f32) -> f32 {
  workgroupBarrier();
  parts[lane] = mine;
  workgroupBarrier();
  for (var half = LANES / 2; half > 0; half /= 2) {
    if (lane < half) { parts[lane] = ${name}Pair(parts[lane], parts[lane + half]); }
    workgroupBarrier();
  }
  return parts[0];
}`;
}
