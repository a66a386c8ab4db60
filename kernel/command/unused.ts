// What installations of the kernel keep in the user's cache. Each start of a kernel makes its own young again (session/background.ts); what none
// has used for a month is removed when one is installed.
import { existsSync, readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { removePath } from "../../lib/core/files.ts";

export const UNUSED_MS = 30 * 24 * 3_600_000;

/** @returns what lies beside an installation's own file or folder, and how long it has not been used, ms */
export function othersBeside(own: string): { readonly path: string; readonly unusedMs: number }[] {
  const folder = dirname(own);
  const now = Date.now();
  return (existsSync(folder) ? readdirSync(folder) : [])
    .map((name) => join(folder, name))
    .filter((path) => path !== own)
    .map((path) => {
      // Another installation may be at work beside this one.
      const used = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? now;
      return { path, unusedMs: now - used };
    });
}

export async function removeUnused(own: string): Promise<void> {
  for (const { path, unusedMs } of othersBeside(own)) if (unusedMs > UNUSED_MS) await removePath(path);
}
