// Memory on every engine: what is held is told, what does not fit is an error that names it, and neither an error nor an end leaves tensors.
import { expect, test } from "vitest";
import { hasCode } from "../../../lib/core/errors.ts";
import { startEngine } from "../../../lib/tensor/backend.ts";
import { capture } from "../../../lib/tensor/capture/capture.ts";
import { bytesText, memory } from "../../../lib/tensor/memory.ts";
import * as tf from "../../../lib/tensor/tf.ts";
import { allEngines } from "../engines.ts";

const caught = async (work: () => Promise<unknown>): Promise<Error> => {
  try {
    await work();
  } catch (error) {
    return error as Error;
  }
  throw new Error("nothing was thrown");
};

test.each(allEngines)(
  "on %s a tensor of 16 TiB is OUT_OF_MEMORY with its shape and what would fit, leaves nothing, and the next product is right",
  async (engine) => {
    await startEngine(engine);
    const before = memory().tensors;
    const [column, row] = [tf.ones<tf.Rank.R2>([2 ** 21, 1]), tf.ones<tf.Rank.R2>([1, 2 ** 21])];
    const eager = await caught(() => tf.tidy(() => tf.matMul(column, row)).data());
    expect(hasCode(eager, "OUT_OF_MEMORY")).toBe(true);
    expect(eager.message).toMatch(/2097152, 2097152/);
    expect(eager.message).toMatch(/no 16384\.0 GiB/);
    expect(eager.message).toMatch(/would fit/);
    // The same in a step that is traced.
    const step = capture(({ x }) => [tf.matMul(tf.add(column, x as tf.Tensor), row)]);
    const x = tf.scalar(1);
    expect(hasCode(await caught(() => step.run({ x })), "OUT_OF_MEMORY")).toBe(true);
    step.dispose();
    tf.dispose([column, row, x]);
    expect(memory().tensors).toBe(before);
    const product = tf.tidy(() => tf.matMul(tf.ones([3, 4]), tf.ones([4, 2])));
    expect(Array.from(await product.data())).toEqual([4, 4, 4, 4, 4, 4]);
    product.dispose();
  },
);

test.each(allEngines)(
  "on %s 3 MiB more are reported as 3 MiB more, and gone again when they are disposed",
  async (engine) => {
    await startEngine(engine);
    const before = memory();
    const held = tf.tidy(() => tf.add(tf.ones([3, 2 ** 18]), 1));
    expect(memory().tensors - before.tensors).toBe(1);
    expect(bytesText(memory().bytes - before.bytes)).toBe("3.0 MiB");
    held.dispose();
    expect(memory()).toMatchObject({ tensors: before.tensors, bytes: before.bytes });
  },
);

test("wasm refuses the block that would reach past 4 GiB instead of writing over others", async () => {
  await startEngine("wasm");
  const witness = tf.tensor1d([1, 2, 3]);
  const error = await caught(async () => {
    tf.tidy(() => {
      const many: tf.Tensor[] = [];
      // Never written: pages that nobody touches cost nothing.
      for (let i = 0; i < 12; i++) many.push(tf.engine().makeTensorFromTensorInfo(unwritten(400_000_000)));
      return many[0] as tf.Tensor;
    });
  });
  expect(hasCode(error, "OUT_OF_MEMORY")).toBe(true);
  expect(Array.from(await witness.data())).toEqual([1, 2, 3]);
  expect(tf.tidy(() => tf.sum(tf.ones([1_000])).dataSync()[0])).toBe(1_000);
  witness.dispose();
});

function unwritten(bytes: number): tf.TensorInfo {
  const backend = tf.backend() as unknown as { makeOutput(shape: number[], dtype: "float32"): tf.TensorInfo };
  return backend.makeOutput([bytes / 4], "float32");
}
