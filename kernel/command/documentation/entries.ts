// The entries as commands want them: read once per version of the sources, then from this user's cache, because the compiler takes seconds.
import { createHash } from "node:crypto";
import { globSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "../../../lib/core/cache.ts";
import { hasCode } from "../../../lib/core/errors.ts";
import { makeDirectory, writeFileAtomic } from "../../../lib/core/files.ts";
import { ROOT } from "../kernel-argv.ts";
import type { Entry } from "./collect.ts";

/** Changes with any file of the library, and with what reads it. */
function stateOf(): string {
  const files = globSync(["lib/**/*.ts", "kernel/command/documentation/*.ts"], { cwd: ROOT }).sort();
  const hash = createHash("sha256");
  for (const file of files) {
    const { mtimeMs, size } = statSync(join(ROOT, file));
    hash.update(`${file} ${mtimeMs} ${size}\n`);
  }
  return hash.digest("hex").slice(0, 16);
}

export async function readEntries(): Promise<Entry[]> {
  const folder = join(cacheFolder(), "documentation");
  const path = join(folder, `${stateOf()}.json`);
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Entry[];
  } catch (error) {
    if (!hasCode(error, "ENOENT")) throw error;
  }
  const { collectEntries } = await import("./collect.ts");
  const entries = collectEntries();
  await makeDirectory(folder);
  await writeFileAtomic(path, JSON.stringify(entries));
  return entries;
}
