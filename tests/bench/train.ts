// `npm run bench -- train [--json FILE]`: the time of a training step, and of a token generated for 64 rows, on every engine found here, beside PyTorch on CPU when a Python has it
// (BLANKSLATE_BENCH_PYTHON, else python3), and beside tfjs's wasm backend as it comes. Medians; one process per engine, one after the other.
import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { availableParallelism, cpus } from "node:os";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { ENGINE_NAMES } from "../../lib/tensor/engine.ts";
import { stateMachine } from "../../lib/world/stateMachine.ts";
import {
  CASES,
  GENERATIONS,
  GENERATION_SECONDS,
  GENERATION_WARMUP,
  MIN_STEPS,
  SECONDS,
  WARMUP,
} from "./train/cases.ts";
import type { Measurement } from "./train/cases.ts";

const { values: options } = parseArgs({ options: { json: { type: "string" } } });
const beside = (name: string) => fileURLToPath(new URL(`train/${name}`, import.meta.url));

/** @returns what the program printed, line by line; undefined when it does not run here, with its last words */
async function lines(program: string, args: readonly string[]): Promise<Measurement[] | string> {
  // PyTorch's threads wait spinning by default: on cores that others use too its small step then took 1,290 ms instead of 5.
  const env = { OMP_WAIT_POLICY: "passive", ...process.env };
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], env });
  const ended = new Promise<number | string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, signal) => resolve(code ?? signal ?? 1));
  });
  let words = "";
  child.stderr.on("data", (chunk: Buffer) => (words = `${words}${chunk.toString()}`.slice(-2_000)));
  const found: Measurement[] = [];
  for await (const line of createInterface({ input: child.stdout })) found.push(JSON.parse(line) as Measurement);
  const code = await ended;
  return code === 0
    ? found
    : `${String(code)}: ${
        words
          .trim()
          .split("\n")
          .findLast((line) => line.trim() !== "") ?? ""
      }`;
}

const vocab = stateMachine({ seed: 7 }).vocab.vocabSize;
const spec = JSON.stringify({
  cases: CASES,
  vocab,
  warmup: WARMUP,
  seconds: SECONDS,
  minSteps: MIN_STEPS,
  generations: GENERATIONS,
  generationWarmup: GENERATION_WARMUP,
  generationSeconds: GENERATION_SECONDS,
});
const python = process.env["BLANKSLATE_BENCH_PYTHON"] ?? "python3";
const runs = [
  { name: "pytorch", program: python, args: [beside("pytorch.py"), spec] },
  ...[...ENGINE_NAMES, "naive"].map((name) => ({ name, program: process.execPath, args: [beside("engine.ts"), name] })),
];
const measurements: Measurement[] = [];
const absent: Record<string, string> = {};
for (const { name, program, args } of runs) {
  const found = await lines(program, args);
  if (typeof found === "string") absent[name] = found;
  else measurements.push(...found);
}

const machine = {
  cpu: cpus()[0]?.model ?? "unknown",
  cores: availableParallelism(),
  node: process.versions.node,
  platform: `${process.platform}-${process.arch}`,
};
console.log(`${machine.cpu}, ${machine.cores} cores, Node ${machine.node}`);
const short = (value: number) => Number(value.toPrecision(3));
for (const { name } of [...CASES, ...GENERATIONS]) {
  const rows = measurements.filter((row) => row.case === name);
  const reference = rows.find((row) => row.engine === "pytorch");
  const stock = rows.find((row) => row.engine === "wasm, stock");
  console.log(`\n${name}, ${rows[0]?.parameters.toLocaleString("en") ?? "?"} parameters`);
  console.table(
    rows.map((row) => ({
      engine: `${row.engine} ${row.version}`,
      "ms/step": short(row.msPerStep),
      "tokens/s": Math.round(row.tokensPerSecond),
      "of PyTorch": reference ? short(reference.msPerStep / row.msPerStep) : "",
      "of stock wasm": stock ? short(stock.msPerStep / row.msPerStep) : "",
      "first loss": row.firstLoss?.toFixed(3) ?? "",
      "calls composed": row.composedCalls ?? "",
      "calls fused": row.callsPerStep ?? "",
      how: row.captured ?? "eager",
    })),
  );
}
for (const { engine, case: name, kernels } of measurements.filter((row) => row.case === CASES.at(-1)?.name)) {
  if (!kernels) continue;
  const total = kernels.reduce((sum, { ms }) => sum + ms, 0);
  console.log(`\nwhere an uncaptured step goes: ${name}, ${engine}, ${total.toFixed(0)} ms in kernels`);
  console.table(
    kernels
      .slice(0, 12)
      .map(({ kernel, calls, ms }) => ({ kernel, calls, ms: short(ms), "%": Math.round((100 * ms) / total) })),
  );
}
for (const [name, why] of Object.entries(absent)) console.log(`${name}: not measured (${why})`);
if (options.json !== undefined)
  await writeFile(options.json, `${JSON.stringify({ machine, measurements, absent }, null, 2)}\n`);
if (measurements.length === 0) process.exitCode = 1;
