// A kernel as a process of ours: started from its argv, watched, ended. In a process group of its own, so that ^C in the terminal reaches
// this program alone, which then interrupts the kernel in the protocol's way; and ended with this program, however that ends.
import { spawn } from "node:child_process";
import { hasCode } from "../../lib/core/errors.ts";

/** Of the kernel's log the last this much is kept, to show when it dies. */
const KEPT_CHARACTERS = 8_192;

/**
 * What a kernel's process wants in its environment, here and in the kernelspec. Two of glibc's arenas: with one per thread what the
 * compilers of V8 give back is never used again, and 5,000 cells cost 40 MB. Not for the executor, whose threads compute.
 */
export const KERNEL_ENVIRONMENT = { MALLOC_ARENA_MAX: "2" } as const;

export interface KernelProcess {
  readonly pid: number;
  /** Resolves when it ended, with what to tell: "exit code 1", "SIGKILL". */
  readonly ended: Promise<string>;
  /** The last of what it wrote to its own stdout and stderr. */
  log(): string;
  /** Kills it and all it started. */
  kill(): void;
}

/**
 * @param cwd where cells find files and packages: the notebook's folder
 * @throws ENOENT (the system's) no such program or folder
 */
export async function startKernelProcess(argv: readonly [string, ...string[]], cwd: string): Promise<KernelProcess> {
  const [program, ...args] = argv;
  const ownGroup = process.platform !== "win32";
  // JPY_PARENT_PID is Jupyter's way to tell a kernel whom to follow into the grave.
  const env = { ...process.env, ...KERNEL_ENVIRONMENT, JPY_PARENT_PID: String(process.pid) };
  const child = spawn(program, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"], detached: ownGroup });
  const ended = new Promise<string>((resolve) => {
    child.once("exit", (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", reject);
  });
  let log = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => (log = (log + text).slice(-KEPT_CHARACTERS)));
  }
  const pid = child.pid ?? 0;
  const kill = () => {
    try {
      if (ownGroup) process.kill(-pid, "SIGKILL");
      else child.kill("SIGKILL");
    } catch (error) {
      if (!hasCode(error, "ESRCH")) throw error;
    }
  };
  process.once("exit", kill);
  return {
    pid,
    ended: ended.finally(() => process.removeListener("exit", kill)),
    log: () => log.trim(),
    kill,
  };
}
