// Data files from anywhere: what is wrong is said with its place, and what is right becomes examples.
import { spawnSync } from "node:child_process";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { array, assert, asyncProperty, integer, jsonValue, property, string, tuple } from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createPrivateTemporaryDirectory } from "../../../lib/core/files.ts";
import { readCsv } from "../../../lib/data/csv.ts";
import { data } from "../../../lib/data/data-sets.ts";
import { jsonErrorAt } from "../../../lib/data/json-position.ts";
import { readJsonLines } from "../../../lib/data/json-lines.ts";
import { hasShared, sharedPath } from "../fixtures.ts";

let folder: string;
beforeAll(async () => {
  folder = await createPrivateTemporaryDirectory("blankslate-test");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}
const columns = { prompt: "q", completion: "a" };
const failure = (work: Promise<unknown>) =>
  work.then(
    () => "accepted",
    (error: unknown) => {
      const { code, fact } = error as { code: string; fact: string };
      return `${code} ${fact.replace(folder, "")}`;
    },
  );

describe("T10: JSON lines", () => {
  test.each([
    ["a bad token", '{"q": "1", "a": "2"}\n{"q": 1, "a": x}\n', "JSONL_INVALID /t.jsonl:2:15"],
    ["a line cut off", '{"q": "1", "a": "2"', "JSONL_INVALID /t.jsonl:1:20"],
    ["NUL inside a string", '{"q": "1", "a": "2\0"}', "JSONL_INVALID /t.jsonl:1:19"],
    ["a bad escape", '{"q": "1\\x", "a": "2"}', "JSONL_INVALID /t.jsonl:1:9"],
    ["text after the object", '{"q": "1", "a": "2"} {}', "JSONL_INVALID /t.jsonl:1:22"],
    ["a list", '\n["q"]\n', "JSONL_INVALID /t.jsonl:2:1"],
    ["a byte that is no UTF-8", Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]), "NOT_UTF8 /t.jsonl:1:3"],
    ["a column that is not there", '{"q": "1", "a": "2"}\n{"q": "1"}', "COLUMN_MISSING /t.jsonl:2:1"],
    ["a column that is no text", '{"q": "1", "a": null}', "COLUMN_MISSING /t.jsonl:1:1"],
    ["nothing", "\n\n", "EMPTY_DATA /t.jsonl"],
  ])("%s is refused with file, line and column", async (_, content, expected) => {
    const path = await file("t.jsonl", content);
    expect(await failure(data.jsonl(path, columns))).toContain(expected);
  });

  test("an error in a file knows who asked for it, so that a cell's traceback shows the cell", async () => {
    const path = await file("t.jsonl", '{"q": 1, "a": x}');
    async function appendix(): Promise<unknown> {
      return await data.jsonl(path, columns);
    }
    for (const work of [appendix, async () => await data.csv(join(folder, "none.csv"), columns)]) {
      const error: unknown = await work().catch((thrown: unknown) => thrown);
      expect((error as Error).stack).toContain("files.test.ts");
    }
  });

  test("a byte order mark, Windows line ends, empty lines and a missing last line end are read", async () => {
    const path = await file("bom.jsonl", '\ufeff{"q": "1", "a": "x"}\r\n\r\n{"q": "2", "a": "y"}');
    const set = await data.jsonl(path, columns);
    expect(set.examples.map(({ prompt, completion }) => [prompt, completion])).toEqual([
      ["1", "x"],
      ["2", "y"],
    ]);
    expect(set.verify(set.examples[1] as (typeof set.examples)[0], " y\n")).toBe(true);
  });

  test("a line of 100 MB is refused by its place after 16 MB; one of 15 MB is read", async () => {
    const path = await file("long.jsonl", `{"q": "1", "a": "2"}\n{"q": "${"x".repeat(100_000_000)}"}\n`);
    expect(await failure(data.jsonl(path, columns))).toContain("LINE_TOO_LONG /long.jsonl:2:1");
    await writeFile(path, `{"q": "1", "a": "${"y".repeat(15_000_000)}"}`);
    const [example] = (await data.jsonl(path, columns)).examples;
    expect(example?.completion).toHaveLength(15_000_000);
  });

  test("a line of 100 MB, refused, takes at most twice the 16 MB of a line that may be read", async () => {
    const [small, long] = [await file("few.jsonl", '{"q": "1"}\n'.repeat(20_000)), join(folder, "long.jsonl")];
    await writeFile(long, `{"q": "1", "a": "2"}\n{"q": "${"x".repeat(100_000_000)}"}\n`);
    const script = `
      import { readJsonLines } from ${JSON.stringify(join(import.meta.dirname, "../../../lib/data/json-lines.ts"))};
      for await (const _ of readJsonLines(${JSON.stringify(small)}));
      const before = process.resourceUsage().maxRSS;
      try { for await (const _ of readJsonLines(${JSON.stringify(long)})); } catch (error) { console.log(error.code); }
      console.log(process.resourceUsage().maxRSS - before);`;
    const child = spawnSync(process.execPath, ["--input-type=module-typescript", "-e", script], { encoding: "utf8" });
    const [code, kilobytes] = child.stdout.trim().split("\n");
    expect(code).toBe("LINE_TOO_LONG");
    expect(Number(kilobytes)).toBeLessThan(2 * 16 * 1024);
  });

  test("equal examples count once; one id for two different ones is refused at the second", async () => {
    const row = (id: number, a: string) => JSON.stringify({ id, q: "1", a });
    const path = await file("twice.jsonl", [row(1, "x"), row(2, "y"), row(1, "x")].join("\n"));
    const set = await data.jsonl(path, { ...columns, id: "id" });
    expect([set.examples.length, set.duplicates]).toEqual([2, 1]);
    await writeFile(path, [row(1, "x"), row(1, "y")].join("\n"));
    expect(await failure(data.jsonl(path, { ...columns, id: "id" }))).toContain("DUPLICATE_ID /twice.jsonl:2:1");
    expect((await data.jsonl(path, columns)).examples).toHaveLength(2);
  });

  test("gzip is unpacked by its name; a damaged or missing file is said to be that", async () => {
    const packed = gzipSync('{"q": "1", "a": "2"}\n');
    expect((await data.jsonl(await file("a.jsonl.gz", packed), columns)).examples).toHaveLength(1);
    expect(await failure(data.jsonl(await file("b.jsonl.gz", packed.subarray(0, 20)), columns))).toContain(
      "GZIP_DAMAGED",
    );
    expect(await failure(data.jsonl(await file("c.jsonl.gz", "plain"), columns))).toContain("GZIP_DAMAGED");
    expect(await failure(data.jsonl(join(folder, "none"), columns))).toContain("DATA_MISSING");
  });

  test("what fast-check writes as JSON lines is read back equal", async () => {
    const rows = array(tuple(string({ unit: "binary" }), jsonValue()), { minLength: 1, maxLength: 5 });
    const check = asyncProperty(rows, async (values) => {
      const lines = values.map(([q, a]) => JSON.stringify({ q, a }));
      const back = await Array.fromAsync(readJsonLines(await file("any.jsonl", lines.join("\n"))));
      expect(back.map((row) => JSON.stringify(row.values))).toEqual(lines);
    });
    await assert(check, { numRuns: 50 });
  });
});

test("the place where JSON breaks is where V8 breaks it: every valid text passes whole, a cut is found in its last word", () => {
  assert(
    property(jsonValue(), integer({ min: 1, max: 30 }), (value, cut) => {
      const text = JSON.stringify(value);
      // A brace around it, so that every cut text is broken.
      const short = `{"a": ${text}`.slice(0, -Math.min(cut, text.length));
      const at = jsonErrorAt(short);
      return jsonErrorAt(text) === text.length && /^[-+.\w\\]*$/u.test(short.slice(at));
    }),
    { numRuns: 1000 },
  );
  expect(jsonErrorAt("[".repeat(1_000_000))).toBe(1_000_000);
  expect(jsonErrorAt('{"a": [1, 2,]}')).toBe(12);
});

describe("CSV", () => {
  test("quotes hold commas, line ends and quotes; every value is text", async () => {
    const path = await file("a.csv", 'q,a\r\n"1, ""one""\nand",2\r\n\r\n"",007\r\n');
    const rows = await Array.fromAsync(readCsv(path));
    expect(rows).toEqual([
      { values: { q: '1, "one"\nand', a: "2" }, line: 2 },
      { values: { q: "", a: "007" }, line: 5 },
    ]);
    expect((await data.csv(await file("a.tsv", "q\ta\n1\t2,3"), columns)).examples[0]?.completion).toBe("2,3");
  });

  test.each([
    ["another number of values", "q,a\n1,2\n1\n", "CSV_INVALID /t.csv:3:1"],
    ["a quote inside a plain value", 'q,a\n1,2"x\n', "CSV_INVALID /t.csv:2:4"],
    ["text after a closing quote", 'q,a\n"1"x,2\n', "CSV_INVALID /t.csv:2:4"],
    ["a quote never closed", 'q,a\n1,"2\n\n', "CSV_INVALID /t.csv:2:1"],
    ["a column named twice", "q,q\n1,2\n", "CSV_INVALID /t.csv:1:1"],
  ])("%s is refused with file, line and column", async (_, content, expected) => {
    expect(await failure(data.csv(await file("t.csv", content), columns))).toContain(expected);
  });
});

test("a text comes in pieces at line ends that give the text back", async () => {
  const content = Array.from({ length: 50 }, (_, i) => `line ${i} ${"x".repeat(i)}\n`).join("");
  const { examples } = await data.text(await file("t.txt", content), { maxCharacters: 100 });
  expect(examples.map((e) => e.completion).join("")).toBe(content);
  expect(Math.max(...examples.map((e) => e.completion.length))).toBeLessThanOrEqual(100);
});

describe.skipIf(!hasShared)("benchmarks as published (skipped without ../shared)", () => {
  test("GSM8K 7,473 and 1,319, MATH-500 500, AIME 30, HumanEval 164: every reference answers itself", async () => {
    const sets = [
      await data.gsm8k(sharedPath("data", "gsm8k", "train.jsonl")),
      await data.gsm8k(sharedPath("data", "gsm8k", "test.jsonl")),
      await data.math(sharedPath("data", "math500", "test.jsonl"), "MATH-500"),
      await data.math(sharedPath("data", "aime", "test.jsonl"), "AIME"),
    ];
    expect(sets.map((set) => [set.name, set.examples.length + set.duplicates])).toEqual([
      ["GSM8K train", 7473],
      ["GSM8K test", 1319],
      ["MATH-500", 500],
      ["AIME", 30],
    ]);
    for (const set of sets.slice(1))
      for (const example of set.examples)
        expect(set.verify(example, example.completion), example.completion).toBe(true);
    const { examples } = await data.humaneval(sharedPath("data", "humaneval", "HumanEval.jsonl.gz"));
    expect(examples).toHaveLength(164);
    expect(examples[0]).toMatchObject({ id: "HumanEval/0", meta: { entry_point: "has_close_elements" } });
  });
});
