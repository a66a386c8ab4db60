// A process of ours that helps the wire process: started with Node's own channel, spoken to in messages, ended with the wire process, however
// that ends and whatever the helper is busy with. Linux does that by itself where it is told to (util-linux's setpriv); elsewhere a thread
// of the helper does (helper-watch.mjs), which costs 0.1 s of processor time and 35 MB. On Windows, Node's children end with it anyway.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import type { Socket } from "node:net";
import { delimiter, join } from "node:path";

/** Nothing is written there: it closes with the process that started the helper. */
const LIFE_FD = 4;
const WATCH = new URL("helper-watch.mjs", import.meta.url).href;
const SETPRIV = "setpriv";
/**
 * glibc's own value. Said, it stays: otherwise glibc raises it to twice the largest piece that was given back, up to 64 MB, and the first that Node
 * gives back is the file of the snapshot, so that 6 MB of what the compilers of V8 give back were kept.
 */
const ENVIRONMENT = { MALLOC_TRIM_THRESHOLD_: "131072" };

export interface HelperProcess {
  /** Never throws for a process that is gone: its end is told by `ended`. */
  post(message: object): void;
  /** Resolves when it is gone. */
  stop(): Promise<void>;
}

export interface HelperEvents {
  readonly message: (message: unknown) => void;
  readonly ended: (what: string) => void;
}

/** @param args of Node; what it writes to stderr becomes the kernel's log */
export function startHelper(args: readonly string[], { message, ended }: HelperEvents): HelperProcess {
  const [program, ...before] = mortalNode();
  const child = spawn(program, [...before, "--disable-warning=ExperimentalWarning", ...args], {
    stdio: ["ignore", "ignore", "inherit", "ipc", "pipe"],
    env: { ...ENVIRONMENT, ...process.env },
    // Its own process group: a SIGINT to the kernel's group is an interrupt, and not its business.
    detached: process.platform !== "win32",
    windowsHide: true,
  });
  // A kernel that has nothing else to do may end.
  child.unref();
  child.channel?.unref();
  (child.stdio[LIFE_FD] as Socket).on("error", () => undefined).unref();
  child.on("message", message);
  const gone = new Promise<void>((resolve) => {
    const end = (what: string) => {
      resolve();
      ended(what);
    };
    child.once("error", (error) => end(String(error)));
    child.once("exit", (code, signal) => end(signal ?? `exit code ${code}`));
  });
  return {
    post: (one) => void child.send(one, () => undefined),
    async stop() {
      // Somebody waits for its end.
      child.ref();
      child.kill("SIGKILL");
      await gone;
    },
  };
}

/** @returns the program and first arguments of a Node that ends with this process */
function mortalNode(): [string, ...string[]] {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  const hasSetpriv = process.platform === "linux" && folders.some((folder) => existsSync(join(folder, SETPRIV)));
  if (hasSetpriv) return [SETPRIV, "--pdeathsig", "KILL", process.execPath];
  return process.platform === "win32" ? [process.execPath] : [process.execPath, "--import", WATCH];
}
