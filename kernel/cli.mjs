// The command's way in: compiled code of earlier starts is read again, and everything else is TypeScript (cli.ts). Plain JavaScript, because
// what comes before the cache is on costs Node's type stripper: 80 of the 330 ms to a kernel's first answer.
import { enableCompileCache } from "node:module";
import { join } from "node:path";
import { cacheFolder } from "../lib/core/cache-folder.mjs";

// In the user's own folder: Node's is one that everybody may write to.
enableCompileCache(join(cacheFolder(), "compile"));
await import("./cli.ts");
