// What cells hold outside V8's heap is bounded, so that the machine keeps memory for everything else.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { resultOf, type RunningKernel, startKernel } from "../running-kernel.ts";

function hasPrlimit(): boolean {
  try {
    execFileSync("prlimit", ["--version"], { stdio: "ignore" });
    return process.platform === "linux" && !existsSync("/dev/nvidiactl");
  } catch {
    return false; // Then there is no bound, and memory-limit.ts says so.
  }
}

describe.skipIf(!hasPrlimit())("C10: past the bound of memory outside the heap", () => {
  let kernel: RunningKernel;
  beforeAll(async () => {
    kernel = await startKernel({ env: { BLANKSLATE_MEMORY_MB: "1500", BLANKSLATE_ENGINE: "wasm" } });
    await kernel.client.works();
  });
  afterAll(() => kernel.dispose());

  test.each([
    [
      "typed arrays",
      /^(?:RangeError|EXECUTOR_LOST)$/,
      "const held: unknown[] = []; for (;;) held.push(new Uint8Array(5e7).fill(1))",
    ],
    [
      "buffers",
      /^(?:RangeError|Error|EXECUTOR_LOST)$/,
      "const held: unknown[] = []; for (;;) held.push(Buffer.alloc(5e7, 1))",
    ],
    [
      "tensors",
      /^(?:OUT_OF_MEMORY|EXECUTOR_LOST)$/,
      "const held: unknown[] = []; for (;;) { const t = tf.ones([5000, 1000]); await t.data(); held.push(t); }",
    ],
  ])("%s: the cell gets an error, and the kernel goes on", async (_, errors, code) => {
    const { client } = kernel;
    await client.execute(`import { startEngine, tf } from "blankslate"; await startEngine();`, {}, 60_000);
    await client.execute("const kept = 42", {}, 60_000);
    const { reply } = await client.execute(code, {}, 60_000);
    expect(reply["status"]).toBe("error");
    expect(reply["ename"]).toMatch(errors);
    if (reply["ename"] !== "EXECUTOR_LOST") {
      const { iopub } = await client.execute("kept", {}, 60_000);
      expect(resultOf(iopub)).toBe("42");
    }
    expect(await client.works(60_000)).toBe(true);
    await kernel.heartbeat();
  });
});
