// A cell that shows more than anybody can look at: figures have a pace, and the kernel's memory a bound.
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { WireMessage } from "../../../kernel/wire/frames.ts";
import { type RunningKernel, many, resultOf, sleep, startKernel, textOf } from "../running-kernel.ts";

let kernel: RunningKernel;
beforeAll(async () => {
  kernel = await startKernel();
  await kernel.client.works();
});
afterAll(() => kernel.dispose());

const DISPLAYS = many(10_000, 100_000);
const shownBy = (iopub: readonly WireMessage[]) =>
  iopub.flatMap((m) => (m.content["data"] as { "text/plain"?: string } | undefined)?.["text/plain"] ?? []);
const sentAt = (message: WireMessage) => Date.parse(String(message.header["date"]));

test(`${DISPLAYS} display() calls arrive, all, in order, and the kernel's memory grows by at most 100 MB`, async () => {
  const rss = () => {
    if (process.platform !== "linux") return 0;
    const status = readFileSync(`/proc/${kernel.process.pid}/status`, "utf8");
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
  };
  // The language worker of a new kernel still reads types ahead, in the same process: its memory is not the figures'.
  for (let last = 0, still = 0; still < 2; await sleep(1_500)) {
    still = Math.abs(rss() - last) > 2 ? 0 : still + 1;
    last = rss();
  }
  const before = rss();
  const { iopub } = await kernel.client.execute(`for (let i = 0; i < ${DISPLAYS}; i++) display(i)`, {}, 120_000);
  expect(shownBy(iopub)).toEqual(Array.from({ length: DISPLAYS }, (_, i) => String(i)));
  expect(rss() - before).toBeLessThan(100);
  expect(await kernel.client.works()).toBe(true);
}, 150_000);

test("in a notebook no 3 s bring 3,000 messages, the last update of a display always comes, and an interrupt ends the flood", async () => {
  const { client } = kernel;
  const bar = await client.sendFromNotebook(
    "for (let i = 0; i < 100_000; i++) display(i, { displayId: 'bar' }); display('end')",
  );
  const { iopub: updates } = await client.answerTo(bar, 60_000);
  expect(shownBy(updates).slice(-2)).toEqual(["99999", "'end'"]);
  const flood = await client.sendFromNotebook("for (let i = 0; ; i++) display(i)");
  await client.until(() => client.of(flood).length > 1_600, 20_000, "more than the first burst");
  const start = performance.now();
  await client.send("interrupt_request", {}, "control");
  expect((await client.answerTo(flood)).reply["ename"]).toBe("Interrupted");
  expect(performance.now() - start).toBeLessThan(5_000);
  const numbers = shownBy(client.of(flood)).map(Number);
  expect(numbers).toEqual(numbers.map((_, i) => i));
  for (const iopub of [updates, client.of(flood).slice(0, 1_600)]) {
    const times = iopub.map(sentAt);
    const most = Math.max(...times.map((at, i) => times.findLastIndex((t) => t < at + 3_000) - i + 1));
    expect(most).toBeLessThan(3_000);
  }
  expect(await client.works()).toBe(true);
});

test("an interrupt while only the output of a finished cell is under way sends that output and stops nothing else", async () => {
  const { client } = kernel;
  await client.execute(
    "const child = (await import('node:child_process')).spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60_000)'])",
  );
  const id = await client.sendFromNotebook("console.log('x'.repeat(2_400_000)); 'done'");
  await client.until(() => textOf(client.of(id)).length > 1_400_000);
  await sleep(200);
  await client.send("interrupt_request", {}, "control");
  const { reply, iopub } = await client.answerTo(id);
  expect([reply["status"], textOf(iopub).length]).toEqual(["ok", 2_400_001]);
  // After 1 s an interrupt reaches the cells' child processes, after 5 s it costs the variables.
  await sleep(1_500);
  expect(resultOf((await client.execute("[child.exitCode, child.signalCode]")).iopub)).toBe("[ null, null ]");
  await client.execute("child.kill()");
});
