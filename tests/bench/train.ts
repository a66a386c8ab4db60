// `npm run bench -- train [--json FILE] [--programs NAME,…] [--cases TEXT] [--patience SECONDS]`: the time of a training step, and of a token generated for 64 rows, on every engine found here, beside PyTorch on CPU and
// on CUDA when a Python has it (BLANKSLATE_BENCH_PYTHON, else python3), and beside tfjs's wasm backend as it comes. One process each; they do short rounds in turn, and what is compared are rounds that were
// done one after the other: the medians of their ratios hold on a machine that others use too.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { availableParallelism, cpus } from "node:os";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { ENGINE_NAMES } from "../../lib/tensor/engine.ts";
import { stateMachine } from "../../lib/world/stateMachine.ts";
import { CASES, GENERATIONS, ROUNDS, ROUND_SECONDS, WARMUP, median } from "./train/cases.ts";
import type { Command, Description, Measurement, Round } from "./train/cases.ts";

const { values: options } = parseArgs({
  options: {
    json: { type: "string" },
    programs: { type: "string" },
    cases: { type: "string", default: "" },
    patience: { type: "string", default: "600" },
  },
});
const patienceMs = Number(options.patience) * 1_000;
const beside = (name: string) => fileURLToPath(new URL(`train/${name}`, import.meta.url));

/** For a driver to take leave. */
const END_MS = 10_000;

interface Program {
  readonly name: string;
  /** @returns its answer; undefined when it has ended instead */
  ask(command: Command): Promise<unknown>;
  /** How it ended and its last words; undefined while it is there, whatever it says (Vulkan drivers complain about much). */
  why(): string | undefined;
  end(): Promise<void>;
}

function startProgram(name: string, program: string, args: readonly string[]): Program {
  // PyTorch's threads wait spinning by default: on cores that others use too its small step then took 1,290 ms instead of 5.
  const env = { OMP_WAIT_POLICY: "passive", ...process.env };
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"], env });
  let [words, ending] = ["", ""];
  const ended = new Promise<void>((resolve) => {
    const end = (how: string) => {
      ending ||= how;
      resolve();
    };
    child.once("error", (error) => end(error.message));
    child.once("close", (code, signal) => end(String(code ?? signal)));
  });
  // What is written to a program that has ended is lost; `ended` says so.
  child.stdin.on("error", () => {});
  child.stderr.on("data", (chunk: Buffer) => (words = `${words}${chunk.toString()}`.slice(-2_000)));
  const lines = createInterface({ input: child.stdout });
  return {
    name,
    async ask(command) {
      if (ending) return undefined;
      const answered = once(lines, "line") as Promise<[string]>;
      child.stdin.write(`${JSON.stringify(command)}\n`);
      const hanging = setTimeout(() => {
        ending = `${command.do} of ${command.case} took more than ${options.patience} s`;
        child.kill("SIGKILL");
      }, patienceMs);
      const answer = await Promise.race([answered, ended]);
      clearTimeout(hanging);
      return answer && (JSON.parse(answer[0]) as unknown);
    },
    why() {
      if (!ending) return undefined;
      const said = words.trim().split("\n");
      return `${ending}: ${said.find((line) => /^(?:[A-Z_]+|\w+Error): /.test(line)) ?? said.at(-1) ?? ""}`;
    },
    async end() {
      child.stdin.end();
      const hanging = setTimeout(() => child.kill("SIGKILL"), END_MS);
      await ended;
      clearTimeout(hanging);
    },
  };
}

const spec = JSON.stringify({
  cases: CASES,
  generations: GENERATIONS,
  vocab: stateMachine({ seed: 7 }).vocab.vocabSize,
  warmup: WARMUP,
  roundSeconds: ROUND_SECONDS,
});
const python = process.env["BLANKSLATE_BENCH_PYTHON"] ?? "python3";
const PLAIN = "plain";
const ON_CUDA = "pytorch-cuda";
const starters: Readonly<Record<string, () => Program>> = {
  pytorch: () => startProgram("pytorch", python, [beside("pytorch.py"), spec, "cpu"]),
  [ON_CUDA]: () => startProgram(ON_CUDA, python, [beside("pytorch.py"), spec, "cuda"]),
  ...Object.fromEntries(
    [...ENGINE_NAMES, PLAIN].map((name) => [
      name,
      () => startProgram(name, process.execPath, [beside("engine.ts"), name]),
    ]),
  ),
};
const chosen = options.programs?.split(",") ?? Object.keys(starters);
const unknown = chosen.filter((name) => !starters[name]);
if (unknown.length > 0) {
  console.error(`no program is called ${unknown.join(" or ")}; there are ${Object.keys(starters).join(", ")}`);
  process.exit(2);
}
const programs = chosen.map((name) => (starters[name] as () => Program)());

/** The same case by all programs that are still there. */
async function measure(name: string, takePart: readonly Program[]): Promise<Measurement[]> {
  process.stderr.write(`${name} …\n`);
  const rounds = new Map<Program, Round[]>();
  // One after the other: while a program compiles, others would wait for the processor.
  for (const program of takePart) if (await program.ask({ case: name, do: "start" })) rounds.set(program, []);
  for (let r = 0; r < ROUNDS; r++)
    for (const [program, done] of rounds) {
      const round = (await program.ask({ case: name, do: "round" })) as Round | undefined;
      if (round) done.push(round);
    }
  const named = (wanted: string) => [...rounds].find(([program]) => program.name === wanted)?.[1];
  const times = (others: Round[] | undefined, own: readonly Round[]) =>
    others && median(own.map(({ ms }, r) => (others[r]?.ms ?? Number.NaN) / ms));
  const measurements: Measurement[] = [];
  for (const [program, own] of rounds) {
    const described = (await program.ask({ case: name, do: "end" })) as Description | undefined;
    if (!described || own.length < ROUNDS) continue;
    const msPerStep = median(own.map(({ ms }) => ms));
    const [ofPytorch, ofCuda, ofPlainWasm] = ["pytorch", ON_CUDA, PLAIN].map((other) => times(named(other), own));
    measurements.push({
      case: name,
      ...described,
      msPerStep,
      processorMsPerStep: median(own.map(({ processorMs }) => processorMs)),
      tokensPerSecond: (described.tokens * 1_000) / msPerStep,
      ...(ofPytorch !== undefined && { ofPytorch }),
      ...(ofCuda !== undefined && { ofCuda }),
      ...(ofPlainWasm !== undefined && { ofPlainWasm }),
    });
  }
  return measurements;
}

const machine = {
  cpu: cpus()[0]?.model ?? "unknown",
  cores: availableParallelism(),
  node: process.versions.node,
  platform: `${process.platform}-${process.arch}`,
};
const absent = (): Readonly<Record<string, string>> =>
  Object.fromEntries(
    programs.flatMap((program) => {
      const why = program.why();
      return why === undefined ? [] : [[program.name, why]];
    }),
  );
const measurements: Measurement[] = [];
const fast = programs.filter((program) => program.name !== PLAIN);
const named = ({ name }: { readonly name: string }) => name.includes(options.cases);
const plan = [
  ...CASES.filter(named).map(({ name }) => ({ name, takePart: programs })),
  ...GENERATIONS.filter(named).map(({ name }) => ({ name, takePart: fast })),
];
for (const { name, takePart } of plan) {
  measurements.push(...(await measure(name, takePart)));
  // After every case: who is stopped in a later one has these.
  if (options.json !== undefined)
    await writeFile(options.json, `${JSON.stringify({ machine, measurements, absent: absent() }, null, 2)}\n`);
}
const notMeasured = absent();
for (const program of programs) await program.end();

console.log(`${machine.cpu}, ${machine.cores} cores, Node ${machine.node}`);
for (const name of new Set(measurements.flatMap(({ device }) => device ?? []))) console.log(name);
const short = (value: number | undefined) => (value === undefined ? "" : Number(value.toPrecision(3)));
for (const { name } of plan) {
  const rows = measurements.filter((row) => row.case === name);
  console.log(`\n${name}, ${rows[0]?.parameters.toLocaleString("en") ?? "?"} parameters`);
  console.table(
    rows.map((row) => ({
      engine: `${row.engine} ${row.version}`,
      "ms/step": short(row.msPerStep),
      "processor ms": short(row.processorMsPerStep),
      "tokens/s": Math.round(row.tokensPerSecond),
      "x PyTorch": short(row.ofPytorch),
      ...(rows.some(({ ofCuda }) => ofCuda !== undefined) && { "x on CUDA": short(row.ofCuda) }),
      "x plain wasm": short(row.ofPlainWasm),
      "first loss": row.firstLoss?.toFixed(3) ?? "",
      "calls composed": row.composedCalls ?? "",
      "calls fused": row.callsPerStep ?? "",
      launches: row.launches ?? "",
      how: row.captured ?? "eager",
    })),
  );
}
for (const { engine, case: name, parts, msPerStep } of measurements) {
  if (!parts || name !== CASES.at(-1)?.name) continue;
  const total = parts.reduce((sum, { ms }) => sum + ms, 0);
  const sums = `${total.toFixed(0)} ms in kernels one by one, ${msPerStep.toFixed(0)} ms the whole step captured`;
  console.log(`\nwhere a training step goes: ${name}, ${engine}, ${sums}`);
  console.table(
    parts.map(({ part, calls, ms }) => ({ part, calls, ms: short(ms), "%": Math.round((100 * ms) / total) })),
  );
}
for (const [name, why] of Object.entries(notMeasured)) console.log(`${name}: not measured (${why})`);
if (measurements.length === 0) process.exitCode = 1;
