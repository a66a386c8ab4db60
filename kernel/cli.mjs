// The command `blankslate`, and a kernel's way in: compiled code of earlier starts is read again, a command's code is loaded when it is
// called. Plain JavaScript, because what comes before the cache is on costs Node's type stripper, 80 ms; and Node's own modules as
// programs get them, because an `import` of one reads all that it has: 7 ms of a kernel's start.
import { cacheFolder } from "../lib/core/cache-folder.mjs";
import { packedFile } from "./packed.mjs";

const path = process.getBuiltinModule("node:path");
// In the user's own folder: Node's is one that everybody may write to.
process.getBuiltinModule("node:module").enableCompileCache(path.join(cacheFolder(), "compile"));
const [command, connectionFile] = process.argv.slice(2);
if (command === "kernel" && connectionFile !== undefined && !connectionFile.startsWith("-")) {
  const packed = packedFile("kernel");
  const { runKernel } = packed ? (await import(packed)).default : await import("./session/kernel.ts");
  process.exit(await runKernel(connectionFile));
} else {
  // `blankslate help | head`: a reader that has seen enough is no fault, and no end of a run.
  for (const stream of [process.stdout, process.stderr])
    stream.on("error", (error) => {
      if (error.code !== "EPIPE") throw error;
    });
  const { main } = await import("./command/main.ts");
  process.exitCode = await main(process.argv.slice(2));
}
