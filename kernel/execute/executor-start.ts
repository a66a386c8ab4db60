// How an executor process is started: its file, its flags, its environment.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cacheFolder } from "../../lib/core/cache.ts";

const FILE = fileURLToPath(new URL("./executor/main.ts", import.meta.url));
/** Without the first, stopping code inside a timer callback aborts the process. */
const FLAGS = ["--no-force-async-hooks-checks", "--disable-warning=ExperimentalWarning"];

/** @param flags further ones for Node */
export function executorArgv(flags: readonly string[] = []): string[] {
  return [...FLAGS, ...flags, FILE];
}

/**
 * Compiled code of the first start is read by the later ones, its thread's too: half the time to `ready`. In the user's own folder:
 * whoever may write there decides what runs.
 */
export function executorEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, NODE_COMPILE_CACHE: join(cacheFolder(), "compile") };
}
