// What tests leave lies in the run's own folder, which the run removes (tests/temporary.ts).
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { basename } from "node:path";
import { expect, test } from "vitest";

test("the temporary folder of tests and of their child processes is this run's own", () => {
  expect(basename(tmpdir())).toMatch(/^bst-\d+$/);
  const { stdout } = spawnSync(process.execPath, ["-p", "require('node:os').tmpdir()"], { encoding: "utf8" });
  expect(stdout.trim()).toBe(tmpdir());
});
