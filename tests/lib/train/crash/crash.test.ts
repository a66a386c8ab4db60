// Rows T1 to T5: what is on the disk when a process is killed, and when there is no room, in processes of their own.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createPrivateTemporaryDirectory, removePath } from "../../../../lib/core/files.ts";
import { load } from "../../../../lib/model/files.ts";
import { trainSft } from "../../../../lib/train/sft.ts";
import { engines, useEngineNamed } from "../../engines.ts";
import { reversals, tinyModel, vocab } from "../task.ts";
import { childCommand, runChild } from "./processes.ts";
import type { Event } from "./processes.ts";

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
      const written = indexOf(/write/u, part);
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

describe.each(engines)("on %s", (engine) => {
  // Every kind on every engine takes a minute; the long run does.
  test.each(LONG || engine === "wasm" ? ["sft", "rl", "ppo"] : ["sft"])(
    "T3: %s: five steps, kill -9, resume, to eight; losses, weights, moments, cursor and identity equal those of eight steps bit for bit",
    async (kind) => {
      const [whole, broken] = [join(folder, "whole"), join(folder, "broken")];
      const [all, before] = await Promise.all([
        runChild(childCommand("train", whole, kind, "8", "1"), { engine }),
        runChild(childCommand("train", broken, kind, "8", "1"), {
          engine,
          kill: ({ step }) => (step === 5 ? 0 : undefined),
        }),
      ]);
      const last = readdirSync(broken)
        .filter((name) => name.startsWith("step-"))
        .sort()
        .at(-1) as string;
      const rest = await runChild(childCommand("train", broken, kind, "8", "1", last), { engine });
      const steps = Number(last.slice(5));
      expect(steps).toBeGreaterThanOrEqual(5);
      expect([...before.filter(({ step = 0 }) => step > 0 && step <= steps), ...rest]).toEqual(all);
      const critic = kind === "ppo" ? ["critic.safetensors"] : [];
      for (const file of ["model.safetensors", "moments.safetensors", "run.json", ...critic])
        expect(sha256(join(broken, "step-000008", file)), file).toBe(sha256(join(whole, "step-000008", file)));
    },
    60_000,
  );
});

test("T4: a resume path that is empty, mistyped, a file, an empty folder, of another model or of another kind is an error with its code, and nothing is trained", async () => {
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
  for (const [start, fact] of [
    [() => trainSft(other, data, { ...options, resumeFrom: step }, watch), "startedFrom differ"],
    [() => trainSft(other, data, { ...options, forkFrom: step }, watch), "startedFrom differ"],
    [() => trainSft(model, data, { ...options, learningRate: 1, resumeFrom: step }, watch), "options differ"],
  ] as const)
    await expect(start()).rejects.toMatchObject({
      code: "CHECKPOINT_OTHER",
      fact: expect.stringContaining(fact) as string,
    });
  expect(steps).toBe(0);
  const rest = await trainSft(model, data, { ...options, resumeFrom: step }, watch);
  expect(steps).toBe(1);
  expect(await rest.model.hash()).toBe(await run.model.hash());
  for (const made of [model, other, run.model, rest.model]) made.dispose();
});

const OFFSETS = LONG ? 50 : 10;
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
