// Rows written into a table where it lies: one invocation for each value.
import type { WriteRowsInputs } from "../../ops/write-rows.ts";
import type { TensorInfo } from "../../tf.ts";
import { forgetHostCopy } from "../backend.ts";
import type { WebgpuBackend } from "../backend.ts";
import { launch } from "../launch.ts";
import type { Shader } from "../launch.ts";

const LANES = 64;

const SHADER: Shader = {
  name: "blankslate_write_rows",
  results: { table: "f32" },
  inputs: { rows: "f32", indices: "i32" },
  scalars: { count: "i32", width: "i32" },
  lanes: LANES,
  body: `
    let at = group * LANES + lane;
    if (at >= scalars.count) { return; }
    table[indices[at / scalars.width] * scalars.width + at % scalars.width] = rows[at];`,
};

export function writeRows(backend: WebgpuBackend, { table, indices, rows }: WriteRowsInputs): readonly TensorInfo[] {
  const [count, width] = rows.shape as [number, number];
  launch(backend, SHADER, {
    results: [table],
    inputs: [rows, indices],
    scalars: [count * width, width],
    groups: Math.ceil((count * width) / LANES),
  });
  forgetHostCopy(backend, table);
  backend.incRef(table.dataId);
  return [{ dataId: table.dataId, shape: table.shape, dtype: table.dtype }];
}
