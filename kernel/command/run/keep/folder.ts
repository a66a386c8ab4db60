// Where a kernel that may be kept lives: a private folder of this user's cache, one per executed notebook. In it: the connection file;
// the lease, which says how long the keeper (keeper.ts) lets the kernel live; the record of the run (record.ts); and, when the kernel's
// process ended by itself, its last words. Only the keeper and the run that the lease names write here.
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { cacheFolder } from "../../../../lib/core/cache.ts";
import { hasCode } from "../../../../lib/core/errors.ts";
import {
  makeDirectory,
  movePath,
  removePath,
  writeDirectoryAtomic,
  writeFileAtomic,
} from "../../../../lib/core/files.ts";

const PRIVATE_FILE = 0o600;
const PRIVATE_FOLDER = 0o700;

/** While a run works with the kernel, it ends with that run; between two runs, at a moment (ms since 1970). */
const leaseSchema = z.union([z.object({ follows: z.int() }), z.object({ until: z.number() })]);
export type Lease = z.infer<typeof leaseSchema>;

const endedSchema = z.object({ how: z.string(), log: z.string() });

/** @param output the executed notebook, absolute */
export function keptFolder(output: string): string {
  return join(keptRoot(), createHash("sha256").update(output).digest("hex").slice(0, 16));
}

const keptRoot = () => join(cacheFolder(), "kept");
export const connectionPath = (folder: string): string => join(folder, "connection.json");

/** Whole or not at all: one without a lease would be swept. */
export async function makeKeptFolder(folder: string, connection: string, lease: Lease): Promise<void> {
  await makeDirectory(keptRoot(), PRIVATE_FOLDER);
  await writeDirectoryAtomic(folder, async (part) => {
    await writeFileAtomic(connectionPath(part), connection, PRIVATE_FILE);
    await writeLease(part, lease);
  });
}

export const writeLease = (folder: string, lease: Lease): Promise<void> =>
  writeFileAtomic(join(folder, "lease.json"), JSON.stringify(lease), PRIVATE_FILE);

/** @returns undefined when the folder is gone */
export async function readLease(folder: string): Promise<Lease | undefined> {
  const content = await readIfThere(join(folder, "lease.json"));
  return content === undefined ? undefined : leaseSchema.parse(JSON.parse(content));
}

export const writeKeeper = (folder: string, pid: number): Promise<void> =>
  writeFileAtomic(join(folder, "keeper"), String(pid), PRIVATE_FILE);

/** @returns the keeper's process, when it lives */
export async function keeperOf(folder: string): Promise<number | undefined> {
  const pid = Number(await readIfThere(join(folder, "keeper")));
  return pid > 0 && isAlive(pid) ? pid : undefined;
}

export const writeEnded = (folder: string, ended: z.infer<typeof endedSchema>): Promise<void> =>
  writeFileAtomic(join(folder, "ended.json"), JSON.stringify(ended), PRIVATE_FILE);

export async function readEnded(folder: string): Promise<z.infer<typeof endedSchema> | undefined> {
  const content = await readIfThere(join(folder, "ended.json"));
  return content === undefined ? undefined : endedSchema.parse(JSON.parse(content));
}

export const writeRecord = (folder: string, record: string): Promise<void> =>
  writeFileAtomic(join(folder, "record.json"), record, PRIVATE_FILE);

/** @returns undefined when no run is kept there, or one is just being resumed */
export const readRecord = (folder: string): Promise<string | undefined> => readIfThere(join(folder, "record.json"));

/** Takes the record away, so that of two that resume the same run only one does. @returns whether it was this one */
export async function takeRecord(folder: string): Promise<boolean> {
  try {
    await movePath(join(folder, "record.json"), join(folder, `record.${process.pid}.json`));
    return true;
  } catch (error) {
    if (hasCode(error, "ENOENT")) return false;
    throw error;
  }
}

/** Folders whose keeper was killed before it could remove them. */
export async function sweepKept(): Promise<void> {
  if (!existsSync(keptRoot())) return;
  for (const name of await readdir(keptRoot())) {
    if (name.startsWith(".")) continue; // being made
    const folder = join(keptRoot(), name);
    const lease = await readLease(folder);
    // A run that has just made its folder has no keeper yet.
    const isStarting = lease && "follows" in lease && isAlive(lease.follows);
    if (!isStarting && (await keeperOf(folder)) === undefined) await removePath(folder);
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !hasCode(error, "ESRCH");
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
}
