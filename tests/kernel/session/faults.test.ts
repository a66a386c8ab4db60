// Cells that fail, end their process, never end, or print without end: rows C1-C5, C8, C9, C13 and L2.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stripVTControlCharacters } from "node:util";
import { type RunningKernel, many, readAhead, resultOf, sleep, startKernel, textOf } from "../running-kernel.ts";
import { medianWithin } from "../../timing.ts";

let kernel: RunningKernel;
beforeAll(async () => {
  // A small heap makes running out of it quick.
  kernel = await startKernel({ env: { NODE_OPTIONS: "--max-old-space-size=300" } });
  await kernel.client.works();
});
afterAll(() => kernel.dispose());

/** Starts a cell, interrupts it. @returns its answer and how long after the interrupt it came */
async function interrupted(code: string, how: "message" | "SIGINT" = "message") {
  const { client } = kernel;
  const id = await client.send("execute_request", { code });
  await client.until(() => client.of(id).some((m) => textOf([m]).includes("started")), 20_000, "started");
  // By then its code has run for longer than the kernel takes for a pause.
  await sleep(40);
  const start = performance.now();
  if (how === "message") await client.send("interrupt_request", {}, "control");
  else kernel.process.kill("SIGINT");
  const answer = await client.answerTo(id);
  return { ...answer, ms: performance.now() - start };
}

const ERRORS = many(60, 200);

test(`C1: ${ERRORS} of ${ERRORS} syntax, type and run-time errors say the same on iopub and in the reply, at the cell's own line and column`, async () => {
  const failures = [
    ["const bad = ;", ";", "SyntaxError"],
    ["const n: number = 'text';", "n:", "TS2322"],
    ["missing + 1;", "missing", "TS2304"],
    ["throw new RangeError('e');", "new RangeError", "RangeError"],
    ["(null as any).field;", "field", "TypeError"],
    ["await (async () => { await null; throw new Error('later') })();", "new Error", "Error"],
  ] as const;
  const fillers = ["type Pair<A> = [A, A];", "// 😀 comment", "const text = `two\nlines`;", "", "enum Colour { Red }"];
  const wrong: string[] = [];
  for (let i = 0; i < ERRORS; i++) {
    const [code, at, ename] = failures[i % failures.length]!;
    const before = fillers.slice(i % 5).concat(fillers.slice(0, i % 3));
    const source = `{\n${[...before.filter((line) => !line.startsWith("type")), `${" ".repeat(i % 7)}${code}`].join("\n")}\n}`;
    const lines = source.slice(0, source.indexOf(code) + code.indexOf(at)).split("\n");
    const place = `line ${lines.length}:${lines.at(-1)!.length + 1}`;
    const { reply, iopub } = await kernel.client.execute(source);
    const { status, execution_count: _, ...told } = reply;
    const shown = iopub.filter((m) => m.header.msg_type === "error").map((m) => m.content);
    const text = stripVTControlCharacters((reply["traceback"] as string[]).join("\n"));
    const same = shown.length === 1 && JSON.stringify(shown[0]) === JSON.stringify(told);
    const first = /line \d+:\d+/.exec(text)?.[0];
    if (status !== "error" || told["ename"] !== ename || first !== place || !same)
      wrong.push(`${source}: ${String(told["ename"])} at ${first}, expected ${ename} at ${place}; the same: ${same}`);
  }
  expect(wrong).toEqual([]);
  expect(await kernel.client.works()).toBe(true);
}, 120_000);

test("C4: a rejection nobody handles, during the cell or after it, is shown in the cell it came from, and its variables stay", async () => {
  const { client } = kernel;
  const id = await client.send("execute_request", {
    code: "let held = 4242; Promise.reject(new Error('during')); setTimeout(() => Promise.reject(new Error('after')), 200)",
  });
  expect((await client.answerTo(id)).reply["status"]).toBe("ok");
  const later = await client.execute("await new Promise((r) => setTimeout(r, 400)); held");
  await client.until(() => client.of(id).filter((m) => m.header.msg_type === "error").length === 2);
  const errors = client.of(id).filter((m) => m.header.msg_type === "error");
  expect(errors.map((m) => m.content["evalue"])).toEqual(["during", "after"]);
  expect(later.iopub.filter((m) => m.header.msg_type === "error")).toEqual([]);
  expect(resultOf(later.iopub)).toBe("4242");
});

describe("C2, C3: an interrupt stops the cell and keeps the variables", () => {
  test.each([
    ["a loop", "while (true) {}"],
    ["a loop that catches everything", "for (;;) { try { for (;;); } catch {} }"],
    ["a regular expression", "/^(a+)+$/.test('a'.repeat(40) + 'b')"],
    ["a wait on an atomic", "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)"],
    ["a loop after an await", "await null; while (true) {}"],
    ["an endless chain of promises", "for (;;) await null"],
    ["a promise that never settles", "await new Promise(() => {})"],
  ])("%s, 9 times, within 250 ms in the median", async (_, code) => {
    await kernel.client.execute("let state = 4242");
    // At 17 processes on 2 cores: 3 to 30 ms in the median, 90 ms at most.
    await medianWithin(250, 9, async (i) => {
      const { reply, ms } = await interrupted(`console.log('started'); ${code}`, i % 2 === 0 ? "message" : "SIGINT");
      expect(reply).toMatchObject({ status: "error", ename: "Interrupted" });
      return ms;
    });
    expect(resultOf((await kernel.client.execute("state")).iopub)).toBe("4242");
  });

  const MOMENTS = many(40, 100);
  test(`at whatever moment it comes, ${MOMENTS} of ${MOMENTS} times, also in a loop of promises`, async () => {
    const { client } = kernel;
    await client.execute("let kept = 4242");
    await medianWithin(250, MOMENTS, async (i) => {
      const id = await client.send("execute_request", { code: i % 2 ? "while (true) {}" : "for (;;) await null" });
      await client.until(() => client.of(id).length > 0);
      await sleep(i);
      const start = performance.now();
      await client.send("interrupt_request", {}, "control");
      // Below the 5 s after which the process would be replaced.
      expect((await client.answerTo(id, 4_000)).reply).toMatchObject({ status: "error", ename: "Interrupted" });
      return performance.now() - start;
    });
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
    ["setTimeout(() => process.exit(6), 50); await new Promise(() => undefined)", "exit code 6"],
    ["setTimeout(() => process.exit(7), 50); for (;;) await new Promise((next) => setTimeout(next, 1))", "exit code 7"],
    ["process.abort()", "SIGABRT"],
    ["process.kill(process.pid, 'SIGKILL')", "SIGKILL"],
    ["process.kill(process.pid, 'SIGSEGV')", "SIGSEGV"],
  ])("%s is named in the cell, and the next cell runs", async (code, named) => {
    const { client } = kernel;
    await client.execute("let gone = 1");
    const { reply, iopub } = await client.execute(`console.log('before'); ${code}`);
    expect(reply).toMatchObject({ status: "error", ename: "EXECUTOR_LOST" });
    expect(String(reply["evalue"])).toContain(named);
    expect(String(reply["traceback"])).toContain("every variable is gone");
    expect(textOf(iopub)).toBe("before\n");
    expect(resultOf((await client.execute("// @ts-ignore\ntypeof gone")).iopub)).toBe("'undefined'");
    expect(await client.works()).toBe(true);
  });

  test("a cell that would end the kernel is refused, and the variables stay", async () => {
    const { client } = kernel;
    await client.execute("let safe = 4242");
    for (const signal of ["SIGTERM", "SIGKILL"]) {
      const { reply } = await client.execute(`process.kill(process.ppid, '${signal}')`);
      expect(reply).toMatchObject({ status: "error", evalue: expect.stringContaining("is the kernel itself") });
    }
    expect(resultOf((await client.execute("safe")).iopub)).toBe("4242");
  });

  test("an end between two cells is told under the last one", async () => {
    const { client } = kernel;
    const id = await client.send("execute_request", { code: "setTimeout(() => process.exit(9), 50)" });
    await client.answerTo(id);
    await client.until(() => textOf(client.of(id), "stderr").includes("exit code 9"));
    expect(textOf(client.of(id), "stderr")).toContain("every variable is gone");
    expect(await client.works()).toBe(true);
  });

  test("C9: a full heap ends the executor alone, the text names the limit, and what V8 writes of it is in the kernel's log, not in the cell", async () => {
    const { reply, iopub } = await kernel.client.execute(
      "console.error('before'); const hoard: unknown[] = []; for (;;) hoard.push(new Array(1000).fill(hoard.length))",
      {},
      60_000,
    );
    expect(reply["ename"]).toBe("EXECUTOR_LOST");
    expect(String(reply["evalue"])).toMatch(/ran out of JavaScript heap \(its limit: 300 MiB\)/);
    expect(String(reply["traceback"])).toContain("NODE_OPTIONS=--max-old-space-size");
    expect(textOf(iopub, "stderr")).toBe("before\n");
    expect(kernel.log()).toMatch(/\[blankslate\] FATAL ERROR: .*JavaScript heap out of memory/);
    expect(await kernel.client.works()).toBe(true);
  });

  test("what another process writes of its full heap, or one that goes on, is shown, and no later end is put down to it", async () => {
    const { client } = kernel;
    const own = String(resultOf((await client.execute("process.pid")).iopub));
    for (const pid of [own, "1"]) {
      const text = `\n<--- Last few GCs --->\n\n[${pid}:0x1] none\n\nFATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory`;
      // By native code, to the descriptor itself.
      const { iopub } = await client.execute(`(process as any)._rawDebug(${JSON.stringify(text)})`);
      expect(textOf(iopub, "stderr")).toBe(`${text}\n`);
    }
    const { reply } = await client.execute("process.exit(5)");
    expect(String(reply["evalue"])).toContain("exit code 5");
    expect(await client.works()).toBe(true);
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

test("C13: a prompt that nobody can answer fails within 250 ms; one that is interrupted ends", async () => {
  const { client } = kernel;
  await medianWithin(250, 5, async () => {
    const start = performance.now();
    const { reply } = await client.execute("prompt('name?')", { allow_stdin: false });
    expect(reply).toMatchObject({ status: "error", ename: "STDIN_NOT_ALLOWED" });
    return performance.now() - start;
  });
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

describe("a child process that shares its cell's output prints into that cell, also while another one runs", () => {
  const CHILD = `"setTimeout(() => { console.log('out'); console.error('err'); }, 500)"`;
  const WAYS = {
    spawn: `spawn(process.execPath, ["-e", ${CHILD}], { stdio: "inherit" })`,
    "spawn on descriptors": `spawn(process.execPath, ["-e", ${CHILD}], { stdio: [0, 1, 2] })`,
    "spawn on process.stdout": `spawn(process.execPath, ["-e", ${CHILD}], { stdio: ["ignore", process.stdout, process.stderr] })`,
    fork: `fork(file)`,
    "spawnSync in a timer": `setTimeout(() => spawnSync(process.execPath, ["-e", ${CHILD}], { stdio: "inherit" }), 100)`,
    "execSync in a timer": `setTimeout(() => execSync("echo out; echo err >&2", { stdio: "inherit" }), 300)`,
  };
  test(Object.keys(WAYS).join(", "), async () => {
    const { client } = kernel;
    const file = `${kernel.folder}/child.mjs`;
    const ids = new Map<string, string>();
    for (const [way, start] of Object.entries(WAYS)) {
      const id = await client.send("execute_request", {
        code: `{ const { spawn, fork, spawnSync, execSync } = process.getBuiltinModule("node:child_process");
          const file = ${JSON.stringify(file)};
          process.getBuiltinModule("node:fs").writeFileSync(file, ${CHILD});
          ${start}; }`,
      });
      await client.answerTo(id);
      ids.set(way, id);
    }
    const other = await client.execute("await new Promise((r) => setTimeout(r, 1_000)); console.log('mine')");
    for (const [way, id] of ids) {
      await client.until(() => textOf(client.of(id)) !== "" && textOf(client.of(id), "stderr") !== "", 20_000, way);
      expect([way, textOf(client.of(id)), textOf(client.of(id), "stderr")]).toEqual([way, "out\n", "err\n"]);
    }
    expect([textOf(other.iopub), textOf(other.iopub, "stderr")]).toEqual(["mine\n", ""]);
  });

  test("its output is there when it says exit, and it has no stdout of its own", async () => {
    const { iopub } = await kernel.client.execute(
      `{ const child = process.getBuiltinModule("node:child_process").spawn("echo", ["last words"], { stdio: "inherit" });
        await new Promise((resolve) => child.once("exit", resolve));
        console.log(child.stdout, child.exitCode); }`,
    );
    expect(textOf(iopub)).toBe("last words\nnull 0\n");
  });
});

const RESTARTS = many(8, 200);

test.runIf(process.platform === "linux")(
  `C5, L2: ${RESTARTS} of ${RESTARTS} processes that exit, abort, crash or are killed are replaced within 2 s; descriptors ±0, memory ±10 %`,
  async () => {
    const { readFileSync, readdirSync } = await import("node:fs");
    const descriptors = () => readdirSync(`/proc/${kernel.process.pid}/fd`).length;
    const rss = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${kernel.process.pid}/status`, "utf8"))?.[1]);
    const ends = [
      "process.exit(1)",
      "process.abort()",
      ...["SIGKILL", "SIGSEGV"].map((s) => `process.kill(process.pid, '${s}')`),
    ];
    // What a kernel opens and reads once, some time after its start.
    await readAhead(kernel.client);
    await kernel.client.request("history_request", { hist_access_type: "tail", n: 1, output: false, raw: true });
    await kernel.client.works();
    const [before, memory] = [descriptors(), rss()];
    await medianWithin(2_000, RESTARTS, async (i) => {
      expect((await kernel.client.execute(ends[i % ends.length]!)).reply["ename"]).toBe("EXECUTOR_LOST");
      const start = performance.now();
      expect(await kernel.client.works()).toBe(true);
      return performance.now() - start;
    });
    // The program that bounds the last one's memory may still run.
    await expect.poll(descriptors, { timeout: 20_000 }).toBe(before);
    expect(rss()).toBeLessThan(memory * 1.1);
  },
  600_000,
);

test("what a cell held outside the JavaScript heap is gone with its process, tensors too", async () => {
  const { client } = kernel;
  const used = async () =>
    Number((await client.request("usage_request", {}, "control")).reply["kernel_memory"]) / 2 ** 20;
  await readAhead(client);
  const before = await used();
  const hoard = "import { startEngine, tf } from 'blankslate'; await startEngine(); const hoard = tf.ones([2 ** 25])";
  expect((await client.execute(`${hoard}; hoard.dataSync(); process.pid`)).reply["status"]).toBe("ok");
  const pid = Number(resultOf((await client.execute("process.pid")).iopub));
  expect((await used()) - before).toBeGreaterThan(128);
  expect((await client.execute("process.abort()")).reply["ename"]).toBe("EXECUTOR_LOST");
  expect(await client.works()).toBe(true);
  expect((await used()) - before).toBeLessThan(64);
  // The process itself is gone, and with it what a driver keeps for it.
  expect(() => process.kill(pid, 0)).toThrow("ESRCH");
});
