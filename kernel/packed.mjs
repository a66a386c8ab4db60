// Where the kernel's packs are, and whether they still hold what the sources say. A *pack* is one file with all modules of one of the kernel's
// processes, made when the kernel is installed (command/pack.ts): to find, read and link eighty files takes Node longer than to run them
// (executor: 50 ms of processor time and 17 MB). Kernels run from their sources where there is none. Plain JavaScript, as cli.mjs is.
import { cacheFolder } from "../lib/core/cache-folder.mjs";

const { createHash } = process.getBuiltinModule("node:crypto");
const { readFileSync, statSync } = process.getBuiltinModule("node:fs");
const path = process.getBuiltinModule("node:path");
const { fileURLToPath, pathToFileURL } = process.getBuiltinModule("node:url");

const ROOT = fileURLToPath(new URL("..", import.meta.url));
/** Beside the packs: the files they were made of, as `stateOf` saw them. */
const SOURCES = "sources.json";

/** @returns the folder of this installation's packs, which may not exist */
export function packFolder() {
  return path.join(cacheFolder(), "packs", createHash("sha256").update(ROOT).digest("hex").slice(0, 16));
}

/** @returns {string} what changes when a file does; "" for one that is not there */
export function stateOf(file) {
  const stat = statSync(path.join(ROOT, file), { throwIfNoEntry: false });
  return stat ? `${stat.size} ${stat.mtimeMs}` : "";
}

/** @param {ReadonlyMap<string, string>} states of the files, by their paths in this installation */
export function sourcesFile(states) {
  return { name: SOURCES, text: JSON.stringify([...states]) };
}

/**
 * @param {string} name of a process
 * @returns {string | undefined} the URL of its pack; undefined where there is none, or a source has changed since
 */
export function packedFile(name) {
  const folder = packFolder();
  let states;
  try {
    states = JSON.parse(readFileSync(path.join(folder, SOURCES), "utf8"));
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
  return states.every(([file, state]) => stateOf(file) === state)
    ? pathToFileURL(path.join(folder, `${name}.mjs`)).href
    : undefined;
}
