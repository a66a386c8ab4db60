import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { NO_CELL } from "../../../kernel/execute/protocol.ts";
import { ExecutorProcess } from "./process.ts";
import { medianWithin } from "../../timing.ts";

/** From the interrupt to the reply. */
const STOP_MS = 250;
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
/** The test's own time limit bounds it. */
const until = async (met: () => boolean) => {
  while (!met()) await wait(5);
};

let executor: ExecutorProcess;
beforeAll(async () => {
  executor = await ExecutorProcess.start();
  await executor.run("let kept = 4242");
});
afterAll(() => executor.stop());

/** Starts a cell. Resolves when its code runs, or has printed this. */
async function begin(code: string, sign = "begun", inside = executor) {
  const { cell, outcome } = inside.begin(`console.log("begun"); ${code}`);
  await until(() => inside.of(cell).stdout.includes(sign));
  return { outcome };
}

const ENDLESS: Record<string, string> = {
  "a synchronous loop": "while (true) {}",
  "a loop that catches everything": "for (;;) { try { for (;;); } catch {} finally {} }",
  "a catastrophic regular expression": "/^(a+)+$/.test('a'.repeat(40) + 'b')",
  "Atomics.wait": "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)",
  "a loop after an await": "await new Promise((r) => setTimeout(r, 20)); while (true) {}",
  "a loop that only awaits": "for (;;) await null",
  "a busy timer callback": "setTimeout(() => { while (true) {} }, 10); await new Promise(() => {})",
  "a promise that never settles": "await new Promise(() => {})",
  "a loop of sleeps": "for (;;) await new Promise((r) => setTimeout(r, 10))",
  "a loop of sleeps that catches everything":
    "for (;;) { try { await new Promise((r) => setTimeout(r, 10)); } catch {} }",
  "a print storm": "for (let n = 0; ; n++) console.log('line', n)",
  "a display method that loops": "({ [Symbol.for('Jupyter.display')]() { for (;;); } })",
  "a display method that never answers": "({ [Symbol.for('Jupyter.display')]: () => new Promise(() => {}) })",
};

describe.each(Object.entries(ENDLESS))("an interrupt stops %s", (_name, code) => {
  test(`within ${STOP_MS} ms in the median of 5 and keeps variables`, async () => {
    await medianWithin(STOP_MS, 5, async () => {
      const { outcome } = await begin(code);
      await wait(100);
      const start = performance.now();
      executor.interrupt();
      const { error, interrupted } = await outcome;
      const ms = performance.now() - start;
      expect(interrupted).toBe(true);
      expect(error?.ename).toBe("Interrupted");
      expect((await executor.run("kept")).text).toBe("4242");
      return ms;
    });
  });
});

const BESIDE_REHEARSALS = {
  "in a loop": "{ const end = Date.now() + 400; while (Date.now() < end) {} } 'through'",
  "waiting, and catching what ends its waits":
    "let how = 'through'; try { await new Promise((r) => setTimeout(r, 400)); } catch { how = 'stopped'; } how",
  "that would return what it has": `const host = globalThis[Symbol.for("blankslate.host")];
const end = Date.now() + 400;
await host.cooperate(async (signal) => { while (Date.now() < end && !signal.aborted) await new Promise((r) => setTimeout(r, 5)); return signal.aborted ? "stopped" : "through"; })`,
};

test.each(Object.entries(BESIDE_REHEARSALS))("rehearsals of an interrupt stop no cell %s", async (_name, code) => {
  const fresh = await ExecutorProcess.start();
  fresh.send({ type: "rehearse" });
  expect(await fresh.next((m) => m.type === "done")).toMatchObject({ cell: NO_CELL, error: { ename: "Interrupted" } });
  const rehearsals = setInterval(() => fresh.send({ type: "rehearse" }), 10);
  for (const _ of [1, 2]) {
    const { text, error, interrupted } = await fresh.run(code);
    expect({ text, error, interrupted }).toEqual({ text: "'through'", error: null, interrupted: false });
  }
  const { outcome } = await begin("for (;;);", "begun", fresh);
  fresh.interrupt();
  expect((await outcome).error?.ename).toBe("Interrupted");
  clearInterval(rehearsals);
  expect((await fresh.run("1 + 1")).text).toBe("2");
  await fresh.stop();
});

test("a timer that loops after its cell ended is stopped, and the next cell runs", async () => {
  await begin("setTimeout(() => { console.log('spins'); for (;;); }, 5)", "spins");
  const { outcome } = executor.begin("kept");
  await wait(50);
  executor.interrupt();
  expect((await outcome).text).toBe("4242");
});

test("an evaluation that was stopped does not end the process when its promise is collected", async () => {
  await executor.run(
    "require('node:v8').setFlagsFromString('--expose-gc'); const gc = require('node:vm').runInNewContext('gc')",
  );
  const { outcome } = await begin("for (;;) await null");
  executor.interrupt();
  await outcome;
  // Nothing refers to what this one waits for, either.
  const waiting = await begin(
    "await new Promise(() => setTimeout(() => { gc(); console.log('collected'); }, 50))",
    "collected",
  );
  executor.interrupt();
  await waiting.outcome;
  expect((await executor.run("gc(); await null; gc(); kept")).text).toBe("4242");
});

const COOPERATE = `
  const { host } = await import(${JSON.stringify(new URL("../../../lib/core/host.ts", import.meta.url).href)});
  const steps = (signal) => new Promise((resolve) => {
    let n = 0;
    const timer = setInterval(() => { if (n++ === 0) console.log("works"); if (signal.aborted) { clearInterval(timer); resolve(n); } }, 5);
  });
`;

test("cooperating work gets its signal and the cell returns what it has", async () => {
  const { outcome } = await begin(
    `${COOPERATE} const done = await host().cooperate(steps); done > 0 ? "partial" : "nothing"`,
    "works",
  );
  executor.interrupt();
  const { text, error, interrupted } = await outcome;
  expect([text, error, interrupted]).toEqual(["'partial'", null, true]);
  expect(executor.messages.some((m) => m.type === "grace")).toBe(true);
});

test(`a second interrupt stops work that ignores its signal within ${STOP_MS} ms`, async () => {
  await medianWithin(STOP_MS, 1, async () => {
    const { outcome } = await begin(
      `${COOPERATE} await host().cooperate(() => { console.log("works"); return new Promise(() => {}); })`,
      "works",
    );
    executor.interrupt();
    await wait(100);
    const start = performance.now();
    executor.interrupt();
    const { error } = await outcome;
    const ms = performance.now() - start;
    expect(error?.ename).toBe("Interrupted");
    expect((await executor.run("kept")).text).toBe("4242");
    return ms;
  });
});

test("a stopped cell does not go on in the background, and its finally blocks run", async () => {
  const { outcome } = await begin(`
    let steps = 0, finished = 0;
    async function work() { try { for (;;) { steps++; await new Promise((r) => setTimeout(r, 5)); } } finally { finished++; } }
    async function* ticks() { for (;;) { await new Promise((r) => setTimeout(r, 5)); yield 1; } }
    await Promise.all([work(), (async () => { try { for await (const one of ticks()) steps += one; } finally { finished++; } })()]);
  `);
  await wait(150);
  executor.interrupt();
  expect((await outcome).error?.ename).toBe("Interrupted");
  await expect.poll(async () => (await executor.run("finished")).text).toBe("2");
  const before = (await executor.run("[steps, finished]")).text;
  await wait(100);
  const after = (await executor.run("[steps, finished]")).text;
  expect(after).toBe(before);
  expect(after).toMatch(/^\[ \d+, 2 \]$/);
});

test("a finally block may await; a loop that catches the stop goes no further", async () => {
  const { outcome } = await begin(`
    let closed = 0, caught = 0;
    const loop = async () => { for (;;) { try { await new Promise((r) => setTimeout(r, 5)); caught++; } catch {} } };
    void loop();
    try { await new Promise(() => {}); } finally { await new Promise((r) => setTimeout(r, 10)); closed++; }
  `);
  await wait(150);
  executor.interrupt();
  expect((await outcome).error?.ename).toBe("Interrupted");
  const before = (await executor.run("[closed, caught]")).text;
  await wait(100);
  expect((await executor.run("[closed, caught]")).text).toBe(before);
  expect(before).toMatch(/^\[ 1, \d+ \]$/);
});

test("after cooperating work returned early, the cell's other awaits go on", async () => {
  const { outcome } = await begin(
    `${COOPERATE} const part = await host().cooperate(steps); await new Promise((r) => setTimeout(r, 30)); part > 0 ? "went on" : ""`,
    "works",
  );
  executor.interrupt();
  expect((await outcome).text).toBe("'went on'");
});

test("an interrupt with nothing running changes nothing", async () => {
  executor.interrupt();
  await wait(50);
  expect((await executor.run("kept")).text).toBe("4242");
});
