// Rows T1 to T5: what is on the disk when a process is killed, and when there is no room, in processes of their own.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createPrivateTemporaryDirectory, removePath } from "../../../../lib/core/files.ts";
import { load } from "../../../../lib/model/files.ts";
import { readRun } from "../../../../lib/train/checkpoint-files.ts";
import { trainRl } from "../../../../lib/train/rl.ts";
import { trainPretrain, trainSft } from "../../../../lib/train/sft.ts";
import { allEngines, engines, useEngineNamed } from "../../engines.ts";
import { reversals, tinyModel, vocab } from "../task.ts";
import { childCommand, runChild } from "./processes.ts";
import type { Event } from "./processes.ts";
import { TRIALS } from "./runs.ts";

const LONG = process.env["BLANKSLATE_LONG"] === "1";
const has = (program: string, ...args: string[]) => spawnSync(program, args).status === 0;
const sha256 = (path: string) => createHash("sha256").update(readFileSync(path)).digest("hex");

let folder: string;
beforeEach(async () => {
  folder = await createPrivateTemporaryDirectory("crash");
});
afterEach(() => removePath(folder));

const KILLS = LONG ? 200 : 5;

test(`T1: kill -9 at ${KILLS} random moments of save: ${KILLS} of ${KILLS} load, old or new, and the next start removes part files`, async () => {
  await useEngineNamed("wasm");
  const models = [await tinyModel(0), await tinyModel(1)];
  const hashes = await Promise.all(models.map((model) => model.hash()));
  let partsSeen = 0;
  for (let round = 0; round < KILLS; round++) {
    // A whole save takes 5 to 20 ms; the second is under way when the first is said to begin.
    const kill = ({ saving = 0 }: Event) => (saving === 1 + (round % 3) ? Math.random() * 15 : undefined);
    await runChild(childCommand("save", folder), { kill });
    const loaded = await load(join(folder, "model"), { vocab });
    expect(hashes, `round ${round}`).toContain(await loaded.hash());
    loaded.dispose();
    const left = readdirSync(folder).filter((name) => name !== "model");
    partsSeen += left.length > 0 ? 1 : 0;
    // Of one killed process at most: the one before was swept by the next start.
    expect(new Set(left.map((name) => /-(\d+)-/u.exec(name)?.[1])).size).toBeLessThanOrEqual(1);
  }
  if (LONG) {
    console.log(`T1: ${KILLS} kills, ${partsSeen} of them in the middle of a save`);
    expect(partsSeen).toBeGreaterThan(KILLS / 10);
  }
  await runChild(childCommand("train", folder, "sft", "1", "1"));
  expect(readdirSync(folder).sort()).toEqual(["model", "step-000001"]);
  for (const model of models) model.dispose();
}, 3_000_000);

test.skipIf(!has("strace", "-V"))(
  "T2: strace of one save: every file is written, synced and renamed, then the folder is synced (skipped without strace)",
  async () => {
    const log = join(folder, "strace.log");
    const trace = ["strace", "-f", "-y", "-e", "trace=write,pwrite64,writev,fsync,fdatasync,/^rename", "-o", log];
    await runChild([...trace, ...childCommand("once", join(folder, "run"))]);
    // "123 fsync(21</tmp/crash-x/run/.step….part/model.safetensors>) = 0", and of a call on another thread its first or last part.
    const calls = readFileSync(log, "utf8")
      .split("\n")
      .flatMap((line) => {
        const call = /^\d+ +(\w+)\((.*)/u.exec(line);
        return call && call[2]!.includes("/run") ? [{ name: call[1]!, args: call[2]! }] : [];
      });
    const indexOf = (name: RegExp, args: RegExp, after = -1) =>
      calls.findIndex((call, i) => i > after && name.test(call.name) && args.test(call.args));
    for (const file of ["model.safetensors", "moments.safetensors", "run.json", "config.json"]) {
      const part = new RegExp(`${RegExp.escape(file)}\\.[0-9a-f]{8}-\\d+-[0-9a-f]{12}\\.part`, "u");
      const written = calls.findLastIndex(({ name, args }) => /write/u.test(name) && part.test(args));
      const synced = indexOf(/^f(data)?sync$/u, part, written);
      const renamed = indexOf(/^rename/u, part, synced);
      const directory = indexOf(/^fsync$/u, /\.step-000002\.[^/]*\.part>/u, renamed);
      expect([written, synced, renamed, directory], file).not.toContain(-1);
      expect(written < synced && synced < renamed && renamed < directory, file).toBe(true);
    }
    const placed = indexOf(/^rename/u, /\.step-000002\.[^/]*\.part", .*\/step-000002"/u);
    expect(placed).toBeGreaterThan(-1);
    expect(indexOf(/^fsync$/u, /\/run>/u, placed)).toBeGreaterThan(placed);
  },
);

/** What all runs that are to be one run must leave alike; those that stop early at the step where they stop. */
async function killAndResume(engine: string, trial: string, { every, killAt }: { every: number; killAt: number }) {
  const [whole, broken] = [join(folder, "whole"), join(folder, "broken")];
  for (const at of [whole, broken]) mkdirSync(at);
  const command = (at: string, ...resume: string[]) => childCommand("train", at, trial, "8", String(every), ...resume);
  const [all, before] = await Promise.all([
    runChild(command(whole), { engine }),
    runChild(command(broken), { engine, kill: ({ step }) => (step === killAt ? 0 : undefined) }),
  ]);
  const checkpoints = (at: string) => readdirSync(at).filter((name) => name.startsWith("step-"));
  const last = checkpoints(broken).sort().at(-1) as string;
  const rest = await runChild(command(broken, last), { engine });
  const steps = Number(last.slice(5));
  expect(steps).toBeGreaterThan(killAt - every);
  expect([...before.filter(({ step = 0 }) => step > 0 && step <= steps), ...rest]).toEqual(all);
  const end = checkpoints(whole).sort().at(-1) as string;
  expect(readdirSync(join(broken, end)).sort()).toEqual(readdirSync(join(whole, end)).sort());
  for (const file of readdirSync(join(whole, end)))
    expect(sha256(join(broken, end, file)), file).toBe(sha256(join(whole, end, file)));
}

describe.each(LONG ? allEngines : engines)("on %s", (engine) => {
  // Every kind on every engine takes a minute; the long run does.
  test.each(LONG || engine === "wasm" ? ["sft", "rl", "ppo"] : ["sft"])(
    "T3: %s: five steps, kill -9, resume, to eight; losses, weights, moments, cursor and identity equal those of eight steps bit for bit",
    (kind) => killAndResume(engine, kind, { every: 1, killAt: 5 }),
    // A processor that plays a GPU takes minutes for PPO.
    LONG ? 1_800_000 : 180_000,
  );
});

/** The two that hold most of what can be lost; the long run does all, on every engine. */
const HARD = Object.keys(TRIALS).filter((name) => /^(sft of qwen3 on a mixture|dapo of an adapted)/u.test(name));
const OTHERS = Object.keys(TRIALS).filter((name) => !["sft", "rl", "ppo"].includes(name));

describe.each(LONG ? engines : engines.slice(-1))("on %s", (engine) => {
  test.each(LONG ? OTHERS : HARD)(
    "T3: %s: killed after the fourth step, resumed from a checkpoint of every second; all it says and leaves is bit for bit what the whole run does",
    (trial) => killAndResume(engine, trial, { every: 2, killAt: 4 }),
    180_000,
  );
});

test("T4: a resume path that is empty, mistyped, a file, an empty folder, of another model, kind, engine, tokenizer, data or held-out set is an error with its code, and nothing is trained", async () => {
  await useEngineNamed("wasm");
  const [model, other] = [await tinyModel(0), await tinyModel(1)];
  const data = reversals(200, 1);
  const options = { steps: 2, batch: 8, learningRate: 3e-3 };
  const runs = join(folder, "runs");
  const run = await trainSft(model, data, { ...options, checkpoint: { folder: runs, every: 1 } });
  const step = join(runs, "step-000001");
  writeFileSync(join(folder, "file"), "");
  mkdirSync(join(folder, "empty"));
  mkdirSync(join(folder, "damaged"));
  for (const [name, bytes] of readdirSync(step).map((name) => [name, readFileSync(join(step, name))] as const))
    writeFileSync(join(folder, "damaged", name), name === "run.json" ? "{}" : bytes);
  let steps = 0;
  const watch = { onStep: () => void (steps += 1) };
  for (const [path, code] of [
    ["", "CHECKPOINT_MISSING"],
    [join(runs, "step-00001"), "CHECKPOINT_MISSING"],
    [runs, "CHECKPOINT_MISSING"],
    [join(folder, "file"), "CHECKPOINT_MISSING"],
    [join(folder, "empty"), "CHECKPOINT_MISSING"],
    [join(folder, "damaged"), "CHECKPOINT_DAMAGED"],
  ] as const)
    for (const way of ["resumeFrom", "forkFrom"] as const)
      await expect(trainSft(model, data, { ...options, [way]: path }, watch), `${way} ${path}`).rejects.toMatchObject({
        code,
      });
  const retold = (name: string, change: (identity: Record<string, unknown>) => void) => {
    const at = join(folder, name);
    cpSync(step, at, { recursive: true });
    const run = JSON.parse(readFileSync(join(at, "run.json"), "utf8")) as { identity: Record<string, unknown> };
    change(run.identity);
    writeFileSync(join(at, "run.json"), JSON.stringify(run));
    return at;
  };
  const elsewhere = retold("elsewhere", (identity) => (identity["engine"] = "webgpu"));
  // The same run, told in another order.
  const reordered = retold("reordered", (identity) => {
    identity["options"] = Object.fromEntries(Object.entries(identity["options"] as object).toReversed());
  });
  const { tokenizer } = model;
  const renamed = { ...model, tokenizer: Object.create(tokenizer, { hash: { value: "other" } }) as typeof tokenizer };
  const prompts = new Set(data.examples.map(({ prompt }) => prompt));
  const kept = reversals(400, 2);
  const unseen = kept.examples.filter(({ prompt }) => !prompts.has(prompt));
  const watched = (n: number) => ({ heldOut: { set: { ...kept, examples: unseen.slice(n, n + 4) }, every: 1 } });
  const byOthers = join(folder, "watched");
  await trainSft(model, data, { ...options, ...watched(0), checkpoint: { folder: byOthers, every: 1 } });
  for (const [start, fact] of [
    [() => trainSft(other, data, { ...options, resumeFrom: step }, watch), "startedFrom differ"],
    [() => trainSft(other, data, { ...options, forkFrom: step }, watch), "startedFrom differ"],
    [
      () => trainSft(model, data, { ...options, learningRate: 1, resumeFrom: step }, watch),
      "options differ (learningRate was 0.003, is 1)",
    ],
    [() => trainSft(model, reversals(200, 2), { ...options, resumeFrom: step }, watch), "data differ"],
    [() => trainSft(renamed, data, { ...options, resumeFrom: step }, watch), "tokenizer differ"],
    [() => trainSft(renamed, data, { ...options, forkFrom: step }, watch), "tokenizer differ"],
    [
      () => trainSft(model, data, { ...options, resumeFrom: elsewhere }, watch),
      'engine differ (engine was "webgpu", is "wasm")',
    ],
    [
      () => trainSft(model, data, { ...options, ...watched(4), resumeFrom: join(byOthers, "step-000001") }, watch),
      "heldOut differ",
    ],
    [
      () => trainPretrain(model, data, { ...options, maskPrompt: true, resumeFrom: step }, watch),
      'kind differ (kind was "sft", is "pretrain")',
    ],
    [() => trainRl(model, data, { steps: 2, resumeFrom: step }, watch), "kind, options differ"],
  ] as const)
    await expect(start()).rejects.toMatchObject({
      code: "CHECKPOINT_OTHER",
      fact: expect.stringContaining(fact) as string,
    });
  expect(steps).toBe(0);
  for (const [i, path] of [step, reordered].entries()) {
    const rest = await trainSft(model, data, { ...options, resumeFrom: path }, watch);
    expect(steps).toBe(1 + i);
    expect(await rest.model.hash()).toBe(await run.model.hash());
    rest.model.dispose();
  }
  for (const made of [model, other, run.model]) made.dispose();
});

test("checkpoints that a kill or a stranger left half there end no run and are not taken for its own; a removal that was killed is swept", async () => {
  await useEngineNamed("wasm");
  const model = await tinyModel(0);
  const data = reversals(200, 1);
  const options = { steps: 6, batch: 8, learningRate: 3e-3 };
  const checkpoint = { folder, every: 1, keep: 2 };
  const stop = new AbortController();
  const onStep = ({ step }: { step: number }) => void (step === 3 && stop.abort());
  await trainSft(model, data, { ...options, checkpoint }, { signal: stop.signal, onStep });
  expect(readdirSync(folder)).toEqual(["step-000002", "step-000003"]);
  // As a version before, or a person, removes: file by file, and then no more.
  rmSync(join(folder, "step-000002", "run.json"));
  mkdirSync(join(folder, "step-000001"));
  writeFileSync(join(folder, "step-000099"), "a file");
  // As removePathAtomic does, killed in the middle.
  const dead = spawnSync(process.execPath, ["-e", ""]).pid;
  const mark = createHash("sha256").update(hostname()).digest("hex").slice(0, 8);
  mkdirSync(join(folder, `.step-000000.${mark}-${dead}-abcdefabcdef.part`));
  const rest = await trainSft(model, data, { ...options, checkpoint, resumeFrom: join(folder, "step-000003") });
  expect(rest.history).toHaveLength(3);
  expect(readdirSync(folder).sort()).toEqual([
    "step-000001",
    "step-000002",
    "step-000005",
    "step-000006",
    "step-000099",
  ]);
  await expect(trainSft(model, data, { ...options, resumeFrom: join(folder, "step-000002") })).rejects.toMatchObject({
    code: "CHECKPOINT_MISSING",
  });
  for (const made of [model, rest.model]) made.dispose();
});

test(`kill -9 at ${KILLS} moments of a run that removes a checkpoint at every step: each that is there is whole, and the run goes on from the last`, async () => {
  let left = 0;
  for (let round = 0, last: string | undefined; round < KILLS; round++) {
    const command = childCommand("thin", folder, ...(last ? [last] : []));
    let kills = false;
    await runChild(command, {
      kill: ({ step }) => ((kills = step !== undefined), kills ? Math.random() * 40 : undefined),
    });
    const names = readdirSync(folder).filter((name) => name.startsWith("step-"));
    for (const name of names)
      expect(await readRun(join(folder, name))).toMatchObject({ progress: { step: Number(name.slice(5)) } });
    // Two stay; a kill may find the next there before the oldest has gone.
    expect([2, 3]).toContain(names.length);
    last = names.sort().at(-1);
    left += readdirSync(folder).length - names.length;
  }
  if (LONG) console.log(`${KILLS} kills of a run that removes, ${left} of them in the middle of a write or a removal`);
}, 3_000_000);

const OFFSETS = 50;
const tmpfs = ["unshare", "-Urm", "sh", "-c", 'mount -t tmpfs -o size=4m tmpfs "$0" && exec "$@"'] as const;

test.skipIf(!has(...(tmpfs as unknown as [string]), "/mnt", "true"))(
  `T5: a disk that is full at ${OFFSETS} offsets of a save: DISK_FULL with the free space, the old checkpoint untouched, no part file; with room the run goes on (skipped without user namespaces)`,
  async () => {
    const events = await runChild([...tmpfs, folder, ...childCommand("fill", folder, String(OFFSETS))]);
    const [refused, done] = [events.slice(0, -1), events.at(-1)];
    expect(refused).toHaveLength(OFFSETS);
    expect(new Set(refused.map(({ room }) => room)).size).toBe(OFFSETS);
    for (const { room = 0, code, message, left, same } of refused) {
      expect({ code, left, same }, `${room} bytes free`).toEqual({
        code: "DISK_FULL",
        left: ["step-000002"],
        same: true,
      });
      expect(message).toMatch(/step 3 has more than [\d,]+ bytes; [\d,]+ are free in /u);
    }
    expect(done?.left).toEqual(["step-000002", "step-000003"]);
  },
  300_000,
);

test.skipIf(!has(...(tmpfs as unknown as [string]), "/mnt", "true"))(
  "T5: a run that is watched pauses at a full disk, says so once with the free space, and goes on when there is room; interrupted meanwhile it keeps its steps, and no part file is left (skipped without user namespaces)",
  async () => {
    const [plain, paused, on, again, ended] = await runChild([...tmpfs, folder, ...childCommand("pause", folder)]);
    for (const event of [paused, again])
      expect(event?.paused).toMatch(/^the checkpoint of step 2 has more than [\d,]+ bytes; [\d,]+ are free in /u);
    expect(on).toMatchObject({ way: "room", stopped: "finished", steps: 4, left: ["step-000002", "step-000004"] });
    expect(ended).toMatchObject({ way: "interrupt", stopped: "interrupted", steps: 2, left: [] });
    expect(on?.hash).toBe(plain?.hash);
  },
  300_000,
);

test.skipIf(!has("prlimit", "--version"))(
  "T5: a limit on the size of files: DISK_FULL says so, and nothing is left (skipped without prlimit)",
  async () => {
    const run = join(folder, "run");
    mkdirSync(run);
    const [outcome] = await runChild(["prlimit", "--fsize=20000", ...childCommand("limited", run)]);
    expect(outcome).toMatchObject({ code: "DISK_FULL", left: [] });
    expect(outcome?.message).toContain("may not write a file that large");
  },
);
