import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type Host, HOST_SYMBOL, type MimeBundle } from "../../../lib/core/host.ts";
import { load } from "../../../lib/model/files.ts";
import { planTrials } from "../../../lib/sweep/configs.ts";
import { processesFor } from "../../../lib/sweep/processes.ts";
import { sweep } from "../../../lib/sweep/sweep.ts";
import { trial, type TrialConfig } from "../../../lib/sweep/trial.ts";
import { world } from "../../../lib/world/worlds.ts";
import { useEngine } from "../../../lib/tensor/backend.ts";

const own = join(import.meta.dirname, "trials.ts");
let folder: string;
const runsOf = async (outDir: string) => (await readFile(join(outDir, "runs"), "utf8")).trim().split("\n").map(Number);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "blankslate-sweep-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
afterEach(() => {
  delete (globalThis as { [HOST_SYMBOL]?: Host })[HOST_SYMBOL];
});

test("a grid of 2 x 2 under two seeds is eight configurations with eight ids that hang on content and not on order", () => {
  const planned = planTrials("t", { a: 1, b: { c: 2, d: 3 } }, { "b.c": [5, 6], e: ["x", "y"] }, [0, 1]);
  expect(planned).toHaveLength(8);
  expect(planned[3]?.config).toEqual({ a: 1, b: { c: 5, d: 3 }, e: "y", seed: 1 });
  expect(planned[3]?.varied).toEqual({ "b.c": 5, e: "y", seed: 1 });
  expect(new Set(planned.map((p) => p.id)).size).toBe(8);
  const turned = planTrials("t", { b: { d: 3, c: 9 }, a: 1 }, { e: ["y"], "b.c": [5] }, [1]);
  expect(turned[0]?.id).toBe(planned[3]?.id);
  expect(planTrials("other", { a: 1 }, {}, [0])[0]?.id).not.toBe(planTrials("t", { a: 1 }, {}, [0])[0]?.id);
  const code = (make: () => unknown) => {
    try {
      make();
    } catch (error) {
      return (error as { code: string }).code;
    }
    return "none";
  };
  expect(code(() => planTrials("t", {}, { a: [] }, [0]))).toBe("BAD_GRID");
  expect(code(() => planTrials("t", { a: 1 }, { "a.b": [1] }, [0]))).toBe("BAD_GRID");
  expect(code(() => planTrials("t", {}, {}, [0, 0]))).toBe("SEED_REPEATED");
});

test("never more processes than cores or trials", () => {
  expect(processesFor(1000, 1000)).toBe(availableParallelism());
  expect(processesFor(undefined, 1)).toBe(1);
  expect(processesFor(1, 8)).toBe(1);
});

test("of three kinds of trial one throws and one is killed: both are rows with their error, the good ones have results, and only the bad run again", async () => {
  const options = {
    base: {},
    grid: { kind: ["good", "throws", "dies"] },
    seeds: [0, 1],
    folder: join(folder, "isolation"),
    trial: own,
  };
  const first = await sweep(options);
  expect(first.rows.map((row) => row.state)).toEqual(["done", "done", "failed", "failed", "failed", "failed"]);
  expect(first.rows.map((row) => row.result?.["score"])).toEqual([
    0.5,
    1.5,
    ...Array.from({ length: 4 }, () => undefined),
  ]);
  expect(first.rows[3]?.error).toContain("seed 1 was refused");
  expect(first.rows[4]?.error).toContain("SIGKILL");
  expect(String(first)).toMatch(/throws +1 +failed .* Error: seed 1 was refused/);
  expect(first.frame().shape[0]).toBe(6);
  expect(first.frame().columns).toEqual(["kind", "seed", "state", "score", "seconds", "error"]);
  expect(first.overSeeds("score").shape).toEqual([3, 7]);
  const again = await sweep(options);
  expect(again.rows.map((row) => row.state)).toEqual(["kept", "kept", "failed", "failed", "failed", "failed"]);
  expect(again.rows[0]?.result).toEqual(first.rows[0]?.result);
  expect(await Promise.all(again.rows.map(async (row) => (await runsOf(row.outDir)).length))).toEqual([
    1, 1, 2, 2, 2, 2,
  ]);
}, 120_000);

test("an interrupt ends the processes that run, even deaf ones, and keeps what is done; the same call goes on", async () => {
  const stop = new AbortController();
  const shown: MimeBundle[] = [];
  const host: Host = {
    kind: "notebook",
    display: (bundle) => void shown.push(bundle),
    cooperate: (work) => work(stop.signal),
  };
  (globalThis as { [HOST_SYMBOL]?: Host })[HOST_SYMBOL] = host;
  const options = {
    base: {},
    grid: { kind: ["good", "hangs"] },
    seeds: [0, 1],
    folder: join(folder, "interrupt"),
    trial: own,
    processes: 1,
  };
  // As soon as a deaf trial is at work, however long its process took to start.
  const look = setInterval(() => {
    const deaf = (existsSync(options.folder) ? readdirSync(options.folder) : []).filter(
      (id) =>
        existsSync(join(options.folder, id, "runs")) &&
        readFileSync(join(options.folder, id, "trial.json"), "utf8").includes("hangs"),
    );
    if (deaf.length > 0) stop.abort();
  }, 100);
  const part = await sweep(options);
  clearInterval(look);
  expect(part.stopped).toBe("interrupted");
  expect(part.rows.map((row) => row.state)).toEqual(["done", "done", "waiting", "waiting"]);
  const [pid] = await runsOf(part.rows[2]?.outDir as string);
  expect(() => process.kill(pid as number, 0)).toThrow("ESRCH");
  expect(String(shown.at(-1)?.["text/html"])).toContain("sweep 2/4");
  const good = await sweep({ ...options, grid: { kind: ["good"] } });
  expect(good.rows.map((row) => row.state)).toEqual(["kept", "kept"]);
}, 60_000);

test("the laboratory's trial is a function of its configuration: here and in a process of its own the same row, with its artefacts", async () => {
  await useEngine("wasm");
  const base: TrialConfig = {
    world: { name: "stateMachine", options: { seed: 5, states: 5, actions: 5, depth: [2, 4] } },
    model: { layers: 1, width: 32, heads: 2 },
    seed: 3,
    pretrain: { steps: 2, batch: 4, learningRate: 1e-3, examples: 20 },
    sft: { steps: 4, batch: 8, learningRate: 3e-3, examples: 50 },
    rl: { steps: 1, promptsPerStep: 2, groupSize: 2, prompts: 4 },
    evaluate: { n: 8, sets: { test: {}, deeper: { depth: [5, 6] } }, samples: 2 },
  };
  const here = await trial(base, join(folder, "here"));
  expect(here["sft loss"]).toBeGreaterThan(0);
  const engine = process.env["BLANKSLATE_ENGINE"];
  process.env["BLANKSLATE_ENGINE"] = "wasm";
  const found = await sweep({ base, seeds: [3], folder: join(folder, "own") });
  if (engine === undefined) delete process.env["BLANKSLATE_ENGINE"];
  else process.env["BLANKSLATE_ENGINE"] = engine;
  expect(found.rows[0]?.error).toBeNull();
  expect(found.rows[0]?.result).toEqual(here);
  const scores = JSON.parse(await readFile(join(found.rows[0]?.outDir as string, "scores.json"), "utf8")) as object;
  expect(scores).toHaveProperty("rows");
  const loaded = await load(join(folder, "here", "model"), {
    vocab: world.stateMachine(base.world.options ?? {}).vocab,
  });
  expect(loaded.config.width).toBe(32);
  loaded.dispose();
  await expect(trial({ ...base, world: { name: "nowhere" as "modular" } }, folder)).rejects.toMatchObject({
    code: "BAD_TRIAL",
  });
}, 120_000);
