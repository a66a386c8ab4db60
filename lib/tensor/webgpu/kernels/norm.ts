// RMS and layer norm: a group for each row forward; on the way back a group for some rows, which also gathers what the weight and the bias get of them.
import type { EngineKernels } from "../../ops/engine-kernel.ts";
import type { TensorInfo } from "../../tf.ts";
import type { WebgpuBackend } from "../backend.ts";
import { launch } from "../launch.ts";
import type { Shader } from "../launch.ts";
import { MOST_ROWS, sumColumns } from "./column-sums.ts";

const lanesFor = (width: number) => (width >= 512 ? 256 : 64);

const forward = (lanes: number, centred: boolean): Shader => ({
  name: `blankslate_norm_${lanes}_${centred}`,
  results: { y: "f32", stats: "f32" },
  inputs: { x: "f32", weight: "f32", ...(centred && { bias: "f32" }) },
  scalars: { width: "i32", epsilon: "f32" },
  lanes,
  body: `
    let width = scalars.width;
    let start = group * width;
    var mean = 0.0;
    ${
      centred
        ? `for (var c = lane; c < width; c += LANES) { mean += x[start + c]; }
           mean = sumAll(lane, mean) / f32(width);`
        : ""
    }
    var squares = 0.0;
    for (var c = lane; c < width; c += LANES) {
      let away = x[start + c] - mean;
      squares += away * away;
    }
    let scale = inverseSqrt(sumAll(lane, squares) / f32(width) + scalars.epsilon);
    for (var c = lane; c < width; c += LANES) {
      y[start + c] = (x[start + c] - mean) * scale * weight[c] ${centred ? "+ bias[c]" : ""};
    }
    if (lane == 0) {
      stats[2 * group] = mean;
      stats[2 * group + 1] = scale;
    }`,
});

/** dx = (dUnit - unit * mean(dUnit * unit) - mean(dUnit)) * scale, where dUnit = dy * weight; the last mean where the norm removes one. */
const backward = (lanes: number, centred: boolean, more: boolean): Shader => ({
  name: `blankslate_norm_back_${lanes}_${centred}_${more}`,
  results: { dx: "f32", dWeight: "f32", ...(centred && { dBias: "f32" }) },
  inputs: { dy: "f32", x: "f32", weight: "f32", stats: "f32", ...(more && { plus: "f32" }) },
  scalars: { rows: "i32", width: "i32", rowsEach: "i32" },
  lanes,
  body: `
    let width = scalars.width;
    let first = group * scalars.rowsEach;
    let last = min(scalars.rows, first + scalars.rowsEach);
    for (var row = first; row < last; row += 1) {
      let start = row * width;
      let mean = stats[2 * row];
      let scale = stats[2 * row + 1];
      var along = 0.0;
      var level = 0.0;
      for (var c = lane; c < width; c += LANES) {
        let dUnit = dy[start + c] * weight[c];
        along += dUnit * (x[start + c] - mean) * scale;
        level += dUnit;
      }
      along = sumAll(lane, along) / f32(width);
      level = ${centred ? "sumAll(lane, level) / f32(width)" : "0.0"};
      for (var c = lane; c < width; c += LANES) {
        let slope = dy[start + c];
        let unit = (x[start + c] - mean) * scale;
        dx[start + c] = (slope * weight[c] - unit * along - level) * scale ${more ? "+ plus[start + c]" : ""};
        // A column is one lane's in every row.
        let at = group * width + c;
        dWeight[at] = select(dWeight[at], 0.0, row == first) + slope * unit;
        ${centred ? "dBias[at] = select(dBias[at], 0.0, row == first) + slope;" : ""}
      }
    }`,
});

export function rowNorm(
  backend: WebgpuBackend,
  { x, weight, bias }: EngineKernels["RowNorm"]["inputs"],
  { epsilon }: EngineKernels["RowNorm"]["attrs"],
): readonly TensorInfo[] {
  const [rows, width] = x.shape as [number, number];
  const results = [backend.makeTensorInfo(x.shape, "float32"), backend.makeTensorInfo([rows, 2], "float32")];
  const inputs = bias ? [x, weight, bias] : [x, weight];
  const shader = forward(lanesFor(width), bias !== undefined);
  launch(backend, shader, { results, inputs, scalars: [width, epsilon], groups: rows });
  return results;
}

export function rowNormGradient(
  backend: WebgpuBackend,
  { dy, x, weight, stats, plus }: EngineKernels["RowNormGradient"]["inputs"],
  { centred }: EngineKernels["RowNormGradient"]["attrs"],
): readonly TensorInfo[] {
  const [rows, width] = x.shape as [number, number];
  const rowsEach = Math.ceil(rows / Math.min(rows, MOST_ROWS));
  const groups = Math.ceil(rows / rowsEach);
  const dx = backend.makeTensorInfo(x.shape, "float32");
  const ofGroups = Array.from({ length: centred ? 2 : 1 }, () => backend.makeTensorInfo([groups, width], "float32"));
  launch(backend, backward(lanesFor(width), centred, plus !== undefined), {
    results: [dx, ...ofGroups],
    inputs: plus ? [dy, x, weight, stats, plus] : [dy, x, weight, stats],
    scalars: [rows, width, rowsEach],
    groups,
  });
  const whole = ofGroups.map((sums) => sumColumns(backend, sums));
  for (const { dataId } of ofGroups) backend.disposeData(dataId);
  return [dx, ...whole];
}
