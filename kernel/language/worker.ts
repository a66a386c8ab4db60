// The language worker as a thread of the wire process: where there is no snapshot of it (snapshot.ts).
// oxlint-disable unicorn/require-post-message-target-origin -- threads have ports, not windows
import { enableCompileCache } from "node:module";
import { join } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import { cacheFolder } from "../../lib/core/cache.ts";
import type { Places } from "./host.ts";

enableCompileCache(join(cacheFolder(), "compile"));
// After the cache is on: TypeScript is nine megabytes of code.
const { serve } = await import("./serve.ts");
const port = parentPort!;
port.on(
  "message",
  serve(workerData as Places, (answer) => port.postMessage(answer)),
);
