// What the webgpu engine does when a device has no more memory. By itself: it takes all there is, and other tests beside it would find none.
import { expect, test } from "vitest";
import { startEngine } from "../../../lib/tensor/backend.ts";
import * as tf from "../../../lib/tensor/tf.ts";
import type { WebgpuBackend } from "../../../lib/tensor/webgpu/backend.ts";
import { allEngines } from "../engines.ts";

test.skipIf(!allEngines.includes("webgpu"))(
  "memory that the device does not have is OUT_OF_MEMORY with the tensor's shape, and afterwards the next sum is right",
  { timeout: 120_000 },
  async () => {
    await startEngine("webgpu");
    const { device, bufferManager } = tf.backend() as unknown as WebgpuBackend;
    // As large as a tensor may be, until there is no room: a processor that plays the device refuses the first, a large card takes dozens.
    const { maxBufferSize, maxStorageBufferBindingSize } = device.limits;
    const count = Math.min(maxBufferSize, maxStorageBufferBindingSize) / 4 - 1;
    const held: tf.Tensor[] = [];
    let error: Error | undefined;
    while (!error && held.length < 1_000) {
      held.push(tf.tidy(() => tf.add(tf.zeros([count]), 1)));
      // What the device says of all before comes with the next value, however small.
      const small = tf.add(tf.ones([2_000]), 1);
      error = await small.data().then(undefined, (caught: Error) => caught);
      small.dispose();
    }
    expect(error).toMatchObject({ code: "OUT_OF_MEMORY" });
    expect(error?.message).toContain(`[${count}]`);
    tf.dispose(held);
    const sum = tf.add(tf.ones([2_000]), 1);
    expect((await sum.data())[1_999]).toBe(2);
    sum.dispose();
    // Nor is the memory kept that was freed: half as large a tensor finds room, where the largest alone did not fit at once.
    expect(bufferManager.numBytesAllocated).toBeLessThan(4 * count);
  },
);
