// The language worker as a process that starts from its snapshot: half a second earlier than one that loads TypeScript and parses its
// libraries. Speaks with the wire process over Node's own channel, and ends with it. Plain JavaScript, as cli.mjs is.
import { enableCompileCache, registerHooks } from "node:module";
import { join } from "node:path";
import { cacheFolder } from "../../../lib/core/cache-folder.mjs";

const TYPESCRIPT = "blankslate:typescript";

enableCompileCache(join(cacheFolder(), "compile"));
// `import ts from "typescript"` gives the one that is in memory already.
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === "typescript" ? { url: TYPESCRIPT, format: "module", shortCircuit: true } : next(specifier, context),
  load: (url, context, next) =>
    url === TYPESCRIPT
      ? {
          format: "module",
          source: `export default globalThis[Symbol.for("blankslate.snapshot")].ts;`,
          shortCircuit: true,
        }
      : next(url, context),
});
// An interrupt is for cells.
process.on("SIGINT", () => undefined);
process.on("disconnect", () => process.exit(0));
const { serve } = await import("../serve.ts");
const receive = serve(JSON.parse(process.argv[2] ?? ""), (answer) => process.send?.(answer));
process.on("message", (asked) => receive(asked));
