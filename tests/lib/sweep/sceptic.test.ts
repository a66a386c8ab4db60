// What may happen to a sweep's folder: kill -9 of the sweep and of its trials, two sweeps at once, a grown grid, damaged results.
import { execFile, fork } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { sweep } from "../../../lib/sweep/sweep.ts";

const own = join(import.meta.dirname, "trials.ts");
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "blankslate-sceptic-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Process ids of the trials that began, by kind. */
function begun(place: string, kind: string): number[] {
  const folders = existsSync(place) ? readdirSync(place) : [];
  return folders.flatMap((id) => {
    const [runs, config] = ["runs", "trial.json"].map((file) => join(place, id, file)) as [string, string];
    if (!existsSync(runs) || !readFileSync(config, "utf8").includes(`"${kind}"`)) return [];
    return readFileSync(runs, "utf8").trim().split("\n").map(Number);
  });
}
/** A dead one that nobody has asked after is not alive. */
const isAlive = (pid: number) => {
  try {
    const isThere = process.kill(pid, 0);
    return isThere && !(process.platform === "linux" && / Z /u.test(readFileSync(`/proc/${pid}/stat`, "utf8")));
  } catch {
    return false;
  }
};
const options = (name: string, kinds: readonly string[], seeds: readonly number[] = [0, 1]) => ({
  base: {},
  grid: { kind: kinds },
  seeds,
  folder: join(folder, name),
  trial: own,
});

test("kill -9 of a sweep leaves none of its trials alive, not even one in an endless loop; the next sweep keeps what was done", async () => {
  const asked = options("killed", ["good", "spins"], [0]);
  const parent = fork(join(import.meta.dirname, "parent.ts"), [JSON.stringify({ ...asked, processes: 1 })], {
    execArgv: ["--disable-warning=ExperimentalWarning"],
  });
  await vi.waitFor(() => expect(begun(asked.folder, "spins")).toHaveLength(1), { timeout: 60_000, interval: 100 });
  const [spinning] = begun(asked.folder, "spins") as [number];
  expect(isAlive(spinning)).toBe(true);
  parent.kill("SIGKILL");
  await once(parent, "exit");
  await vi.waitFor(() => expect(isAlive(spinning)).toBe(false), { timeout: 30_000, interval: 100 });
  const { rows } = await sweep({ ...asked, grid: { kind: ["good"] } });
  expect(rows.map((row) => [row.state, row.result?.["score"]])).toEqual([["kept", 0.5]]);
}, 120_000);

test("kill -9 of a trial is a row that says so, and the others go on", async () => {
  const asked = options("child", ["slow", "hangs"], [0]);
  const found = sweep(asked);
  await vi.waitFor(() => expect(begun(asked.folder, "hangs")).toHaveLength(1), { timeout: 60_000, interval: 100 });
  process.kill(begun(asked.folder, "hangs")[0] as number, "SIGKILL");
  const { rows, stopped } = await found;
  expect(stopped).toBe("finished");
  expect(rows.map((row) => row.state)).toEqual(["done", "failed"]);
  expect(rows[1]?.error).toContain("SIGKILL");
}, 120_000);

test("two sweeps in one folder give the same rows, and one that comes later runs nothing", async () => {
  const asked = options("two", ["slow"]);
  const [one, two] = await Promise.all([sweep(asked), delay(200).then(() => sweep(asked))]);
  expect(one.rows.map((row) => row.result)).toEqual([{ score: 0.5 }, { score: 1.5 }]);
  expect(two.rows.map((row) => row.result)).toEqual(one.rows.map((row) => row.result));
  const before = begun(asked.folder, "slow").length;
  expect((await sweep(asked)).rows.map((row) => row.state)).toEqual(["kept", "kept"]);
  expect(begun(asked.folder, "slow")).toHaveLength(before);
}, 120_000);

test("a grown grid runs only what is new; a value given twice is one trial; a changed base runs anew", async () => {
  const asked = options("grown", ["good"], [0]);
  await sweep(asked);
  const grown = await sweep({ ...asked, grid: { kind: ["good", "odd", "good"] }, seeds: [0, 1] });
  expect(grown.rows.map((row) => [row.varied["kind"], row.state])).toEqual([
    ["good", "kept"],
    ["good", "done"],
    ["odd", "done"],
    ["odd", "done"],
  ]);
  expect(begun(asked.folder, "good")).toHaveLength(2);
  const changed = await sweep({ ...asked, base: { other: 1 } });
  expect(changed.rows.map((row) => row.state)).toEqual(["done"]);
}, 120_000);

test("a damaged result, or none, runs again; a number that is none is counted, and an unknown result is refused with those there are", async () => {
  const asked = options("damaged", ["good", "silent", "odd"]);
  const first = await sweep(asked);
  expect(first.rows.map((row) => row.state)).toEqual(["done", "done", "failed", "failed", "done", "done"]);
  expect(first.rows[2]?.error).toContain("no result");
  const over = first.overSeeds("score");
  expect(over["failed"].values).toEqual([0, 2, 2]);
  expect(over["seeds"].values).toEqual([2, 0, 0]);
  expect(() => first.overSeeds("scores")).toThrow(expect.objectContaining({ code: "COLUMN_MISSING" }));
  await writeFile(join(first.rows[0]?.outDir as string, "result.json"), '{"result": {"sco');
  const again = await sweep({ ...asked, grid: { kind: ["good"] } });
  expect(again.rows.map((row) => row.state)).toEqual(["done", "kept"]);
  expect(again.rows.map((row) => row.result)).toEqual([{ score: 0.5 }, { score: 1.5 }]);
}, 120_000);

test.skipIf(process.platform === "win32")(
  "a trial that writes 200 MB to its outputs is done; one that leaves a process behind ends with it, and the sweep does not wait for the process, which is gone",
  async () => {
    const asked = options("loud", ["floods", "leaves"], [0]);
    const started = performance.now();
    const { rows } = await sweep(asked);
    expect(rows.map((row) => [row.state, row.result?.["score"]])).toEqual([
      ["done", 0.5],
      ["done", 0.5],
    ]);
    expect(performance.now() - started).toBeLessThan(60_000);
    const left = Number(readFileSync(join(rows[1]?.outDir as string, "left"), "utf8"));
    expect(left).toBeGreaterThan(0);
    await vi.waitFor(() => expect(isAlive(left)).toBe(false), { timeout: 5_000, interval: 50 });
  },
  120_000,
);

test.skipIf(!existsSync("/usr/bin/prlimit"))(
  "where nothing fits on the disk a sweep is refused before anything runs, and says what would help",
  async () => {
    const asked = options("full", ["good"], [0]);
    const said = await new Promise<string>((resolve) => {
      const args = ["--fsize=0", process.execPath, join(import.meta.dirname, "parent.ts"), JSON.stringify(asked)];
      execFile("/usr/bin/prlimit", args, (_error, _stdout, stderr) => resolve(stderr));
    });
    expect(said).toContain("DISK_FULL");
    expect(said).toContain("name another folder");
    expect(begun(asked.folder, "good")).toEqual([]);
    expect((await sweep(asked)).rows[0]?.state).toBe("done");
  },
  60_000,
);
