// `npm run check`: types, lint, format, dead code. Each tool runs; the exit code says whether all were content.
import { spawnSync } from "node:child_process";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");
const TOOLS: readonly (readonly [name: string, script: string, ...args: string[]])[] = [
  ["types", "typescript/bin/tsc", "-p", "."],
  ["lint", "oxlint/bin/oxlint", "--type-aware"],
  ["format", "oxfmt/bin/oxfmt", "--check", "."],
  ["dead code", "knip/bin/knip.js"],
];

let faults = 0;
for (const [name, script, ...args] of TOOLS) {
  const started = performance.now();
  const run = spawnSync(process.execPath, [join(ROOT, "node_modules", script), ...args], {
    cwd: ROOT,
    encoding: "utf8",
  });
  const isClean = run.status === 0;
  if (!isClean) faults++;
  console.log(`${isClean ? "ok  " : "FAIL"} ${name} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
  if (!isClean) console.log(`${run.stdout}${run.stderr}`);
}
process.exit(faults === 0 ? 0 : 1);
