// The only writer of files. A file or folder is first made beside its place under a part name, then renamed into it, so that whoever
// looks sees the old one or the new one, whole. Part names carry host and process: what a killed process left is swept by the next
// write into the same folder, and nothing else ever is. Does not lock: two writers of one path are the caller's mistake, the last wins.
// A folder cannot be renamed over a full one: the old one steps aside under an old name first. Whoever is killed between these two
// calls leaves no folder of the name, and the old one beside it, whole: `recoverDirectory` and the next write put it back.
import { createHash, randomBytes } from "node:crypto";
import * as sync from "node:fs";
import { constants } from "node:fs";
import * as fs from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fault, hasCode } from "./errors.ts";

const HOST_MARK = createHash("sha256").update(hostname()).digest("hex").slice(0, 8);
/** `.NAME.HOST-PID-RANDOM.part`: hidden, beside its place (rename does not cross file systems), and nobody else's spelling. */
const BESIDE = /^\.(.+)\.([0-9a-f]{8})-(\d+)-[0-9a-f]{12}\.(part|old)$/;
/** How long a folder may be away while a living process puts the new one in its place: two system calls. */
const AWAY_MS = 1_000;

function besidePath(path: string, kind: "part" | "old"): string {
  const name = `.${basename(path)}.${HOST_MARK}-${process.pid}-${randomBytes(6).toString("hex")}.${kind}`;
  return join(dirname(path), name);
}

/**
 * Writes a whole file or nothing: part file, fsync, rename, fsync of the folder. Makes missing folders. Replaces a symlink itself,
 * not what it points to.
 * @param mode permission bits of a new file; 0o600 keeps it to its owner from its first byte on
 * @throws the system's error (ENOSPC, EACCES, …); the old file is then untouched and no part is left
 */
export async function writeFileAtomic(path: string, data: string | Uint8Array, mode = 0o644): Promise<void> {
  await makeDirectory(dirname(path));
  await throughPart(path, async (part) => {
    const file = await fs.open(part, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, mode);
    try {
      await file.writeFile(data);
      await file.sync();
    } finally {
      await file.close();
    }
  });
}

/** Copies a file's bytes and mode, whole or not at all. */
export async function copyFile(from: string, to: string): Promise<void> {
  await makeDirectory(dirname(to));
  await throughPart(to, async (part) => {
    await fs.copyFile(from, part, constants.COPYFILE_EXCL);
    await syncPath(part);
  });
}

/**
 * Makes a file whole or not at all where something else writes it, a program say.
 * @param make writes the file of the name it is given; what it throws leaves the old file as it is
 */
export async function makeFileAtomic(path: string, make: (part: string) => Promise<void>): Promise<void> {
  await makeDirectory(dirname(path));
  await throughPart(path, async (part) => {
    await make(part);
    await syncPath(part);
  });
}

/**
 * Makes a folder whole or not at all: `build` fills a part folder, which then takes the place of `path` (an older one is removed).
 * For downloads that must be resumable, let `build` move finished files in from a cache.
 */
export async function writeDirectoryAtomic(path: string, build: (part: string) => Promise<void>): Promise<void> {
  await makeDirectory(dirname(path));
  const old = besidePath(path, "old");
  await throughPart(
    path,
    async (part) => {
      await fs.mkdir(part, { mode: 0o755 });
      await build(part);
      await syncPath(part);
    },
    (part) => {
      // Without an await between them: the gap is as short as two calls can make it.
      try {
        sync.renameSync(path, old);
      } catch (error) {
        nullIfMissing(error);
      }
      sync.renameSync(part, path);
    },
  );
  await fs.rm(old, { recursive: true, force: true });
}

/**
 * Puts back the folder that a killed `writeDirectoryAtomic` left aside. Call it before reading such a folder; does nothing where the
 * path is there, or never was.
 */
export async function recoverDirectory(path: string): Promise<void> {
  const whole = resolve(path);
  for (const end = performance.now() + AWAY_MS; !(await exists(whole)); await delay(AWAY_MS / 20)) {
    const left = (await fs.readdir(dirname(whole)).catch(nullIfMissing)) ?? [];
    const aside = left
      .map((name) => BESIDE.exec(name))
      .find((found) => found?.[1] === basename(whole) && found[4] === "old");
    if (!aside) return;
    const [name, , host, pid] = aside;
    // Somebody is just replacing it, here or on another machine of a shared disk.
    const busy = host !== HOST_MARK || (Number(pid) !== process.pid && isAlive(Number(pid)));
    if (busy && performance.now() < end) continue;
    await fs.rename(join(dirname(whole), name), whole).catch(nullIfTaken);
    return;
  }
}

/** A file that grows by whole records. */
export interface Log {
  /** Written to the system before it returns: what a killed process had appended stays. */
  append(data: string | Uint8Array): void;
  close(): void;
}

/**
 * Opens a file to append to.
 * @param content what it shall hold first, in place of what is there; by default that stays
 * @throws the system's error (ENOSPC, EACCES, …)
 */
export function openLog(path: string, content?: string): Log {
  if (content !== undefined) {
    const part = besidePath(path, "part");
    sync.writeFileSync(part, content, { flag: "wx", flush: true });
    sync.renameSync(part, path);
  }
  const file = sync.openSync(path, "a");
  return {
    append(data) {
      const bytes = Buffer.from(data);
      for (let at = 0; at < bytes.length;) at += sync.writeSync(file, bytes, at);
    },
    close: () => sync.closeSync(file),
  };
}

/** Makes a symbolic link, or makes an existing one point here. Never replaces a file or folder that is not a link. */
export async function linkPath(target: string, path: string): Promise<void> {
  await makeDirectory(dirname(path));
  const old = await fs.lstat(path).catch(nullIfMissing);
  if (old && !old.isSymbolicLink()) {
    throw fault("NOT_A_LINK", `${path} exists and is no link.`, "remove it, if it is not needed.");
  }
  await throughPart(path, (part) => fs.symlink(target, part));
}

/** Makes a folder and those above it; one that exists keeps its mode. Never writable for others. */
export async function makeDirectory(path: string, mode = 0o755): Promise<void> {
  await fs.mkdir(path, { recursive: true, mode });
}

/** Renames within one file system; what stands at `to` (a file) is replaced. */
export async function movePath(from: string, to: string): Promise<void> {
  await makeDirectory(dirname(to));
  await fs.rename(from, to);
  await syncPath(dirname(to));
}

/** Removes a file, a link or a folder with all it holds. A path that is not there is fine; a root is refused. */
export async function removePath(path: string): Promise<void> {
  const whole = resolve(path);
  if (dirname(whole) === whole) throw fault("ROOT_REFUSED", `${whole} is a root.`, "name the folder to remove.");
  await fs.rm(whole, { recursive: true, force: true });
}

/**
 * As removePath, but nobody ever sees half of what is removed: it goes out of sight first. What a killed removal leaves is swept by the next write beside it.
 */
export async function removePathAtomic(path: string): Promise<void> {
  const whole = resolve(path);
  const part = besidePath(whole, "part");
  try {
    await fs.rename(whole, part);
  } catch (error) {
    nullIfMissing(error);
    return;
  }
  await removePath(part);
}

/** @returns a new folder under the system's temporary one that only this user can enter; the caller removes it */
export async function createPrivateTemporaryDirectory(prefix: string): Promise<string> {
  if (!/^[\w-]+$/.test(prefix)) {
    throw fault("PREFIX_REFUSED", `prefix is ${JSON.stringify(prefix)}.`, "letters, digits and - only.");
  }
  const directory = await fs.mkdtemp(join(tmpdir(), `${prefix}-`));
  await fs.chmod(directory, 0o700);
  return directory;
}

/**
 * A path for a name that came from outside (an archive, a manifest, a notebook).
 * @param name relative; may hold "/" between parts
 * @returns the absolute path under `root`
 * @throws PATH_ESCAPES the name is empty, absolute, holds "..", "\", ":" or NUL, or leads through a link out of the root
 * @example pathWithin("/models", "tiny/config.json") // "/models/tiny/config.json"
 */
export async function pathWithin(root: string, name: string): Promise<string> {
  const refuse = () =>
    fault(
      "PATH_ESCAPES",
      `${JSON.stringify(name)} is no name inside ${root}.`,
      "use a relative name without .. in it.",
    );
  const parts = name.split("/");
  if (/[\\:\0]/.test(name) || isAbsolute(name) || parts.some((part) => part === "" || part === "." || part === "..")) {
    throw refuse();
  }
  const path = resolve(root, ...parts);
  const realRoot = await fs.realpath(root).catch(nullIfMissing);
  if (realRoot === null) return path;
  let at = path;
  let real = await fs.realpath(at).catch(nullIfMissing);
  while (real === null) {
    // A link to nothing yet: whoever makes its target would be outside.
    if ((await fs.lstat(at).catch(nullIfMissing))?.isSymbolicLink()) throw refuse();
    at = dirname(at);
    real = await fs.realpath(at).catch(nullIfMissing);
  }
  const step = relative(realRoot, real);
  if (step === ".." || step.startsWith(`..${sep}`) || isAbsolute(step)) throw refuse();
  return path;
}

/** @param place puts the part into its place; rename, if nothing else is said */
async function throughPart(
  path: string,
  make: (part: string) => Promise<unknown>,
  place: (part: string) => Promise<void> | void = (part) => fs.rename(part, path),
): Promise<void> {
  const part = besidePath(path, "part");
  await sweep(dirname(path));
  try {
    await make(part);
    await place(part);
  } catch (error) {
    await fs.rm(part, { recursive: true, force: true });
    throw error;
  }
  await syncPath(dirname(path));
}

/** Puts back or removes what this host's processes that are gone left; what other hosts on a shared disk have there stays. */
async function sweep(directory: string): Promise<void> {
  for (const name of await fs.readdir(directory)) {
    const [, of = "", host, pid, kind] = BESIDE.exec(name) ?? [];
    if (host !== HOST_MARK || isAlive(Number(pid))) continue;
    if (kind === "old") await recoverDirectory(join(directory, of));
    await fs.rm(join(directory, name), { recursive: true, force: true });
  }
}

async function exists(path: string): Promise<boolean> {
  return (await fs.lstat(path).catch(nullIfMissing)) !== null;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !hasCode(error, "ESRCH");
  }
}

/** A rename is kept over a power cut only when the folder is synced too. Windows cannot open folders; its rename is journalled. */
async function syncPath(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await fs.open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Another process put a folder there meanwhile, or took this one. */
function nullIfTaken(error: unknown): null {
  if (hasCode(error, "ENOTEMPTY") || hasCode(error, "EEXIST")) return null;
  return nullIfMissing(error);
}

function nullIfMissing(error: unknown): null {
  if (hasCode(error, "ENOENT")) return null;
  throw error;
}
