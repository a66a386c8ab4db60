// Sums of columns: lanes take columns side by side, and many rows are first summed in parts, so that no lane adds up more than a few hundred numbers.
import type { EngineKernels } from "../../ops/engine-kernel.ts";
import type { TensorInfo } from "../../tf.ts";
import type { WebgpuBackend } from "../backend.ts";
import { launch } from "../launch.ts";
import type { Shader } from "../launch.ts";

const LANES = 64;
/** Rows that one lane adds up. */
export const MOST_ROWS = 128;

const SHADER: Shader = {
  name: "blankslate_column_sums",
  results: { sums: "f32" },
  inputs: { x: "f32" },
  scalars: { rows: "i32", width: "i32", rowsEach: "i32", columnGroups: "i32" },
  lanes: LANES,
  body: `
    let column = (group % scalars.columnGroups) * LANES + lane;
    let block = group / scalars.columnGroups;
    if (column >= scalars.width) { return; }
    var sum = 0.0;
    let last = min(scalars.rows, (block + 1) * scalars.rowsEach);
    for (var row = block * scalars.rowsEach; row < last; row += 1) { sum += x[row * scalars.width + column]; }
    sums[block * scalars.width + column] = sum;`,
};

export const columnSums = (
  backend: WebgpuBackend,
  { x }: EngineKernels["ColumnSums"]["inputs"],
): readonly TensorInfo[] => [sumColumns(backend, x)];

/** @returns [D] of x [N, D] */
export function sumColumns(backend: WebgpuBackend, x: TensorInfo): TensorInfo {
  const [rows, width] = x.shape as [number, number];
  const blocks = Math.ceil(rows / MOST_ROWS);
  const sums = backend.makeTensorInfo(blocks === 1 ? [width] : [blocks, width], "float32");
  const columnGroups = Math.ceil(width / LANES);
  launch(backend, SHADER, {
    results: [sums],
    inputs: [x],
    scalars: [rows, width, MOST_ROWS, columnGroups],
    groups: columnGroups * blocks,
  });
  if (blocks === 1) return sums;
  const whole = sumColumns(backend, sums);
  backend.disposeData(sums.dataId);
  return whole;
}
