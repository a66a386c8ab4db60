// Printed text on its way out: order, few messages, bounded waiting.
import { expect, test } from "vitest";
import { DIRECT_PACE, type Pace, SERVER_PACE, Streams } from "../../../kernel/session/streams.ts";

interface Sent {
  readonly cell: string;
  readonly name: string;
  readonly text: string;
  readonly at: number;
}

function make() {
  const sent: Sent[] = [];
  const full: boolean[] = [];
  const streams = new Streams(
    (cell, name, text) => {
      sent.push({ cell, name, text, at: performance.now() });
      return Buffer.byteLength(text);
    },
    (is) => void (full.at(-1) !== is && full.push(is)),
  );
  return {
    sent,
    full,
    streams,
    text: (name = "stdout") =>
      sent
        .filter((s) => s.name === name)
        .map((s) => s.text)
        .join(""),
  };
}
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test("100,000 lines leave in at most 20 messages, all of them, in order", async () => {
  const { sent, streams, text } = make();
  streams.begin(DIRECT_PACE);
  const lines = Array.from({ length: 100_000 }, (_, i) => `line ${i} of the throughput test\n`);
  for (const line of lines) streams.write("c1", "stdout", line);
  await streams.drained();
  expect(text()).toBe(lines.join(""));
  expect(sent.length).toBeLessThanOrEqual(20);
});

test("the first text of a quiet cell leaves at once; a cell that prints for a second sends at most 12 messages", async () => {
  const { sent, streams } = make();
  streams.begin(DIRECT_PACE);
  const start = performance.now();
  streams.write("c1", "stdout", ".");
  // Two turns, where a flush of later text takes 100 ms.
  for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
  expect(sent).toHaveLength(1);
  while (performance.now() - start < 1_000) {
    streams.write("c1", "stdout", ".");
    await sleep(2);
  }
  await streams.drained();
  expect(sent.length).toBeLessThanOrEqual(2 + (performance.now() - start) / 100);
});

test("the first text of a cell leaves at once, with what came together with it", async () => {
  const { sent, streams } = make();
  for (const cell of ["c1", "c2"]) {
    streams.begin(DIRECT_PACE);
    streams.write(cell, "stdout", "a");
    streams.write(cell, "stdout", "b");
    await new Promise((resolve) => setImmediate(resolve));
    streams.write(cell, "stdout", "c");
    await streams.drained();
  }
  expect(sent.map(({ cell, text }) => [cell, text])).toEqual([
    ["c1", "ab"],
    ["c1", "c"],
    ["c2", "ab"],
    ["c2", "c"],
  ]);
});

test("stdout and stderr keep their order", async () => {
  const { sent, streams } = make();
  streams.write("c1", "stdout", "1");
  streams.write("c1", "stdout", "2");
  streams.write("c1", "stderr", "3");
  streams.write("c1", "stdout", "4");
  await streams.drained();
  expect(sent.map(({ name, text }) => `${name}:${text}`)).toEqual(["stdout:12", "stderr:3", "stdout:4"]);
});

test("100,000 alternations between stdout and stderr become at most 50 messages, each stream in order", async () => {
  const { sent, streams, text } = make();
  for (let i = 0; i < 100_000; i++) streams.write("c1", i % 2 ? "stderr" : "stdout", `${i}\n`);
  await streams.drained();
  const numbers = (odd: number) => Array.from({ length: 50_000 }, (_, i) => `${2 * i + odd}\n`).join("");
  expect([text("stdout"), text("stderr")]).toEqual([numbers(0), numbers(1)]);
  expect(sent.length).toBeLessThanOrEqual(50);
});

test("cells do not mix, and flushing one leaves the other", () => {
  const { sent, streams } = make();
  streams.write("c1", "stdout", "a");
  streams.write("c2", "stdout", "b");
  streams.write("c1", "stdout", "c");
  streams.flush("c1");
  expect(sent.map(({ cell, text }) => `${cell}:${text}`)).toEqual(["c1:ac"]);
  streams.flush();
  expect(sent.at(-1)).toMatchObject({ cell: "c2", text: "b" });
});

test("no message splits a surrogate pair, whatever the pace", async () => {
  const { sent, streams, text } = make();
  streams.begin({ burstBytes: 5, bytesPerSecond: 4_000, messageBytes: 0 });
  streams.write("c1", "stdout", "🙂".repeat(50));
  await streams.drained();
  expect(text()).toBe("🙂".repeat(50));
  expect(sent.filter((s) => !s.text.isWellFormed())).toEqual([]);
});

test("behind a Jupyter server no 3 s see more than 3 MB: what is faster waits, and the source is told to stop", async () => {
  const { sent, full, streams } = make();
  streams.begin(SERVER_PACE);
  const start = performance.now();
  let written = 0;
  while (performance.now() - start < 1_500) {
    // A source that heeds `full`, as the supervisor does.
    if (full.at(-1) !== true) {
      streams.write("c1", "stdout", "x".repeat(250_000));
      written += 250_000;
    }
    await sleep(1);
  }
  const seconds = (performance.now() - start) / 1_000;
  const bytes = sent.reduce((sum, s) => sum + s.text.length, 0);
  expect(full).toContain(true);
  expect(bytes).toBeLessThanOrEqual(SERVER_PACE.burstBytes + seconds * SERVER_PACE.bytesPerSecond);
  expect(SERVER_PACE.burstBytes + 3 * SERVER_PACE.bytesPerSecond).toBeLessThan(3_000_000);
  // An interrupted cell does not wait for its rest.
  streams.hurry();
  const before = performance.now();
  await streams.drained();
  expect(performance.now() - before).toBeLessThan(1_000);
  expect(sent.reduce((sum, s) => sum + s.text.length, 0)).toBe(written);
});

/** Something that is no text, for the cell c1. */
const piece = (sent: Sent[], text: string, bytes = 100) => ({
  send: () => {
    sent.push({ cell: "c1", name: "piece", text, at: performance.now() });
    return bytes;
  },
  size: () => bytes,
});

test("text and pieces of a cell keep their order, at once and when the pace holds them back", async () => {
  const slow: Pace = { burstBytes: 400, bytesPerSecond: 100_000, messageBytes: 100 };
  for (const pace of [DIRECT_PACE, slow]) {
    const { sent, streams } = make();
    streams.begin(pace);
    for (let i = 0; i < 50; i++) {
      streams.write("c1", "stdout", `${i} `);
      streams.post("c1", piece(sent, `[${i}] `));
    }
    await streams.drained();
    expect(sent.map((s) => s.text).join("")).toBe(Array.from({ length: 50 }, (_, i) => `${i} [${i}] `).join(""));
  }
});

test("a piece leaves in the same turn while the pace allows it", () => {
  const { sent, streams } = make();
  streams.begin(SERVER_PACE);
  streams.write("c1", "stdout", "before");
  streams.post("c1", piece(sent, "figure"));
  expect(sent.map((s) => s.text)).toEqual(["before", "figure"]);
});

test("behind a Jupyter server no 3 s see 3,000 messages: pieces wait like text, and the source is told to stop", async () => {
  const { sent, full, streams } = make();
  streams.begin(SERVER_PACE);
  const start = performance.now();
  let made = 0;
  while (performance.now() - start < 1_500) {
    for (let i = 0; i < 100 && full.at(-1) !== true; i++) streams.post("c1", piece(sent, String(made++)));
    await sleep(1);
  }
  const seconds = (performance.now() - start) / 1_000;
  const { burstBytes, bytesPerSecond, messageBytes } = SERVER_PACE;
  expect(full).toContain(true);
  expect(sent.length).toBeLessThanOrEqual((burstBytes + seconds * bytesPerSecond) / messageBytes + 1);
  expect((burstBytes + 3 * bytesPerSecond) / messageBytes).toBeLessThan(3_000);
  streams.hurry();
  await streams.drained();
  expect(sent.map((s) => s.text)).toEqual(Array.from({ length: made }, (_, i) => String(i)));
});
