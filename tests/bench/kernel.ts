// `npm run bench -- kernel [--json FILE] [--quick] [--only tslab,deno,…]`: our kernel, with and without type checks, beside Deno, tslab and
// ipykernel, one after another in one run, by the same script over plain ZeroMQ sockets (kernel_bench.py of the shared research, not ours).
// `--from FILE` prints the table of a run that was kept with `--json`.
// tslab and Deno are installed on demand into this checkout's cache; nothing of them is part of Blankslate.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { PACKAGES, ROOT, findPython, installKernel } from "../conformance/python.ts";
import { type Result, missed, table } from "./kernel/rows.ts";
import { typical } from "./kernel/typical.ts";

const SCRIPT = join(ROOT, "../shared/bench/kernel_bench.py");
const TYPED = join(ROOT, "tests/bench/kernel/typed.py");
const RIVALS = join(ROOT, "node_modules/.cache/blankslate/rivals");
const VERSIONS = ["tslab@1.0.22", "deno@2.9.6"];
/** Sections that measure once what the others measure many times, behind those that warm a kernel up; and how often they are run. */
const SINGLE = "trivial,cell100,live,busy,interrupt";
const TIMES = 3;
const KERNELS: Readonly<Record<string, { readonly title: string; readonly language?: string }>> = {
  blankslate: { title: "Blankslate" },
  unchecked: { title: "Blankslate, unchecked" },
  deno: { title: "Deno 2.9.6, unchecked" },
  tslab: { title: "tslab 1.0.22" },
  python3: { title: "ipykernel 7.4", language: "python" },
};

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

/** Our kernel once more, with the user's setting that checks nothing. */
function installUnchecked(jupyterPath: string) {
  const kernels = join(jupyterPath, "kernels");
  const config = join(jupyterPath, "config");
  mkdirSync(join(config, "blankslate"), { recursive: true });
  writeFileSync(join(config, "blankslate", "settings.json"), '{ "check": "off" }');
  const spec = JSON.parse(readFileSync(join(kernels, "blankslate", "kernel.json"), "utf8")) as { env?: object };
  mkdirSync(join(kernels, "unchecked"));
  const changed = { ...spec, env: { ...spec.env, XDG_CONFIG_HOME: config } };
  writeFileSync(join(kernels, "unchecked", "kernel.json"), JSON.stringify(changed));
}

function print(all: Readonly<Record<string, Result>>) {
  console.log(table(all, Object.fromEntries(Object.entries(KERNELS).map(([name, { title }]) => [name, title]))));
  const misses = missed(all);
  console.log(
    misses.length > 0 ? `\nnot as designed:\n  ${misses.join("\n  ")}` : "\nevery figure of the design is met",
  );
  for (const [kernel, { errors = {} }] of Object.entries(all))
    for (const [section, why] of Object.entries(errors)) console.log(`${kernel} failed at ${section}: ${why}`);
}

const { values } = parseArgs({
  options: {
    json: { type: "string" },
    quick: { type: "boolean", default: false },
    only: { type: "string" },
    from: { type: "string" },
  },
});
if (values.from) {
  print(JSON.parse(readFileSync(values.from, "utf8")) as Record<string, Result>);
  process.exit(0);
}
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
installUnchecked(env["JUPYTER_PATH"]!);
sh(python, ["-m", "ipykernel", "install", "--name", "python3", "--prefix", join(env["JUPYTER_PATH"]!, "../..")], env);

const names = values.only?.split(",") ?? Object.keys(KERNELS);
const results: Record<string, Result> = {};
for (const kernel of names) {
  console.error(`${kernel} …`);
  const { language = "ts" } = KERNELS[kernel] ?? {};
  const quick = values.quick ? ["--quick"] : [];
  const measure = (...more: string[]) =>
    JSON.parse(sh(python, [SCRIPT, kernel, "--lang", language, ...quick, ...more], env)) as Result;
  const whole = measure();
  const again = Array.from({ length: values.quick ? 0 : TIMES - 1 }, () => measure("--only", SINGLE));
  const typed = sh(python, [TYPED, kernel, language, dirname(SCRIPT)], env);
  results[kernel] = { ...typical([whole, ...again]), typed: JSON.parse(typed) as unknown };
}
if (values.json) writeFileSync(values.json, `${JSON.stringify(results, null, 1)}\n`);
await installed.remove();
print(results);
