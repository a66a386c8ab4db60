// The snapshot of the language worker: a file with the memory of a process that has loaded TypeScript and parsed and bound its libraries and
// Node's types. A process that starts from it checks its first cell after 0.45 s of processor time instead of 1.2 s. Made when the kernel
// is installed, kept in the user's cache; a kernel that finds none uses a thread, and is only slower to start.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cacheFolder } from "../../lib/core/cache.ts";
import type { Places } from "./host.ts";

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const BUILDER = here("./snapshot/build.cjs");

/** As snapshot/collectable.cjs says. V8 keeps in the snapshot which sites it took for such. */
const COLLECTABLE = "--no-allocation-site-pretenuring";
const MEMORY = ["--max-old-space-size=1000", "--max-semi-space-size=4", "--heap-growing-percent=20", COLLECTABLE];

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 16);

/** Begins the names of this installation's snapshots, of every version. */
export const SNAPSHOT_PREFIX = `language-${sha256(BUILDER)}-`;

/** @returns the absolute path of the file that fits this Node, this TypeScript and this place; it may not exist */
export function snapshotFile(): string {
  const { resolve } = createRequire(import.meta.url);
  const parts: (string | Buffer)[] = [process.version, process.arch, BUILDER, COLLECTABLE];
  const files = [
    BUILDER,
    ...["collectable", "exported", "postponed", "uncommented"].map((name) => here(`./snapshot/${name}.cjs`)),
    here("./host.ts"),
    ...["typescript", "@types/node"].map((name) => resolve(`${name}/package.json`)),
  ];
  for (const file of files) parts.push(file, readFileSync(file));
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part).update("\0");
  return join(cacheFolder(), "snapshots", `${SNAPSHOT_PREFIX}${hash.digest("hex").slice(0, 16)}.blob`);
}

/** @returns Node's arguments for the language process of a notebook */
export function snapshotArgv(file: string, places: Places): string[] {
  return [...MEMORY, "--snapshot-blob", file, here("./snapshot/main.mjs"), JSON.stringify(places)];
}

/** @returns Node's arguments and the environment that write a snapshot into a file; 1.5 s of processor time */
export async function snapshotBuild(
  file: string,
  packageRoot: string,
): Promise<{ readonly args: string[]; readonly env: Readonly<Record<string, string>> }> {
  const [{ default: typescript }, { compilerOptions }] = await Promise.all([import("typescript"), import("./host.ts")]);
  const spec = {
    typescript: createRequire(import.meta.url).resolve("typescript"),
    folder: packageRoot,
    options: compilerOptions(typescript, { cwd: packageRoot, packageRoot }),
  };
  const args = ["--no-warnings", COLLECTABLE, "--snapshot-blob", file, "--build-snapshot", BUILDER];
  return { args, env: { BLANKSLATE_SNAPSHOT: JSON.stringify(spec) } };
}
