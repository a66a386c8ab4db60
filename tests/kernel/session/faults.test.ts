// Cells that end their process, never end, or print without end: rows C2, C3, C5, C8, C9, C13.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningKernel, resultOf, startKernel, textOf } from "../running-kernel.ts";

let kernel: RunningKernel;
beforeAll(async () => {
  // A small heap makes running out of it quick.
  kernel = await startKernel({ env: { NODE_OPTIONS: "--max-old-space-size=300" } });
  await kernel.client.works();
});
afterAll(() => kernel.dispose());

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Starts a cell, interrupts it. @returns its answer and how long after the interrupt it came */
async function interrupted(code: string, how: "message" | "SIGINT" = "message") {
  const { client } = kernel;
  const id = await client.send("execute_request", { code });
  await client.until(() => client.of(id).some((m) => textOf([m]).includes("started")), 20_000, "started");
  await sleep(100);
  const start = performance.now();
  if (how === "message") await client.send("interrupt_request", {}, "control");
  else kernel.process.kill("SIGINT");
  const answer = await client.answerTo(id);
  return { ...answer, ms: performance.now() - start };
}

describe("C2, C3: an interrupt stops the cell and keeps the variables", () => {
  test.each([
    ["a loop", "while (true) {}"],
    ["a loop that catches everything", "for (;;) { try { for (;;); } catch {} }"],
    ["a regular expression", "/^(a+)+$/.test('a'.repeat(40) + 'b')"],
    ["a wait on an atomic", "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)"],
    ["a loop after an await", "await null; while (true) {}"],
    ["an endless chain of promises", "for (;;) await null"],
    ["a promise that never settles", "await new Promise(() => {})"],
  ])("%s", async (_, code) => {
    await kernel.client.execute("let state = 4242");
    for (const how of ["message", "SIGINT"] as const) {
      const { reply, ms } = await interrupted(`console.log('started'); ${code}`, how);
      expect(reply).toMatchObject({ status: "error", ename: "Interrupted" });
      // 250 ms on a quiet machine; what matters here is that no process was replaced.
      expect(ms).toBeLessThan(2_500);
    }
    expect(resultOf((await kernel.client.execute("state")).iopub)).toBe("4242");
  });

  test("at whatever moment it comes, 40 of 40 times", async () => {
    const { client } = kernel;
    await client.execute("let kept = 4242");
    for (let i = 0; i < 40; i++) {
      const id = await client.send("execute_request", { code: "while (true) {}" });
      await client.until(() => client.of(id).length > 0);
      await sleep(i);
      await client.send("interrupt_request", {}, "control");
      // Below the 5 s after which the process would be replaced.
      expect((await client.answerTo(id, 4_000)).reply).toMatchObject({ status: "error", ename: "Interrupted" });
    }
    expect(resultOf((await client.execute("kept")).iopub)).toBe("4242");
  });

  test("an interrupt ends the output of a cell that prints without end, and the next cell is clean", async () => {
    const { reply, iopub } = await interrupted(
      "console.log('started'); for (let i = 0; ; i++) console.log('line ' + i)",
    );
    expect(reply["ename"]).toBe("Interrupted");
    const lines = textOf(iopub).split("\n").slice(1, -1);
    const wrong = lines.findIndex((line, i) => line !== `line ${i}`);
    expect(wrong === -1 || wrong === lines.length - 1).toBe(true);
    expect(textOf((await kernel.client.execute("console.log('clean')")).iopub)).toBe("clean\n");
  });
});

describe("C5: the process of the cells can die, the kernel does not", () => {
  test.each([
    ["process.exit(5)", "exit code 5"],
    ["process.abort()", "SIGABRT"],
    ["process.kill(process.pid, 'SIGKILL')", "SIGKILL"],
    ["process.kill(process.pid, 'SIGSEGV')", "SIGSEGV"],
  ])("%s is named in the cell, and the next cell runs", async (code, named) => {
    const { client } = kernel;
    await client.execute("let gone = 1");
    const start = performance.now();
    const { reply, iopub } = await client.execute(`console.log('before'); ${code}`);
    expect(reply).toMatchObject({ status: "error", ename: "EXECUTOR_LOST" });
    expect(String(reply["evalue"])).toContain(named);
    expect(String(reply["traceback"])).toContain("every variable is gone");
    expect(textOf(iopub)).toBe("before\n");
    expect(resultOf((await client.execute("// @ts-ignore\ntypeof gone")).iopub)).toBe("'undefined'");
    // 2 s on a quiet machine.
    expect(performance.now() - start).toBeLessThan(10_000);
    expect(await client.works()).toBe(true);
  });

  test("an end between two cells is told under the last one", async () => {
    const { client } = kernel;
    const id = await client.send("execute_request", { code: "setTimeout(() => process.exit(9), 50)" });
    await client.answerTo(id);
    await client.until(() => textOf(client.of(id), "stderr").includes("exit code 9"));
    expect(textOf(client.of(id), "stderr")).toContain("every variable is gone");
    expect(await client.works()).toBe(true);
  });

  test("C9: a full heap ends the executor alone, and the text names the limit", async () => {
    const { reply } = await kernel.client.execute(
      "const hoard: unknown[] = []; for (;;) hoard.push(new Array(1000).fill(hoard.length))",
      {},
      60_000,
    );
    expect(reply["ename"]).toBe("EXECUTOR_LOST");
    expect(String(reply["evalue"])).toMatch(/ran out of JavaScript heap \(its limit: 300 MiB\)/);
    expect(await kernel.client.works()).toBe(true);
  });

  test("a cell that writes rubbish into the kernel's own pipe loses its process, not the kernel", async () => {
    const { reply } = await kernel.client.execute(
      "(await import('node:fs')).writeSync(3, 'rubbish rubbish'); await new Promise(() => {})",
    );
    expect(reply["ename"]).toBe("EXECUTOR_LOST");
    expect(String(reply["evalue"])).toContain("PIPE_FRAME");
    expect(await kernel.client.works()).toBe(true);
  });
});

test("C8: 1,000,000 printed lines arrive, all, in order, in at most 50 messages a second, and memory stays within 100 MB", async () => {
  const { readFileSync } = await import("node:fs");
  const rss = () =>
    Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${kernel.process.pid}/status`, "utf8"))?.[1] ?? 0) / 1024;
  const before = process.platform === "linux" ? rss() : 0;
  const start = performance.now();
  const { iopub } = await kernel.client.execute("for (let i = 0; i < 1_000_000; i++) console.log(i)", {}, 60_000);
  const seconds = (performance.now() - start) / 1000;
  expect(textOf(iopub)).toBe(Array.from({ length: 1_000_000 }, (_, i) => `${i}\n`).join(""));
  expect(iopub.length / seconds).toBeLessThanOrEqual(50);
  if (process.platform === "linux") expect(rss() - before).toBeLessThan(100);
  expect(await kernel.client.works()).toBe(true);
}, 90_000);

test("C13: a prompt that nobody can answer fails; one that is interrupted ends", async () => {
  const { client } = kernel;
  const { reply } = await client.execute("prompt('name?')", { allow_stdin: false });
  expect(reply).toMatchObject({ status: "error", ename: "STDIN_NOT_ALLOWED" });
  const id = await client.send("execute_request", { code: "prompt('name?')", allow_stdin: true });
  await client.until(() => client.asked.length > 0, 20_000, "input_request");
  expect(client.asked.at(-1)!.content).toEqual({ prompt: "name?", password: false });
  await client.send("interrupt_request", {}, "control");
  expect((await client.answerTo(id)).reply).toMatchObject({ status: "error", ename: "Interrupted" });
  expect(await client.works()).toBe(true);
});

test("what native code and child processes print is shown, before idle", async () => {
  const code =
    "(await import('node:child_process')).execSync('echo from a child; echo to stderr >&2', { stdio: 'inherit' }); 0";
  const { iopub } = await kernel.client.execute(code);
  expect(textOf(iopub)).toBe("from a child\n");
  expect(textOf(iopub, "stderr")).toBe("to stderr\n");
});

test.runIf(process.platform === "linux")("L2: 20 processes ended and replaced leave no descriptor behind", async () => {
  const { readdirSync } = await import("node:fs");
  const descriptors = () => readdirSync(`/proc/${kernel.process.pid}/fd`).length;
  await kernel.client.works();
  const before = descriptors();
  for (let i = 0; i < 20; i++)
    expect((await kernel.client.execute("process.exit(1)")).reply["ename"]).toBe("EXECUTOR_LOST");
  expect(await kernel.client.works()).toBe(true);
  expect(descriptors()).toBe(before);
});
