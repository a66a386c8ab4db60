// Where a notebook lies: the commit of its repository and whether anything in it differs from that, and the lock file that fixes the
// packages it can import. Asks git where it is installed; no git or no repository is a fact, not an error.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { hasCode } from "../../../../lib/core/errors.ts";
import { runTool } from "../../../execute/tool.ts";

export interface Repository {
  readonly commit: string;
  /** Paths that differ from the commit, untracked ones included; the first 50. */
  readonly dirty: readonly string[];
}
export interface LockFile {
  readonly name: string;
  readonly sha256: string;
}

const GIT_TIMEOUT_MS = 20_000;
const MAX_DIRTY = 50;
const LOCK_FILES = ["package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "yarn.lock"];

/** @returns undefined when the folder is in no repository with a commit, or there is no git */
export async function findRepository(folder: string): Promise<Repository | undefined> {
  const commit = await git(folder, ["rev-parse", "HEAD"]);
  const status = commit === undefined ? undefined : await git(folder, ["status", "--porcelain", "-z"]);
  if (commit === undefined || status === undefined) return undefined;
  const dirty = status
    .split("\0")
    .filter((line) => /^.. /.test(line))
    .map((line) => line.slice(3));
  return { commit: commit.trim(), dirty: dirty.slice(0, MAX_DIRTY) };
}

async function git(folder: string, args: readonly string[]): Promise<string | undefined> {
  // No hooks and no locks: looking at a repository must not run its programs or stop another git.
  const quiet = ["-C", folder, "--no-optional-locks", "-c", "core.fsmonitor=false", ...args];
  try {
    const { code, stdout } = await runTool("git", quiet, { timeoutMs: GIT_TIMEOUT_MS });
    return code === 0 ? stdout : undefined;
  } catch (error) {
    if (hasCode(error, "TOOL_MISSING") || hasCode(error, "TOOL_TIMEOUT")) return undefined;
    throw error;
  }
}

/** @returns the lock file that npm, pnpm or yarn would use in this folder: its own, or that of the nearest folder above */
export async function findLockFile(folder: string): Promise<LockFile | undefined> {
  for (let at = folder; ; at = dirname(at)) {
    for (const name of LOCK_FILES) {
      const sha256 = await hashFile(join(at, name)).catch((error: unknown) => {
        if (hasCode(error, "ENOENT")) return undefined;
        throw error;
      });
      if (sha256 !== undefined) return { name, sha256 };
    }
    if (dirname(at) === at) return undefined;
  }
}

async function hashFile(path: string): Promise<string> {
  return createHash("sha256")
    .update(await readFile(path))
    .digest("hex");
}

export interface Artefact {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** @param name as the manifest calls it */
export async function describeFile(path: string, name = basename(path)): Promise<Artefact> {
  const data = await readFile(path);
  return { name, bytes: data.byteLength, sha256: createHash("sha256").update(data).digest("hex") };
}
