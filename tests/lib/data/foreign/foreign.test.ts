// Parquet and Arrow files of another program, whole and damaged.
import { readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createPrivateTemporaryDirectory, removePath } from "../../../../lib/core/files.ts";
import { draw, fold, key } from "../../../../lib/core/rng.ts";
import { data } from "../../../../lib/data/data-sets.ts";
import { readForeign } from "../../../../lib/data/foreign/reader.ts";
import type { ForeignFormat } from "../../../../lib/data/foreign/question.ts";
import { FOLDER, ROWS } from "./rows.ts";

const files = readdirSync(FOLDER).filter((name) => /^rows-.*\.(?:parquet|arrow)$/u.test(name));
const formatOf = (name: string): ForeignFormat => (name.endsWith(".parquet") ? "parquet" : "arrow");

async function rowsOf(format: ForeignFormat, path: string, columns?: readonly string[]) {
  const rows = [];
  for await (const row of readForeign(format, path, columns)) rows.push(row);
  return rows;
}

test.each(files)("%s gives the 40 rows that were written", async (name) => {
  const rows = await rowsOf(formatOf(name), join(FOLDER, name));
  const names = Object.keys(rows[0]?.values ?? {}) as (keyof (typeof ROWS)[number])[];
  expect(names.length).toBeGreaterThanOrEqual(2);
  const expected = ROWS.map((row) => Object.fromEntries(names.map((column) => [column, row[column]])));
  expect(rows.map((row) => row.values)).toEqual(expected);
  expect(rows.map((row) => row.line)).toEqual(ROWS.map((_, i) => i + 1));
});

test("data.parquet and data.arrow make examples, and only named columns are decoded", async () => {
  const columns = { prompt: "question", completion: "answer", meta: ["level"] } as const;
  const parquet = await data.parquet(join(FOLDER, "rows-zstd.parquet"), columns);
  const arrow = await data.arrow(join(FOLDER, "rows-stream.arrow"), columns);
  expect(parquet.examples).toEqual(arrow.examples);
  expect(parquet.examples[3]).toMatchObject({ prompt: "What is 3 + 4? é😀", completion: "7", meta: { level: 3 } });
  const [row] = await rowsOf("parquet", join(FOLDER, "rows-none.parquet"), ["level"]);
  expect(row?.values).toEqual({ level: 0 });
});

test("a missing file, a file of another kind and a column that is not there are faults with a code", async () => {
  const columns = { prompt: "question", completion: "answers" };
  await expect(data.parquet(join(FOLDER, "none.parquet"), columns)).rejects.toMatchObject({ code: "DATA_MISSING" });
  await expect(data.parquet(import.meta.filename, columns)).rejects.toMatchObject({ code: "PARQUET_INVALID" });
  await expect(data.arrow(import.meta.filename, columns)).rejects.toMatchObject({ code: "ARROW_INVALID" });
  await expect(data.parquet(join(FOLDER, "rows-none.parquet"), columns)).rejects.toMatchObject({
    code: "COLUMN_MISSING",
    message: expect.stringContaining("question, answer, level"),
  });
});

test("a file that decodes to a thousand times its size has the time for it", async () => {
  const { length } = await rowsOf("parquet", join(FOLDER, "wide.parquet"));
  expect(length).toBe(100_000);
});

const LONG = process.env["BLANKSLATE_LONG"] === "1";
const MUTATIONS = LONG ? 2_000 : 200;

// All 20,000 in tests of 2,000: on a busy machine a single one ran into its time limit with nothing said of what it had found by then.
test.for(Array.from({ length: LONG ? 10 : 1 }, (_, part) => part * MUTATIONS))(
  `T9: ${MUTATIONS} damaged files from %i on end in rows or in our fault, with no death, and the next good file is read`,
  { timeout: 1_800_000 },
  async (first) => {
    const folder = await createPrivateTemporaryDirectory("blankslate-parquet");
    const good = files.map((name) => ({ name, bytes: readFileSync(join(FOLDER, name)) }));
    const outcome = { rows: 0, refused: 0 };
    let slowestMs = 0;
    let mostWorkedMs = 0;
    try {
      for (let i = first; i < first + MUTATIONS; i++) {
        const random = draw(fold(key(9), i));
        const { name, bytes } = random.pick(good);
        const mutated = Buffer.from(bytes);
        for (let n = 1 + random.integer(3); n > 0; n--) mutated[random.integer(mutated.length)] = random.integer(256);
        const cut = random.uniform() < 0.1 ? random.integer(mutated.length) : mutated.length;
        const path = join(folder, name);
        writeFileSync(path, mutated.subarray(0, cut));
        const start = performance.now();
        const used = process.cpuUsage();
        try {
          await rowsOf(formatOf(name), path);
          outcome.rows += 1;
        } catch (error) {
          expect((error as { code?: string }).code, String(error)).toMatch(/^(PARQUET|ARROW)_INVALID$/u);
          outcome.refused += 1;
        }
        slowestMs = Math.max(slowestMs, performance.now() - start);
        const { user, system } = process.cpuUsage(used);
        mostWorkedMs = Math.max(mostWorkedMs, (user + system) / 1000);
      }
    } finally {
      await removePath(folder);
    }
    console.log(
      `T9: ${outcome.rows} read, ${outcome.refused} refused, slowest ${Math.round(slowestMs)} ms, most work ${Math.round(mostWorkedMs)} ms`,
    );
    // A second of the thread's work, a look at it every tenth of one, and what starting a new thread and collecting what the old one held take: 1.2 s in all where nothing else runs.
    expect(mostWorkedMs).toBeLessThan(3_000);
    expect(outcome.rows + outcome.refused).toBe(MUTATIONS);
    expect(outcome.refused).toBeGreaterThan(MUTATIONS / 10);
    expect(await rowsOf("parquet", join(FOLDER, "rows-none.parquet"))).toHaveLength(40);
    expect(statSync(join(FOLDER, "rows-none.parquet")).size).toBe(
      good.find((f) => f.name === "rows-none.parquet")?.bytes.length,
    );
  },
);
