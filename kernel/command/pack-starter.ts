// How a pack starts: with all of its code compiled, functions in functions too. Node's own cache has of a file what V8 compiles before it runs,
// which of functions in functions is nothing: so some 10 ms of processor time less in each process, and nothing waits for a compiler when it happens
// for the first time.
import { createHash } from "node:crypto";
import { join } from "node:path";
import { fault } from "../../lib/core/errors.ts";
import { EXECUTOR_FLAGS } from "../execute/executor-start.ts";
import { runTool } from "../execute/tool.ts";
import { packFolder } from "../packed.mjs";
import { KERNEL_FLAGS } from "./kernel-argv.ts";

const COMPILE_MS = 60_000;
/** What a kernel does in its first seconds, it does each time. */
const KEEP_AFTER_MS = 2_000;

/** V8 takes compiled code for that of any text of the same length: hence the hash. */
const cacheOf = (name: string, text: string) =>
  `${name}-${createHash("sha256").update(text).digest("hex").slice(0, 16)}.cache`;

/** What V8 compiles for includes its flags, but not this one, which lets no function wait. */
const COMPILE = `const [text, cache] = process.argv.slice(1);
const { setFlagsFromString } = process.getBuiltinModule("node:v8");
const { readFileSync, writeFileSync } = process.getBuiltinModule("node:fs");
setFlagsFromString("--no-lazy");
const script = new (process.getBuiltinModule("node:vm").Script)(readFileSync(text, "utf8"));
setFlagsFromString("--lazy");
writeFileSync(cache, script.createCachedData());`;

/**
 * Compiles a pack that is in its folder, under the flags of its process.
 * @throws PACK_NOT_COMPILED, TOOL_TIMEOUT kernels then keep what they compile by need
 */
export async function compilePack(name: string, text: string): Promise<void> {
  const flags = name === "kernel" ? KERNEL_FLAGS : EXECUTOR_FLAGS;
  const files = [`${name}.js`, cacheOf(name, text)].map((file) => join(packFolder(), file));
  const { code, stderr } = await runTool(process.execPath, [...flags, "--eval", COMPILE, ...files], {
    timeoutMs: COMPILE_MS,
  });
  if (code === 0) return;
  throw fault("PACK_NOT_COMPILED", `${name}: ${stderr.slice(-500)}`, "kernels compile by need.");
}

/**
 * @returns the file that starts a pack. Where V8 does not take what was compiled (another processor, flags of the user's), what it compiles by
 *   need is kept for the next start, if the folder can be written.
 */
export const starterOf = (
  name: string,
  text: string,
) => `const { readFileSync, renameSync, writeFileSync } = process.getBuiltinModule("node:fs");
const { Script, constants } = process.getBuiltinModule("node:vm");
const cache = new URL("${cacheOf(name, text)}", import.meta.url);
const compiled = () => { try { return readFileSync(cache); } catch { return undefined; } };
const script = new Script(readFileSync(new URL("${name}.js", import.meta.url), "utf8"), {
  filename: import.meta.url,
  cachedData: compiled(),
  importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
});
function keep() {
  const part = new URL(\`\${cache}.\${process.pid}.part\`);
  try {
    writeFileSync(part, script.createCachedData());
    renameSync(part, cache);
  } catch {}
}
if (script.cachedDataRejected !== false) setTimeout(keep, ${KEEP_AFTER_MS}).unref();
export default await script.runInThisContext()(import.meta);
`;
