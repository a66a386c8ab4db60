// Real Jupyter clients for the tests: a Python environment with pinned packages, made once per checkout, and the kernel installed for
// Jupyter in a temporary folder. Where Python is missing the tests skip and say so; in CI that is a failure.
import { execFile, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const HERE = dirname(fileURLToPath(import.meta.url));
export const ROOT = join(HERE, "..", "..");

/** None of them brings a kernel of its own: only ours can be found. */
export const PACKAGES: readonly string[] = [
  "jupyter_client==8.10.0",
  "nbclient==0.11.0",
  "nbformat==5.11.1",
  "jupyter_kernel_test==0.7.0",
];

/**
 * @returns the environment's python; undefined where it cannot be made, with the reason on stderr
 * @throws in CI, where it must be there
 */
export async function findPython(packages: readonly string[] = PACKAGES): Promise<string | undefined> {
  const name = createHash("sha256").update(packages.join()).digest("hex").slice(0, 12);
  const folder = join(ROOT, "node_modules", ".cache", "blankslate", `venv-${name}`);
  const python = join(folder, "bin", "python");
  if (existsSync(python)) return python;
  try {
    await makeEnvironment(folder, packages);
    return python;
  } catch (error) {
    if (process.env["CI"]) throw error;
    const reason = spawnSync("python3", ["--version"]).error ? "python3 is not there" : String(error);
    console.warn(`conformance tests with Jupyter's own clients are skipped: ${reason}`);
    return undefined;
  }
}

/** Built aside and renamed, because two test processes may want it at once. */
async function makeEnvironment(folder: string, packages: readonly string[]): Promise<void> {
  const part = `${folder}.${process.pid}.part`;
  await mkdir(dirname(folder), { recursive: true });
  try {
    await run("python3", ["-m", "venv", part]);
    await run(join(part, "bin", "python"), ["-m", "pip", "install", "--quiet", ...packages], { timeout: 300_000 });
    await rename(part, folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error;
    });
  } finally {
    await rm(part, { recursive: true, force: true });
  }
}

export interface Installed {
  /** For processes that shall find this kernel, and nothing of the user's own. */
  readonly env: NodeJS.ProcessEnv;
  remove(): Promise<void>;
}

/** Installs the kernel into a folder of its own, under the name `blankslate`. */
export async function installKernel(): Promise<Installed> {
  const folder = await mkdtemp(join(tmpdir(), "blankslate-jupyter-"));
  await run(process.execPath, [join(ROOT, "kernel", "bin.mjs"), "install", "--prefix", folder]);
  const env = {
    ...process.env,
    JUPYTER_PATH: join(folder, "share", "jupyter"),
    JUPYTER_DATA_DIR: join(folder, "data"),
    JUPYTER_RUNTIME_DIR: join(folder, "runtime"),
    JUPYTER_CONFIG_DIR: join(folder, "config"),
    BLANKSLATE_DATA: join(folder, "history"),
    PYTHONDONTWRITEBYTECODE: "1",
  };
  return { env, remove: () => rm(folder, { recursive: true, force: true }) };
}

/**
 * Runs a script that stands beside this file.
 * @returns what it printed to stdout, parsed as JSON
 * @throws with its stderr when it fails
 */
export async function runScript(
  python: string,
  installed: Installed,
  script: string,
  args: readonly string[] = [],
): Promise<unknown> {
  const options = { env: installed.env, cwd: HERE, timeout: 400_000, maxBuffer: 64 * 2 ** 20 };
  const { stdout } = await run(python, [join(HERE, script), ...args], options);
  return JSON.parse(stdout);
}
