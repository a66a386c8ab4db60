// `npm run bench -- train [--json FILE]`: the time of a training step on every engine found here, beside PyTorch on CPU when a Python has it
// (BLANKSLATE_BENCH_PYTHON, else python3). Medians; one process per engine, one after the other.
import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { availableParallelism, cpus } from "node:os";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { ENGINE_NAMES } from "../../lib/tensor/engine.ts";
import { stateMachine } from "../../lib/world/stateMachine.ts";
import { CASES, MIN_STEPS, SECONDS, WARMUP } from "./train/cases.ts";
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
const spec = JSON.stringify({ cases: CASES, vocab, warmup: WARMUP, seconds: SECONDS, minSteps: MIN_STEPS });
const python = process.env["BLANKSLATE_BENCH_PYTHON"] ?? "python3";
const runs = [
  { name: "pytorch", program: python, args: [beside("pytorch.py"), spec] },
  ...ENGINE_NAMES.map((name) => ({ name, program: process.execPath, args: [beside("engine.ts"), name] })),
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
for (const { name } of CASES) {
  const rows = measurements.filter((row) => row.case === name);
  const reference = rows.find((row) => row.engine === "pytorch");
  console.log(`\n${name}, ${rows[0]?.parameters.toLocaleString("en") ?? "?"} parameters`);
  console.table(
    rows.map((row) => ({
      engine: `${row.engine} ${row.version}`,
      "ms/step": Number(row.msPerStep.toPrecision(3)),
      "tokens/s": Math.round(row.tokensPerSecond),
      "of PyTorch": reference ? Number((reference.msPerStep / row.msPerStep).toPrecision(3)) : "",
      "first loss": Number(row.firstLoss.toFixed(3)),
      "calls/step": row.callsPerStep ?? "",
      how: row.captured ?? "eager",
    })),
  );
}
for (const [name, why] of Object.entries(absent)) console.log(`${name}: not measured (${why})`);
if (options.json !== undefined)
  await writeFile(options.json, `${JSON.stringify({ machine, measurements, absent }, null, 2)}\n`);
if (measurements.length === 0) process.exitCode = 1;
