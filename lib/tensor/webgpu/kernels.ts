// Kernels that tfjs-backend-webgpu does not have.
import { WRITE_ROWS } from "../ops/write-rows.ts";
import type { WriteRowsInputs } from "../ops/write-rows.ts";
import * as tf from "../tf.ts";
import { forgetHostCopy } from "./backend.ts";
import type { ShaderProgram, WebgpuBackend } from "./backend.ts";

const GROUP = 64;

/** Call once, after tfjs's own kernels are registered. */
export function installKernels(): void {
  tf.registerKernel({ kernelName: WRITE_ROWS, backendName: "webgpu", kernelFunc: writeRows });
}

/** One invocation per value; the table's buffer is the result. */
const writeRows: tf.KernelFunc = ({ inputs, backend }) => {
  const { table, indices, rows } = inputs as unknown as WriteRowsInputs;
  const engine = backend as WebgpuBackend;
  const [count, width] = rows.shape as [number, number];
  const program: ShaderProgram = {
    variableNames: ["rows", "indices"],
    outputShape: table.shape,
    shaderKey: "blankslate_write_rows",
    dispatchLayout: { x: [0] },
    dispatch: [Math.ceil((count * width) / GROUP), 1, 1],
    workgroupSize: [GROUP, 1, 1],
    uniforms: "count : i32, width : i32,",
    getUserCode: () => `
      fn main(index : i32) {
        if (index < uniforms.count) {
          let row = index / uniforms.width;
          result[indices[row] * uniforms.width + index % uniforms.width] = rows[index];
        }
      }`,
  };
  const uniforms = [count * width, width].map((value) => ({ type: "int32" as const, data: [value] }));
  engine.runWebGPUProgram(program, [rows, indices], table.dtype, uniforms, table);
  forgetHostCopy(engine, table);
  engine.incRef(table.dataId);
  return { dataId: table.dataId, shape: table.shape, dtype: table.dtype };
};
