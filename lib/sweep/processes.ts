// The processes of a sweep: as many at a time as the machine has room for, each with its share of the cores, each in nobody's way. A process
// that fails is a row with its error; the others go on. Nothing survives the parent, and what a trial started does not survive the trial: each is a group of
// its own, which ends with it. (What has made itself a session of its own is out of reach.)
import { fork } from "node:child_process";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { hasCode } from "../core/errors.ts";
import type { ChildMessage } from "./messages.ts";

const CHILD = fileURLToPath(new URL("./child.ts", import.meta.url));
/** Of what a failing child wrote, the end: a stack and some lines before it. */
const KEPT_CHARACTERS = 4000;
/** From the request to end until the process is killed: longer than a training step. */
const GRACE_MS = 3000;
/** From a trial's end until its last words must have come: somebody else may hold its pipe. */
const LAST_WORDS_MS = 500;

/** Kills what is left of a trial's group. Windows has no groups. */
function endGroup(pid: number | undefined): void {
  if (pid === undefined || process.platform === "win32") return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    if (!hasCode(error, "ESRCH")) throw error;
  }
}

export interface Task {
  readonly id: string;
  readonly outDir: string;
}

export interface Pool {
  /** URL of the module that exports `trial`. */
  readonly module: string;
  /** At a time; more than there are cores only share them. */
  readonly processes: number;
  readonly signal: AbortSignal;
  onStart(task: Task): void;
  onMessage(task: Task, message: ChildMessage): void;
  /** @param error what it said at its end; undefined where it ended well */
  onEnd(task: Task, error: string | undefined): void;
}

/** @returns how many processes a sweep runs: never more than cores, and one where nothing else is asked */
export function processesFor(wanted: number | undefined, tasks: number): number {
  const cores = availableParallelism();
  return Math.max(1, Math.min(wanted ?? cores, cores, tasks));
}

/** Runs all tasks; after an abort the running ones are ended and the waiting ones left. */
export async function runTasks(tasks: readonly Task[], pool: Pool): Promise<void> {
  const waiting = [...tasks];
  const work = async () => {
    for (let task = waiting.shift(); task && !pool.signal.aborted; task = waiting.shift()) await runTask(task, pool);
  };
  await Promise.all(Array.from({ length: pool.processes }, work));
}

function runTask(task: Task, pool: Pool): Promise<void> {
  pool.onStart(task);
  // Each engine would take all cores for itself; then four trials on four cores are slower than one after the other.
  const threads = `${Math.max(1, Math.floor(availableParallelism() / pool.processes))}`;
  const child = fork(CHILD, [pool.module, task.outDir], {
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    execArgv: ["--disable-warning=ExperimentalWarning"],
    detached: process.platform !== "win32",
    env: { ...process.env, OMP_NUM_THREADS: threads, TF_NUM_INTRAOP_THREADS: threads, TF_NUM_INTEROP_THREADS: "1" },
  });
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (said = `${said}${text}`.slice(-KEPT_CHARACTERS)));
  child.on("message", (message) => pool.onMessage(task, message as ChildMessage));
  let killing: NodeJS.Timeout | undefined;
  const abort = () => {
    child.kill("SIGTERM");
    killing = setTimeout(() => child.kill("SIGKILL"), GRACE_MS);
  };
  pool.signal.addEventListener("abort", abort, { once: true });
  return new Promise((resolve) => {
    const end = (error: string | undefined) => {
      clearTimeout(killing);
      pool.signal.removeEventListener("abort", abort);
      pool.onEnd(task, error);
      resolve();
    };
    child.once("error", (error) => end(String(error)));
    child.once("exit", () => {
      endGroup(child.pid);
      setTimeout(() => child.stderr?.destroy(), LAST_WORDS_MS).unref();
    });
    child.once("close", (code, signal) =>
      end(
        code === 0 ? undefined : `${said.trim() || "it said nothing"}\n(ended with ${signal ?? `exit code ${code}`})`,
      ),
    );
  });
}
