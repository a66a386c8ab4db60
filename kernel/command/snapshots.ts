// The snapshots that kernels' checkers start from (language/snapshot.ts), 31 MB each: one is made when the kernel is installed, and those that
// nobody starts from any more are removed. A kernel whose snapshot is gone goes on: it was read whole when its checker started, and the
// next checker is a thread.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { fault, hasCode } from "../../lib/core/errors.ts";
import { makeDirectory, makeFileAtomic, removePath } from "../../lib/core/files.ts";
import { runTool } from "../execute/tool.ts";
import { SNAPSHOT_PREFIX, snapshotBuild, snapshotFile } from "../language/snapshot.ts";
import { ROOT } from "./kernel-argv.ts";
import { othersBeside, UNUSED_MS } from "./unused.ts";

/** It takes 3 s; machines in trouble more. */
const SNAPSHOT_MS = 180_000;
/** Of other versions of this one, where nobody can tell who runs. */
const OLD_VERSION_MS = 24 * 3_600_000;

/**
 * Makes the one of this version, unless it is there.
 * @throws SNAPSHOT_FAILED kernels work without one
 */
export async function makeSnapshot(): Promise<void> {
  const file = snapshotFile();
  if (existsSync(file)) return;
  await makeDirectory(dirname(file), 0o700);
  await makeFileAtomic(file, writeSnapshot);
}

async function writeSnapshot(file: string): Promise<void> {
  const { args, env } = await snapshotBuild(file, ROOT);
  const { code, stderr } = await runTool(process.execPath, args, { env, timeoutMs: SNAPSHOT_MS });
  if (code === 0) return;
  throw fault("SNAPSHOT_FAILED", `no snapshot could be made: ${stderr.slice(-500)}`, "kernels work without one.");
}

/** Those of other versions of this installation from which no process runs, and those that no kernel has started from for a month. */
export async function removeOldSnapshots(): Promise<void> {
  const running = runningArguments();
  for (const { path, unusedMs } of othersBeside(snapshotFile())) {
    const isOurs = basename(path).startsWith(SNAPSHOT_PREFIX);
    const isUsed = running?.includes(path) ?? unusedMs < OLD_VERSION_MS;
    if (isOurs ? !isUsed : unusedMs > UNUSED_MS) await removePath(path);
  }
}

/** @returns the arguments of every process that this user may see; undefined where the system does not tell them as files */
function runningArguments(): string | undefined {
  if (process.platform !== "linux") return undefined;
  const read = (pid: string) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8");
    } catch (error) {
      // It ended meanwhile.
      if (hasCode(error, "ENOENT") || hasCode(error, "ESRCH")) return "";
      throw error;
    }
  };
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(read)
    .join("\0");
}
