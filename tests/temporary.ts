// One temporary folder per run of the tests: TMPDIR of every test and of every process that a test starts. It is removed at the end with
// all that tests, kernels and browsers left in it; what a run that was killed left, the next run removes.
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Short: sockets of browsers lie below it, and their paths may have 104 characters. */
const NAME = /^bst-(\d+)$/;

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

let root = "";

/** For vitest, before the first test. */
export function setup(): void {
  const parent = tmpdir();
  for (const name of readdirSync(parent)) {
    const pid = NAME.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) rmSync(join(parent, name), { recursive: true, force: true });
  }
  root = join(parent, `bst-${process.pid}`);
  mkdirSync(root, { mode: 0o700 });
  // Node reads the first of them, on Windows the others.
  for (const variable of ["TMPDIR", "TEMP", "TMP"]) process.env[variable] = root;
}

/** For vitest, after the last test. */
export function teardown(): void {
  // Processes that are just ending may still write: tried again, then an error, which fails the run.
  rmSync(root, { recursive: true, maxRetries: 20, retryDelay: 100 });
}
