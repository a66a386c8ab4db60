// Loaded before everything else in a helper process: a thread that ends it as soon as the process that started it is gone, however that
// ended, also while the main thread is too busy to hear of it. The other end of a pipe is that process's alone, and closes with it.
// Plain JavaScript: to strip types the thread would need 40 MB and 0.2 s of processor time.
import { Socket } from "node:net";
import { isMainThread, Worker } from "node:worker_threads";

/** helper-process.ts opens it. */
const LIFE_FD = 4;

if (isMainThread) {
  // Without the flags of the process: this file is one of them.
  new Worker(new URL(import.meta.url), { execArgv: [] }).unref();
} else {
  const life = new Socket({ fd: LIFE_FD, readable: true, writable: false });
  life.once("close", () => process.kill(process.pid, "SIGKILL"));
  life.on("error", () => life.destroy());
  life.resume();
}
