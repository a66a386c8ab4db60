// Jupyter's own conformance suite for kernels, unchanged, against the installed kernel.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { many } from "../kernel/running-kernel.ts";
import { type Installed, findPython, installKernel, runScript } from "./python.ts";

const python = await findPython();

describe.skipIf(!python)("jupyter_kernel_test", () => {
  let installed: Installed;
  beforeAll(async () => {
    installed = await installKernel();
  });
  afterAll(() => installed.remove());

  const RUNS = many(1, 10);
  test(`all 13 tests pass, none is skipped, ${RUNS} of ${RUNS} times`, async () => {
    for (let run = 0; run < RUNS; run++) {
      const result = await runScript(python!, installed, "kernel_test.py");
      expect(result).toEqual({ ran: 13, failed: [], skipped: [] });
    }
  }, 400_000);
});
