// `node engine.ts ENGINE`: measures cases on one engine, as the lines on standard input say; one JSON line for each (see cases.ts). A process of its own, so that engines do not share
// memory, threads or caches.
import { createInterface } from "node:readline";
import { startEngine } from "../../../lib/tensor/backend.ts";
import type { EngineName } from "../../../lib/tensor/backend.ts";
import { generation } from "./generation.ts";
import { plainTraining, startPlainWasm } from "./plain.ts";
import { CASES, GENERATIONS, ROUND_SECONDS, WARMUP, median } from "./cases.ts";
import type { Case, Command, GenerationCase, Round, Running } from "./cases.ts";
import { training } from "./training.ts";

/** "plain" is tfjs-backend-wasm as it comes, and a step as tfjs alone makes it. */
const plain = process.argv[2] === "plain";
const { name, version, deviceName } = plain ? await startPlainWasm() : await startEngine(process.argv[2] as EngineName);
const device = deviceName === undefined ? {} : { device: deviceName };

function start(one: Case | GenerationCase): Promise<Running> {
  if ("tokens" in one) return generation(one);
  return plain ? plainTraining(one) : training(one);
}

async function round({ run, steps }: Running): Promise<Round> {
  const rounds: { ms: number; processorMs: number }[] = [];
  const end = performance.now() + ROUND_SECONDS * 1_000;
  do {
    const [before, used] = [performance.now(), process.cpuUsage()];
    await run();
    const ms = performance.now() - before;
    const { user, system } = process.cpuUsage(used);
    rounds.push({ ms, processorMs: (user + system) / 1_000 });
  } while (performance.now() < end);
  return {
    ms: median(rounds.map(({ ms }) => ms)) / steps,
    processorMs: median(rounds.map(({ processorMs }) => processorMs)) / steps,
  };
}

let running: Running | undefined;
for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line) as Command;
  let answer: object = {};
  if (command.do === "start") {
    const one = [...CASES, ...GENERATIONS].find((known) => known.name === command.case) as Case | GenerationCase;
    running = await start(one);
    for (let n = 0; n < (plain ? 1 : WARMUP); n++) await running.run();
  } else if (!running) throw new Error(`${command.do} before start`);
  else if (command.do === "round") answer = await round(running);
  else {
    answer = { engine: plain ? "wasm, plain tfjs" : name, version, ...device, ...(await running.describe()) };
    running.dispose();
    running = undefined;
  }
  console.log(JSON.stringify(answer));
}
