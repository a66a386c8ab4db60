// Streams and mixtures: endless, in an order that follows from seed and position alone.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { assert, asyncProperty, integer } from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createPrivateTemporaryDirectory, removePath } from "../../../lib/core/files.ts";
import { data } from "../../../lib/data/data-sets.ts";
import type { ExampleStream } from "../../../lib/data/stream.ts";
import { FOLDER } from "./foreign/rows.ts";

let folder: string;
let lines: string;
const row = (i: number) => JSON.stringify({ question: `q${i}`, answer: `a${i}` });
const columns = { prompt: "question", completion: "answer" } as const;
beforeAll(async () => {
  folder = await createPrivateTemporaryDirectory("blankslate-stream");
  lines = join(folder, "lines.jsonl");
  writeFileSync(
    lines,
    Array.from({ length: 100 }, (_, i) => row(i))
      .concat(row(3), row(50))
      .join("\n"),
  );
});
afterAll(() => removePath(folder));

async function prompts(stream: ExampleStream, from: number, n: number): Promise<string[]> {
  return (await stream.take(n, { from })).examples.map((example) => example.prompt);
}

test("every pass holds each of the 100 examples once, in another order, and rows that come twice are left out", async () => {
  const stream = data.stream(lines, columns, { shuffleBuffer: 16 });
  expect(await stream.survey()).toMatchObject({ examples: 100 });
  const passes = [await prompts(stream, 0, 100), await prompts(stream, 100, 100)];
  for (const pass of passes) expect(new Set(pass).size).toBe(100);
  expect(passes[0]).not.toEqual(passes[1]);
  expect(passes[0]).not.toEqual(Array.from({ length: 100 }, (_, i) => `q${i}`));
  expect(await prompts(data.stream(lines, columns, { shuffleBuffer: 1 }), 0, 3)).toEqual(["q0", "q1", "q2"]);
});

test("opened at any position, a stream goes on as if it had been read from the start", async () => {
  const sets = {
    file: data.stream([lines, join(FOLDER, "rows-zstd.parquet")], columns, { shuffleBuffer: 8, seed: 3 }),
    mixture: await data.mix(
      { lines: await data.jsonl(lines, columns), more: data.stream(lines, columns) },
      { weights: { lines: 3, more: 1 } },
    ),
  };
  for (const stream of Object.values(sets)) {
    const whole = await prompts(stream, 0, 300);
    await assert(
      asyncProperty(integer({ min: 0, max: 290 }), async (from) => {
        expect(await prompts(stream, from, 10)).toEqual(whole.slice(from, from + 10));
      }),
      { numRuns: 20 },
    );
  }
});

test("seed, buffer and content are in the hash; the name of the file is not", async () => {
  const hash = async (stream: ExampleStream) => (await stream.survey()).hash;
  const other = join(folder, "other.jsonl");
  writeFileSync(other, Array.from({ length: 100 }, (_, i) => row(i)).join("\n"));
  const base = await hash(data.stream(lines, columns));
  expect(await hash(data.stream(other, columns))).toBe(base);
  expect(await hash(data.stream(lines, columns, { seed: 1 }))).not.toBe(base);
  expect(await hash(data.stream(lines, columns, { shuffleBuffer: 5 }))).not.toBe(base);
  writeFileSync(other, row(7));
  expect(await hash(data.stream(other, columns))).not.toBe(base);
});

test("a mixture of weights 3 : 1 draws 3 : 1, names each example's part and verifies by it", async () => {
  const part = async (name: string, right: boolean) => ({
    ...(await data.jsonl(lines, columns)),
    name,
    verify: () => right,
  });
  const stream = await data.mix(
    { good: await part("good", true), bad: await part("bad", false) },
    { weights: { good: 3, bad: 1 } },
  );
  const set = await stream.take(2000);
  const good = set.examples.filter((example) => example.meta["part"] === "good");
  // Binomial(2000, 0.75) has a standard deviation of 19.
  expect(Math.abs(good.length - 1500)).toBeLessThan(80);
  expect(new Set(set.examples.map((example) => example.id)).size).toBe(2000);
  for (const example of set.examples.slice(0, 50))
    expect(set.verify(example, "")).toBe(example.meta["part"] === "good");
  const first = good.slice(0, 100).map((example) => example.prompt);
  expect(new Set(first).size).toBe(100);
});

test("weights that are none, formats that are unknown and empty files are faults with a code", async () => {
  const set = await data.jsonl(lines, columns);
  await expect(data.mix({ set }, { weights: { sets: 1 } })).rejects.toMatchObject({ code: "BAD_WEIGHTS" });
  await expect(data.mix({ set }, { weights: { set: -1 } })).rejects.toMatchObject({ code: "BAD_WEIGHTS" });
  await expect(data.mix({})).rejects.toMatchObject({ code: "BAD_WEIGHTS" });
  await expect(data.stream("a.xlsx", columns).take(1)).rejects.toMatchObject({ code: "FORMAT_UNKNOWN" });
  writeFileSync(join(folder, "empty.jsonl"), "");
  await expect(data.stream(join(folder, "empty.jsonl"), columns).take(1)).rejects.toMatchObject({ code: "EMPTY_DATA" });
  expect((await data.stream(lines, columns).take(5)).examples).toHaveLength(5);
});
