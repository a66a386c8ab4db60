// Where Blankslate keeps what it obtained for this user. Plain JavaScript, because every process asks for it before the cache of compiled
// code is on: until then each TypeScript file costs the type stripper, which takes 80 ms to load.
import { homedir } from "node:os";
import { join } from "node:path";

/**
 * @param {NodeJS.ProcessEnv} environment
 * @returns {string} the absolute path of the per-user cache folder; BLANKSLATE_CACHE, when set, is that folder
 */
export function cacheFolder(environment = process.env) {
  const own = environment["BLANKSLATE_CACHE"];
  if (own) return own;
  if (process.platform === "darwin") return join(homedir(), "Library", "Caches", "blankslate");
  if (process.platform === "win32")
    return join(environment["LOCALAPPDATA"] ?? join(homedir(), "AppData", "Local"), "blankslate", "Cache");
  return join(environment["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "blankslate");
}
