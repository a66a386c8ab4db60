// The language worker from its snapshot, and without one that works.
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { runTool } from "../../../kernel/execute/tool.ts";
import { snapshotBuild, snapshotFile } from "../../../kernel/language/snapshot.ts";
import { Background } from "../../../kernel/session/background.ts";

const packageRoot = fileURLToPath(new URL("../../..", import.meta.url));
let folder: string;
let made: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "blankslate-snapshot-"));
  made = join(folder, "made.blob");
  const { args, env } = await snapshotBuild(made, packageRoot);
  const { code, stderr } = await runTool(process.execPath, args, { env, timeoutMs: 60_000 });
  expect(stderr).toBe("");
  expect(code).toBe(0);
}, 90_000);
afterAll(() => rm(folder, { recursive: true }));
afterEach(() => vi.unstubAllEnvs());

/** A kernel's background with a cache of its own, in which `put` places the snapshot. */
async function background(put: (file: string) => Promise<void>): Promise<Background> {
  vi.stubEnv("BLANKSLATE_CACHE", await mkdtemp(join(folder, "cache-")));
  const file = snapshotFile();
  await mkdir(dirname(file), { recursive: true });
  await put(file);
  return new Background(folder);
}

function argumentsOfChildren(): string {
  const isOurs = (pid: string) => readFileSync(`/proc/${pid}/stat`, "utf8").split(" ")[3] === String(process.pid);
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name) && existsSync(`/proc/${name}/stat`));
  return pids
    .filter(isOurs)
    .map((pid) => readFileSync(`/proc/${pid}/cmdline`, "utf8"))
    .join("\n");
}

async function checks(one: Background): Promise<void> {
  const language = one.language();
  await language.remember(
    "const ports: Map<string, number> = new Map(Object.entries(process.env).map(([k]) => [k, 1]))",
  );
  const wrong = await language.check("ports.set(1, 2); const f: import('node:fs').Stats = ports; console.log(f)");
  expect(wrong.map((d) => [d.code, d.line, d.column])).toEqual([
    [2345, 1, 11],
    [2740, 1, 24],
  ]);
  expect((await language.complete("ports.forE", 10)).matches).toEqual(["forEach"]);
  expect((await language.inspect("parseInt", 3, 0)).data["text/plain"]).toContain("Converts a string to an integer");
  expect(await language.check("ports.size")).toEqual([]);
}

test.runIf(process.platform === "linux")(
  "a process from the snapshot knows the libraries, Node's types, their documentation and earlier cells",
  async () => {
    const one = await background((file) => rename(made, file));
    const language = one.language();
    await checks(one);
    expect(argumentsOfChildren()).toContain("--snapshot-blob");
    await one.close();
    await expect(language.check("ports")).rejects.toMatchObject({ code: "LANGUAGE_GONE" });
  },
  60_000,
);

test("a snapshot that does not start is replaced by a thread, and no question is lost", async () => {
  const one = await background((file) => writeFile(file, "made on another machine"));
  await checks(one);
  await one.close();
}, 60_000);
