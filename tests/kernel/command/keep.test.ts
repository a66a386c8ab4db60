// A run that stopped goes on with the kernel it left: real processes, a cache folder of its own, and nothing left of either at the end.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type CodeCell, codeCells, readNotebook } from "../../../kernel/command/run/notebook.ts";
import { blankslate, type Ended, freshFolder } from "./blankslate.ts";

interface Bench {
  /** Writes the notebook; one source per cell. */
  readonly write: (...sources: string[]) => void;
  readonly run: (args?: readonly string[], onOut?: (out: string, pid: number) => void) => Promise<Ended>;
  readonly executed: () => Promise<CodeCell[]>;
  readonly manifest: () => Record<string, unknown>;
  /** Folders of kept kernels. */
  readonly kept: () => string[];
  readonly keeper: () => number;
}

function bench(): Bench {
  const cwd = freshFolder();
  const cache = freshFolder();
  const kept = () => (existsSync(join(cache, "kept")) ? readdirSync(join(cache, "kept")) : []);
  return {
    write(...sources) {
      const cells = sources.map((source, i) => ({ cell_type: "code", id: `c${i + 1}`, metadata: {}, source }));
      writeFileSync(join(cwd, "s.ipynb"), JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: {}, cells }));
    },
    run: (args = [], onOut) =>
      blankslate(["run", "s.ipynb", ...args], { cwd, env: { BLANKSLATE_CACHE: cache }, ...(onOut && { onOut }) }),
    executed: async () => codeCells(await readNotebook(join(cwd, "s.executed.ipynb"))),
    manifest: () => JSON.parse(readFileSync(join(cwd, "s.executed.manifest.json"), "utf8")) as Record<string, unknown>,
    kept,
    keeper: () => Number(readFileSync(join(cache, "kept", kept()[0] ?? "", "keeper"), "utf8")),
  };
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};
const counts = (cells: readonly CodeCell[]) => cells.map((cell) => cell.execution_count);
const gone = { timeout: 15_000, interval: 50 };

test("--resume runs the cell that failed and those behind it, in the process, with the variables and the displays of those before", async () => {
  const { write, run, executed, manifest, kept, keeper } = bench();
  const first = "const n = { tries: 0 }; const pid = process.pid; display('early', { displayId: 'one' });";
  write(first, "const drawn = Math.random(); drawn", "n.tries++; (drawn as any).nonsense()", "never");
  const failed = await run(["-p", "extra", "7", "--keep"]);
  expect([failed.code, failed.out]).toEqual([1, expect.stringContaining("Its kernel stays for 60 min")]);
  expect(counts(await executed())).toEqual([1, 2, 3, 4, null]);
  const held = keeper();

  // What ran is what stands there, or there is no going on; the kernel waits on.
  write(first, "const drawn = 1; drawn", "n.tries++", "n");
  const changed = await run(["--resume"]);
  expect([changed.code, changed.err]).toEqual([1, expect.stringMatching(/RESUME_CHANGED.*: cell 3 \(id c2\)/)]);
  write("// new", first, "const drawn = Math.random(); drawn", "n.tries++", "n");
  expect((await run(["--resume"])).err).toMatch(/RESUME_CHANGED.*: cell 2 \(id c1\)/);
  expect([kept(), isAlive(held)]).toEqual([[expect.any(String)], true]);

  const before = await executed();
  write(
    first,
    "const drawn = Math.random(); drawn",
    "n.tries++; display('late', { displayId: 'one', update: true })",
    "n",
    "[pid === process.pid, extra, drawn]",
  );
  const resumed = await run(["--resume"]);
  expect([resumed.code, resumed.out]).toEqual([0, expect.stringContaining("goes on at cell 4")]);
  const after = await executed();
  expect(counts(after)).toEqual([1, 2, 3, 5, 6, 7]);
  expect(after[2]?.outputs).toEqual(before[2]?.outputs);
  expect(after[1]?.outputs).toMatchObject([{ data: { "text/plain": "'late'" } }]);
  expect(after[4]?.outputs).toMatchObject([{ data: { "text/plain": "{ tries: 2 }" } }]);
  const [drawn] = before[2]?.outputs ?? [];
  const value = drawn && "data" in drawn ? drawn.data["text/plain"] : undefined;
  expect(after[5]?.outputs).toMatchObject([{ data: { "text/plain": `[ true, 7, ${String(value)} ]` } }]);
  expect(manifest()).toMatchObject({
    end: "finished",
    parameters: { extra: 7 },
    cells: counts(after).map((executionCount) => ({ executionCount, ended: "ok" })),
    resumes: [{ cell: "c3", number: 4, after: "failed", error: expect.stringContaining("nonsense") as string }],
  });

  await expect.poll(() => [kept(), isAlive(held)], gone).toEqual([[], false]);
  const again = await run(["--resume"]);
  expect([again.code, again.err]).toEqual([1, expect.stringContaining("RESUME_GONE")]);
}, 120_000);

test("a kernel that nobody comes back for ends by itself: --keep 0.05 after ^C, and a run that was killed", async () => {
  const { write, run, kept, keeper } = bench();
  write("const x = 1;", "while (true) {}");
  let held = 0;
  const stopIn = (signal: NodeJS.Signals) => (out: string, pid: number) => {
    if (held > 0 || !out.includes("1/2")) return;
    held = keeper();
    setTimeout(() => process.kill(pid, signal), 500);
  };
  const interrupted = await run(["--keep", "0.05"], stopIn("SIGINT"));
  expect([interrupted.code, interrupted.out]).toEqual([130, expect.stringContaining("Its kernel stays for")]);
  await expect.poll(() => [kept(), isAlive(held)], gone).toEqual([[], false]);
  expect((await run(["--resume"])).err).toContain("RESUME_GONE");

  held = 0;
  expect((await run(["--keep"], stopIn("SIGKILL"))).code).toBe(null);
  await expect.poll(() => [kept(), isAlive(held)], gone).toEqual([[], false]);
}, 120_000);

test("variables that are gone are not promised: a cell that ends its process, a kernel killed while it waited; a new run ends the kept one", async () => {
  const { write, run, kept, keeper } = bench();
  const both = await run(["--keep", "--check"]);
  expect([both.code, both.err]).toEqual([1, expect.stringContaining("KEEP_ALONE")]);
  write("const x = 1;", "process.exit(3)");
  expect((await run(["--keep"])).out).toContain("Its kernel was not kept");
  expect(kept()).toEqual([]);

  write("const x = 1;", "(x as any).nonsense()");
  expect((await run(["--keep"])).out).toContain("Its kernel stays");
  const held = keeper();
  expect((await run()).out).toContain("the kernel that an earlier run had kept was ended");
  expect([kept(), isAlive(held)]).toEqual([[], false]);

  if (process.env["BLANKSLATE_LONG"] !== "1") return;
  expect((await run(["--keep"])).out).toContain("Its kernel stays");
  process.kill(keeper(), "SIGKILL");
  expect((await run(["--resume"])).err).toContain("RESUME_GONE");
  await expect.poll(kept, gone).toEqual([]);
}, 120_000);
