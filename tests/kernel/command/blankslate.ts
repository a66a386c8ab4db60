// Runs the command line as a user does: a process of its own, nothing of Jupyter's or the user's folders touched.
import { spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../..", import.meta.url)).replace(/\/$/, "");
export const notebook = (name: string): string => join(ROOT, "tests/kernel/command/notebooks", `${name}.ipynb`);
export const freshFolder = (): string => mkdtempSync(join(tmpdir(), "command-test-"));

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/**
 * @param onOut called with all of stdout so far
 */
export function blankslate(
  args: readonly string[],
  options: {
    readonly cwd?: string;
    readonly env?: Record<string, string>;
    readonly onOut?: (out: string, pid: number) => void;
    /** A shell command that reads what it prints; the exit code is then the first that is not 0. */
    readonly pipeTo?: string;
  } = {},
): Promise<Ended> {
  const { NO_COLOR: _, FORCE_COLOR: __, ...inherited } = process.env;
  const flags = ["--disable-warning=ExperimentalWarning", join(ROOT, "kernel/cli.mjs")];
  const env = { ...inherited, JUPYTER_DATA_DIR: join(tmpdir(), "no-such-jupyter"), ...options.env };
  const piped = ["-o", "pipefail", "-c", `"$@" | ${options.pipeTo}`, "bash", process.execPath];
  const [program, before] = options.pipeTo === undefined ? [process.execPath, []] : ["bash", piped];
  const child = spawn(program, [...before, ...flags, ...args], { cwd: options.cwd ?? freshFolder(), env });
  let out = "";
  let err = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
    options.onOut?.(out, child.pid ?? 0);
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
  return new Promise((resolve) => child.once("close", (code) => resolve({ code, out, err })));
}
