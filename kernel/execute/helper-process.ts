// A process of ours that helps the wire process: started with Node's own channel, spoken to in messages, ended with the wire process.
import { spawn } from "node:child_process";

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
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", ...args], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    // Its own process group: a SIGINT to the kernel's group is an interrupt, and not its business.
    detached: process.platform !== "win32",
    windowsHide: true,
  });
  // A kernel that has nothing else to do may end.
  child.unref();
  child.channel?.unref();
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
