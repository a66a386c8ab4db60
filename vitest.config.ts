import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts"],
    globalSetup: ["tests/temporary.ts"],
    // What hangs is found as well in two minutes; what only waits for a processor, as the software GPU does, comes through.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Of what is waited for; the default is a second.
    expect: { poll: { timeout: 30_000 } },
    pool: "forks",
    // Kernels, tensors and browsers share two cores in CI: more workers only make timings lie.
    maxWorkers: 2,
  },
});
