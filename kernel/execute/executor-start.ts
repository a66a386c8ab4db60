// How an executor process is started: its file, its flags, its environment.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cacheFolder } from "../../lib/core/cache.ts";

export const EXECUTOR_FLAGS: readonly string[] = [
  // Without it, stopping code inside a timer callback aborts the process.
  "--no-force-async-hooks-checks",
  "--disable-warning=ExperimentalWarning",
  // V8's room for new objects grows step by step from 4 to 16 MB, twice over, and is used to its end before it is swept: memory that looks
  // like a leak for an hour. Of one size from the start (3 million rows built, grouped and sorted take as long as with 16; with 4 half
  // as long again), and swept early when nothing runs.
  "--min-semi-space-size=8",
  "--max-semi-space-size=8",
  "--minor-gc-task-trigger=25",
];

/** @param flags further ones for Node */
export function executorArgv(flags: readonly string[] = []): string[] {
  return [...EXECUTOR_FLAGS, ...flags, fileURLToPath(new URL("./executor/main.ts", import.meta.url))];
}

/**
 * Compiled code of the first start is read by the later ones, its thread's too: half the time to `ready`. In the user's own folder:
 * whoever may write there decides what runs.
 */
export function executorEnvironment(): NodeJS.ProcessEnv {
  // Meant for the kernel's own process (kernel-process.ts).
  const { MALLOC_ARENA_MAX: _, ...env } = process.env;
  return { ...env, NODE_COMPILE_CACHE: join(cacheFolder(), "compile") };
}
