// A process of ours that outlives this one: in a session of its own, without terminal, pipes or channel.
import { spawn } from "node:child_process";

/**
 * @param cwd the folder it starts in
 * @returns its process id
 * @throws ENOENT (the system's) no such program or folder
 */
export async function startDetached(argv: readonly [string, ...string[]], cwd: string): Promise<number> {
  const [program, ...args] = argv;
  const child = spawn(program, args, { cwd, stdio: "ignore", detached: true, windowsHide: true });
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", reject);
  });
  child.unref();
  return child.pid ?? 0;
}
