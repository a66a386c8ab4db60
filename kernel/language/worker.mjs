// The language worker as a thread of the wire process: where there is no snapshot of it (snapshot.ts). Plain JavaScript, as cli.mjs is.
// oxlint-disable unicorn/require-post-message-target-origin -- threads have ports, not windows
import { enableCompileCache } from "node:module";
import { join } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import { cacheFolder } from "../../lib/core/cache-folder.mjs";

enableCompileCache(join(cacheFolder(), "compile"));
// After the cache is on: TypeScript is nine megabytes of code.
const { serve } = await import("./serve.ts");
parentPort.on(
  "message",
  serve(workerData, (answer) => parentPort.postMessage(answer)),
);
