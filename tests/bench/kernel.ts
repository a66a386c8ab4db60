// `npm run bench -- kernel [--json FILE] [--quick] [--only tslab,deno,…]`: our kernel beside tslab, Deno and ipykernel, one after
// another in one run, by the same script over plain ZeroMQ sockets (kernel_bench.py of the shared research, not ours).
// tslab and Deno are installed on demand into this checkout's cache; nothing of them is part of Blankslate.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { PACKAGES, ROOT, findPython, installKernel } from "../conformance/python.ts";

const SCRIPT = join(ROOT, "../shared/bench/kernel_bench.py");
const RIVALS = join(ROOT, "node_modules/.cache/blankslate/rivals");
const VERSIONS = ["tslab@1.0.22", "deno@2.9.6"];
const LANGUAGES: Readonly<Record<string, string>> = { blankslate: "ts", tslab: "ts", deno: "ts", python3: "python" };

function sh(program: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env, cwd = ROOT): string {
  const run = spawnSync(program, args, { cwd, env, encoding: "utf8", maxBuffer: 2 ** 28, timeout: 1_800_000 });
  if (run.status !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${run.status}: ${run.stderr}`);
  return run.stdout;
}

/** Kernelspecs written by hand: tslab's own installer wants IPython, Deno's ignores where Jupyter looks. */
function installRivals(jupyterPath: string) {
  // Nested, because tslab looks for the types of `console` in its own node_modules only.
  if (!existsSync(join(RIVALS, "node_modules/tslab"))) {
    mkdirSync(RIVALS, { recursive: true });
    writeFileSync(join(RIVALS, "package.json"), '{ "private": true }');
    sh("npm", ["install", "--ignore-scripts", "--install-strategy=nested", ...VERSIONS], process.env, RIVALS);
  }
  const bin = (name: string) => join(RIVALS, "node_modules/.bin", name);
  const specs = {
    tslab: {
      argv: [process.execPath, bin("tslab"), "kernel", "--config-path={connection_file}"],
      language: "typescript",
    },
    deno: { argv: [bin("deno"), "jupyter", "--kernel", "--conn", "{connection_file}"], language: "typescript" },
  };
  for (const [name, spec] of Object.entries(specs)) {
    mkdirSync(join(jupyterPath, "kernels", name), { recursive: true });
    writeFileSync(join(jupyterPath, "kernels", name, "kernel.json"), JSON.stringify({ display_name: name, ...spec }));
  }
}

const { values } = parseArgs({
  options: { json: { type: "string" }, quick: { type: "boolean", default: false }, only: { type: "string" } },
});
if (!existsSync(SCRIPT)) {
  console.error(
    "BENCH_MISSING: ../shared/bench/kernel_bench.py is not there.\n  hint: this benchmark needs the shared research folder.",
  );
  process.exit(1);
}
const python = await findPython([...PACKAGES, "ipykernel==7.4.0", "psutil"]);
if (!python) process.exit(1);
const installed = await installKernel();
const { env } = installed;
installRivals(env["JUPYTER_PATH"]!);
sh(python, ["-m", "ipykernel", "install", "--name", "python3", "--prefix", join(env["JUPYTER_PATH"]!, "../..")], env);

const results: Record<string, unknown> = {};
const files: string[] = [];
for (const kernel of values.only?.split(",") ?? Object.keys(LANGUAGES)) {
  console.error(`${kernel} …`);
  const output = sh(
    python,
    [SCRIPT, kernel, "--lang", LANGUAGES[kernel] ?? "ts", ...(values.quick ? ["--quick"] : [])],
    env,
  );
  results[kernel] = JSON.parse(output);
  const file = join(env["JUPYTER_PATH"]!, `${kernel}.json`);
  writeFileSync(file, output);
  files.push(file);
}
console.log(sh(python, [SCRIPT, "--table", ...files], env));
if (values.json) writeFileSync(values.json, `${JSON.stringify(results, null, 1)}\n`);
await installed.remove();
