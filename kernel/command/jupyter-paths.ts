// Where Jupyter keeps its data, by the rules of jupyter_core: environment first, then the platform's place. Only looks; makes nothing.
import { readdir, readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { hasCode } from "../../lib/core/errors.ts";

/** What the answers depend on; `process` by default, something else in tests. */
export interface Place {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
}
export const HERE: Place = { platform: process.platform, env: process.env, home: homedir() };

/** @returns the user's Jupyter data folder: kernels lie in its `kernels` */
export function userDataDirectory({ platform, env, home }: Place = HERE): string {
  if (env["JUPYTER_DATA_DIR"]) return env["JUPYTER_DATA_DIR"];
  if (platform === "darwin") return join(home, "Library", "Jupyter");
  if (platform === "win32") {
    if (env["APPDATA"]) return join(env["APPDATA"], "jupyter");
    return join(env["JUPYTER_CONFIG_DIR"] ?? join(home, ".jupyter"), "data");
  }
  return join(env["XDG_DATA_HOME"] || join(home, ".local", "share"), "jupyter");
}

/** @returns the data folder under a prefix, as `--prefix` and `--sys-prefix` mean it */
export function prefixDataDirectory(prefix: string): string {
  return join(prefix, "share", "jupyter");
}

/** @returns the folder of the user's Jupyter configuration */
export function userConfigDirectory({ env, home }: Place = HERE): string {
  return env["JUPYTER_CONFIG_DIR"] || join(home, ".jupyter");
}

/** @returns the configuration folder under a prefix */
export function prefixConfigDirectory(prefix: string): string {
  return join(prefix, "etc", "jupyter");
}

/** @returns the prefix of the active Python environment, if the shell names one */
export function activePrefix({ env }: Place = HERE): string | undefined {
  return env["VIRTUAL_ENV"] || env["CONDA_PREFIX"] || undefined;
}

/** @returns every folder Jupyter searches for kernels, first found wins: JUPYTER_PATH, environment and user, system */
export function dataSearchPath(place: Place = HERE, prefix = activePrefix(place)): string[] {
  const { platform, env } = place;
  const asked = (env["JUPYTER_PATH"] ?? "").split(delimiter).filter(Boolean);
  const user = userDataDirectory(place);
  const environment = prefix ? [prefixDataDirectory(prefix)] : [];
  const system =
    platform === "win32"
      ? [join(env["PROGRAMDATA"] ?? "C:\\ProgramData", "jupyter")]
      : ["/usr/local/share/jupyter", "/usr/share/jupyter"];
  // jupyter_core puts an active environment before the user's folder; both orders find the same kernels unless names collide.
  return [...new Set([...asked, ...environment, user, ...system])];
}

export interface FoundKernelspec {
  readonly name: string;
  readonly folder: string;
  readonly displayName: string;
  readonly language: string;
  readonly argv: readonly string[];
}

/** @returns the kernels installed in these data folders, the ones that Jupyter would pick first; unreadable ones are left out */
export async function findKernelspecs(dataFolders: readonly string[]): Promise<FoundKernelspec[]> {
  const found: FoundKernelspec[] = [];
  for (const data of dataFolders) {
    const kernels = join(data, "kernels");
    for (const name of await readdir(kernels).catch(emptyIfAbsent)) {
      const spec = await readSpec(join(kernels, name), name);
      if (spec) found.push(spec);
    }
  }
  return found;
}

async function readSpec(folder: string, name: string): Promise<FoundKernelspec | undefined> {
  const content = await readFile(join(folder, "kernel.json"), "utf8").catch(emptyIfAbsent);
  if (typeof content !== "string") return undefined;
  let spec: { argv?: unknown; display_name?: unknown; language?: unknown };
  try {
    spec = JSON.parse(content);
  } catch {
    return undefined; // Jupyter skips such a folder too
  }
  const argv = Array.isArray(spec.argv) ? spec.argv.filter((part) => typeof part === "string") : [];
  const text = (value: unknown) => (typeof value === "string" ? value : "");
  return { name, folder, argv, displayName: text(spec.display_name), language: text(spec.language) };
}

function emptyIfAbsent(error: unknown): string[] {
  const isAbsent = ["ENOENT", "ENOTDIR", "EACCES", "EISDIR"].some((code) => hasCode(error, code));
  if (isAbsent) return [];
  throw error;
}
