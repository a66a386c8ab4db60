// How a sandbox's process is started: what the operating system and Node keep from it, around the WebAssembly that its code runs in.
// Node's permission model: no files but the sandbox's own, no processes, no threads, no native code. prlimit: memory, no file grows, no core, processor
// time. setpriv: dies with who asked. unshare: own users, no network, own processes, which all end with the first. Empty environment and folder.
//
// On Linux all of it or nothing: where a layer is missing, starting is refused. Elsewhere the last three do not exist; whoever accepts WebAssembly and
// Node's permissions alone says so, by BLANKSLATE_SANDBOX=permission. Never weaker in silence.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { fault } from "../../core/errors.ts";

/** Of everything in the process; Python's own limit is lower. The interpreters, idle, hold 300 MB. */
const MAX_DATA_BYTES = 2 ** 31;
/** Of a process over its whole life: a last bound for one that nobody stops. */
const MAX_CPU_SECONDS = 3_600;
const HERE = dirname(fileURLToPath(import.meta.url));
const CHILD = join(HERE, "child", "main.ts");
const FOLDERS = ["/usr/bin", "/bin", "/usr/sbin", "/sbin"];
const NAMESPACES = ["--map-root-user", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"];

/** The packages that the child reads: ours, and those of the second, the last of which has parts beside it. */
const OWN = ["pyodide", "quickjs-emscripten"];
const ITS = ["quickjs-emscripten-core", "@jitl/quickjs-wasmfile-release-sync"];

function packageFolders(): string[] {
  const its = createRequire(import.meta.resolve("quickjs-emscripten"));
  const folderOf = (path: string, name: string) => {
    const folder = join("node_modules", name.split("/")[0] as string);
    return path.slice(0, path.lastIndexOf(folder) + folder.length);
  };
  return [
    ...OWN.map((name) => folderOf(fileURLToPath(import.meta.resolve(name)), name)),
    ...ITS.map((name) => folderOf(its.resolve(name), name)),
  ];
}

/** @returns the program of a process that is as closed in as it has to be, and its arguments; `script` is run instead of the child by tests alone */
export async function sandboxArgv(
  args: readonly string[],
  readable: readonly string[],
  script = CHILD,
): Promise<readonly string[]> {
  const node = [
    process.execPath,
    "--permission",
    ...[HERE, script, ...packageFolders(), ...readable].map((path) => `--allow-fs-read=${path}`),
    "--disallow-code-generation-from-strings",
    "--disable-warning=ExperimentalWarning",
    "--max-old-space-size=512",
    script,
    ...args,
  ];
  return [...(await outerLayers()), ...node];
}

let found: Promise<string[]> | undefined;

/** @throws SANDBOX_INCOMPLETE a layer is missing and nobody has said that it may be */
function outerLayers(): Promise<string[]> {
  if (process.env["BLANKSLATE_SANDBOX"] === "permission") return Promise.resolve([]);
  return (found ??= findLayers().catch((error: unknown) => {
    found = undefined;
    throw error;
  }));
}

async function findLayers(): Promise<string[]> {
  if (process.platform !== "linux") throw incomplete(`${process.platform} has no namespaces`);
  const tool = (name: string) => {
    const path = FOLDERS.map((folder) => join(folder, name)).find(existsSync);
    if (path === undefined) throw incomplete(`${name} is not installed`);
    return path;
  };
  const bounds = [`--data=${MAX_DATA_BYTES}`, `--cpu=${MAX_CPU_SECONDS}`, "--fsize=0", "--core=0", "--nofile=256"];
  const death = ["--pdeathsig", "KILL", "--no-new-privs"];
  const layers = [tool("prlimit"), ...bounds, tool("setpriv"), ...death, tool("unshare"), ...NAMESPACES];
  const [program, ...args] = [...layers, tool("true")];
  await new Promise<void>((resolve, reject) => {
    execFile(program, args, { env: {}, timeout: 10_000 }, (error, _, stderr) => {
      if (error) reject(incomplete(stderr.trim() || error.message));
      else resolve();
    });
  });
  return layers;
}

const incomplete = (what: string) =>
  fault(
    "SANDBOX_INCOMPLETE",
    `a layer of the sandbox is missing: ${what}.`,
    "model-written code is not run with less than was promised; set BLANKSLATE_SANDBOX=permission to accept WebAssembly and Node's permission model alone.",
  );
