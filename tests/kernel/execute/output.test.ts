import type { Readable } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ExecutorProcess } from "./process.ts";

let executor: ExecutorProcess;
beforeAll(async () => {
  executor = await ExecutorProcess.start();
});
afterAll(() => executor.stop());

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
/** The test's own time limit bounds it. */
const until = async (met: () => boolean) => {
  while (!met()) await wait(20);
};

test("100,000 console.log calls arrive complete, in order, before done, in fewer than 200 frames", async () => {
  const { stdout, messages } = await executor.run("for (let i = 0; i < 100_000; i++) console.log('line', i)");
  expect(stdout.split("\n").findIndex((line, i) => line !== `line ${i}`)).toBe(100_000);
  expect(messages.filter((m) => m.type === "stream").length).toBeLessThan(200);
  expect(messages.at(-1)?.type).toBe("done");
});

test("prints of a busy loop appear while it runs, the last ones before it too", async () => {
  const { cell, outcome } = executor.begin("for (let i = 0; i < 500; i++) console.log(i); for (;;);");
  await until(() => executor.of(cell).stdout.endsWith("499\n"));
  executor.interrupt();
  expect((await outcome).interrupted).toBe(true);
});

test("console.log of a frame prints the frame, of a proxy and of what only resembles one what Node prints", async () => {
  const frames = await executor.run(
    "import { DataFrame } from 'danfojs-node'; import * as aq from 'arquero'; console.log('frame', new DataFrame({ a: [1, 2] }), 3);" +
      " console.warn(aq.table({ b: ['x%s'] }))",
  );
  expect(frames.stdout).toMatch(/^frame +a\n +int32\n0 +1\n1 +2 3\n$/);
  expect(frames.stderr).toMatch(/^ *b\nstring\nx%s\n$/);
  const others = await executor.run(
    "console.log(new Proxy({}, { has() { throw new Error('asked') } }), { columnNames: 1, get numRows() { throw new Error('read') } })",
  );
  expect([others.error, others.stdout]).toEqual([null, "{} { columnNames: 1, numRows: [Getter] }\n"]);
});

test("stdout and stderr keep their order", async () => {
  const { messages } = await executor.run("for (let i = 0; i < 100; i++) (i % 2 ? console.error : console.log)(i)");
  const texts = messages.filter((m) => m.type === "stream").map((m) => `${m.name} ${m.text.trim()}`);
  expect(texts).toEqual(Array.from({ length: 100 }, (_, i) => `${i % 2 ? "stderr" : "stdout"} ${i}`));
});

test("0 of 1,000 timers that print after their cell ended print into another cell", async () => {
  const first = await executor.run(
    "for (let i = 0; i < 1000; i++) setTimeout(() => console.log('late'), 20 + Math.random() * 200); 1",
  );
  const cell = first.messages.find((m) => m.type === "done")?.cell;
  for (let i = 0; i < 40; i++) await executor.run("await new Promise((r) => setTimeout(r, 5)); console.log('own')");
  const printed = () => executor.messages.filter((m) => m.type === "stream" && m.text.includes("late"));
  const text = () =>
    printed()
      .map((m) => (m.type === "stream" ? m.text : ""))
      .join("");
  await until(() => text().length >= "late\n".length * 1000);
  const late = printed();
  expect(late.filter((m) => "cell" in m && m.cell !== cell)).toEqual([]);
  expect(text()).toBe("late\n".repeat(1000));
});

test("child processes print into the cell that started them, also after it ended", async () => {
  const first = executor.begin(
    "import { spawn } from 'node:child_process'; spawn('sh', ['-c', 'sleep 0.2; echo from the child']).stdout.on('data', (d) => process.stdout.write(d)); 1",
  );
  await first.outcome;
  await executor.run("await new Promise((r) => setTimeout(r, 400)); console.log('other')");
  await until(() => executor.of(first.cell).stdout !== "");
  expect(executor.of(first.cell).stdout).toBe("from the child\n");
});

test("worker threads print into the cell that started them", async () => {
  const first = executor.begin(
    "import { Worker } from 'node:worker_threads'; new Worker('setTimeout(() => console.log(1 + 1), 100)', { eval: true }); 1",
  );
  await first.outcome;
  await executor.run("await new Promise((r) => setTimeout(r, 500)); console.log('other')");
  await until(() => executor.of(first.cell).stdout !== "");
  expect(executor.of(first.cell).stdout).toBe("2\n");
});

test("what native code and inheriting children write stays on the process's own descriptors", async () => {
  await executor.run("require('node:child_process').execSync('echo inherited', { stdio: 'inherit' })");
  await until(() => executor.raw.stdout !== "");
  expect(executor.raw.stdout).toBe("inherited\n");
});

test("colours, carriage returns, bytes and split characters go through unchanged", async () => {
  const { stdout } = await executor.run(
    "process.stdout.write('\\x1b[31mred\\x1b[0m\\r50 %'); const b = Buffer.from('é€😀'); for (const x of b) process.stdout.write(Buffer.of(x)); process.stdout.write('6f6b', 'hex');",
  );
  expect(stdout).toBe("\x1b[31mred\x1b[0m\r50 %é€😀ok");
});

test("a text of 10 MB arrives whole", async () => {
  const { stdout } = await executor.run("process.stdout.write('é😀x'.repeat(2_500_000))");
  expect(stdout === "é😀x".repeat(2_500_000)).toBe(true);
});

test("console.table, dir, group, time and count work", async () => {
  const { stdout } = await executor.run(
    "console.table([{ a: 1 }]); console.group('g'); console.dir({ b: 2 }); console.groupEnd(); console.count('c')",
  );
  expect(stdout).toContain("│ 0       │ 1 │");
  expect(stdout).toContain("g\n  { b: 2 }\nc: 1\n");
});

test("a print storm whose reader stopped reading can be interrupted; nothing it printed before is lost or out of order", async () => {
  const up = executor.child.stdio[3] as Readable;
  const { cell, outcome } = executor.begin("let printed = 0; for (;;) console.log(printed++)");
  await until(() => executor.of(cell).stdout !== "");
  up.pause();
  await wait(300);
  executor.interrupt();
  await wait(300);
  up.resume();
  const { stdout, interrupted } = await outcome;
  expect(interrupted).toBe(true);
  const lines = stdout.trimEnd().split("\n");
  expect(lines.findIndex((line, i) => line !== String(i))).toBe(-1);
  // The counter may be one ahead: the stop can come between counting and printing.
  expect(Number((await executor.run("printed")).text) - lines.length).toBeLessThanOrEqual(1);
});
