// A shell command of a cell: what it writes is the cell's output as it comes; an interrupt ends it with its children.
import { spawn } from "node:child_process";
import process from "node:process";
import { hasCode } from "../../../../lib/core/errors.ts";
import { host } from "../../../../lib/core/host.ts";

/** Says the exit code when it is not 0. Nobody can type into it. */
export async function runShell(command: string, cwd: string): Promise<void> {
  await host().cooperate(async (signal) => {
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
    if (ended !== 0)
      process.stderr.write(
        typeof ended === "number" ? `exit code ${ended}\n` : `ended by ${ended ?? "nobody knows what"}\n`,
      );
  });
}
