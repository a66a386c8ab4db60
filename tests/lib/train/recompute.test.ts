// What `recompute` saves where a replayed step is a graph of TensorFlow's, measured from outside: a process of its own, whose allocator gives every tensor back to the system at once.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { findNative } from "../../../lib/tensor/native/start.ts";

const child = fileURLToPath(new URL("recompute-child.ts", import.meta.url));

// The most that a process has held is told by Linux.
test.skipIf(!findNative() || process.platform !== "linux")(
  "a replayed step of 8 layers on tensorflow, blocks computed twice: at most a half of the memory, the same bits",
  async () => {
    const env = { ...process.env, MALLOC_MMAP_THRESHOLD_: "65536" };
    const { stdout } = await promisify(execFile)(process.execPath, [child], { env });
    const [kept, twice] = JSON.parse(stdout) as [Measured, Measured];
    expect([kept.state, twice.state]).toEqual(["captured", "captured"]);
    expect(kept.peakMiB).toBeGreaterThan(20);
    expect(twice.peakMiB).toBeLessThan(kept.peakMiB / 2);
    expect(twice.hash).toBe(kept.hash);
  },
);

interface Measured {
  readonly state: string;
  readonly peakMiB: number;
  readonly hash: string;
}
