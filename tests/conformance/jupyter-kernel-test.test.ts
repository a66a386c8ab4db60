// Jupyter's own conformance suite for kernels, unchanged, against the installed kernel.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Installed, findPython, installKernel, runScript } from "./python.ts";

const python = await findPython();

describe.skipIf(!python)("jupyter_kernel_test", () => {
  let installed: Installed;
  beforeAll(async () => {
    installed = await installKernel();
  });
  afterAll(() => installed.remove());

  test("all 13 tests pass, none is skipped", async () => {
    const result = await runScript(python!, installed, "kernel_test.py");
    expect(result).toEqual({ ran: 13, failed: [], skipped: [] });
  });
});
