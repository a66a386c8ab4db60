// `npm test`: obtains the native engine when this machine can build it (as `npm start` does), then runs vitest.
// Further arguments go to vitest: `npm test -- tests/kernel/wire`.
import { spawnSync } from "node:child_process";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "..");
const run = (script: string, ...args: string[]) =>
  spawnSync(process.execPath, [join(ROOT, script), ...args], { cwd: ROOT, stdio: "inherit" }).status ?? 1;

if (run("kernel/cli.mjs", "setup", "--if-possible") !== 0) process.exit(1);
process.exit(run("node_modules/vitest/vitest.mjs", "run", ...process.argv.slice(2)));
