// A full disk pauses a run: the step is done and in memory, so waiting loses nothing, and whoever makes room lets it go on. What a limit on the size of files refuses will never fit, and
// ends the run.
import { statfs } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { hasCode } from "../core/errors.ts";
import type { Watch } from "./run.ts";

/** Between two looks at the disk, and the longest that an interrupt waits. */
const LOOK_MS = 200;
/** Looks after which it is tried whatever the disk says: a quota frees room that it does not show. */
const LOOKS_PER_TRY = 150;

/**
 * Writes as soon as there is room.
 * @param folder where
 * @param write  leaves nothing behind where it fails
 * @returns whether it is written; false when `watch.signal` ended the waiting
 * @throws DISK_FULL  without a `watch.onPause`, or where a limit on the size of files is in the way
 */
export async function withRoom(folder: string, write: () => Promise<void>, watch: Watch): Promise<boolean> {
  let told = false;
  for (;;) {
    try {
      await write();
      return true;
    } catch (error) {
      const isLimit = error instanceof Error && hasCode(error.cause, "EFBIG");
      if (!watch.onPause || isLimit || !hasCode(error, "DISK_FULL")) throw error;
      if (!told) watch.onPause((error as { readonly fact?: string }).fact ?? String(error));
      told = true;
    }
    const before = await freeBytes(folder);
    for (let look = 0; look < LOOKS_PER_TRY; look++) {
      await delay(LOOK_MS);
      if (watch.signal?.aborted) return false;
      if ((await freeBytes(folder)) > before) break;
    }
  }
}

async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
