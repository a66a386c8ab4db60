// Runs a program that owns the terminal until it ends: JupyterLab, an editor.
import { spawn } from "node:child_process";

/**
 * @param cwd the folder it starts in
 * @returns its exit code; 130 when a signal ended it
 * @throws ENOENT (the system's) no such program or folder
 */
export async function runInTerminal(program: string, args: readonly string[], cwd: string): Promise<number> {
  const child = spawn(program, args, { cwd, stdio: "inherit" });
  // ^C reaches the child by itself, which asks back or ends; this process waits for it.
  const wait = () => {};
  process.on("SIGINT", wait);
  try {
    return await new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code) => resolve(code ?? 130));
    });
  } finally {
    process.removeListener("SIGINT", wait);
  }
}
