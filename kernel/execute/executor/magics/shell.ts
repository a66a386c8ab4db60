// A shell command of a cell: what it writes is the cell's output as it comes; an interrupt ends it with its children.
import { spawn } from "node:child_process";
import process from "node:process";
import { fault, hasCode } from "../../../../lib/core/errors.ts";
import { host } from "../../../../lib/core/host.ts";

/** `!command`: says how it ended, if not well, and the cell goes on. */
export async function runShell(command: string, cwd: string): Promise<void> {
  const { ended } = await run(command, cwd);
  if (ended !== "") process.stderr.write(`${ended}\n`);
}

/** A cell that is a script, and `%npm`: what does not end well must not let an unattended run go on. @throws SHELL_FAILED */
export async function runScript(script: string, cwd: string): Promise<void> {
  const { ended, interrupted } = await run(script, cwd);
  if (ended === "" || interrupted) return;
  throw fault(
    "SHELL_FAILED",
    `the command ended with ${ended}.`,
    "what it said stands above; !command goes on all the same.",
  );
}

/** Nobody can type into it. @returns "" where the exit code is 0 */
function run(command: string, cwd: string): Promise<{ readonly ended: string; readonly interrupted: boolean }> {
  return host().cooperate(async (signal) => {
    const ownGroup = process.platform !== "win32";
    const child = spawn(command, { cwd, shell: true, detached: ownGroup, stdio: ["ignore", "pipe", "pipe"] });
    const stop = () => {
      try {
        if (ownGroup && child.pid !== undefined) process.kill(-child.pid, "SIGTERM");
        else child.kill();
      } catch (error) {
        if (!hasCode(error, "ESRCH")) throw error;
      }
    };
    signal.addEventListener("abort", stop, { once: true });
    child.stdout.setEncoding("utf8").on("data", (text: string) => process.stdout.write(text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => process.stderr.write(text));
    const ended = await new Promise<string | number | null>((resolve, reject) => {
      child.once("error", reject).once("close", (code, by) => resolve(by ?? code));
    });
    signal.removeEventListener("abort", stop);
    const how = typeof ended === "number" ? `exit code ${ended}` : `signal ${ended ?? "unknown"}`;
    return { ended: ended === 0 ? "" : how, interrupted: signal.aborted };
  });
}
