// Files in the hub's layouts and with its columns (written by pyarrow 26, rows of our own), found offline in the hub's cache.
import { execFile } from "node:child_process";
import { cp, mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createPrivateTemporaryDirectory, removePath } from "../../../lib/core/files.ts";
import type { Files } from "../../../lib/data/benchmarks.ts";
import { data } from "../../../lib/data/data-sets.ts";
import type { LoadedSet } from "../../../lib/data/examples.ts";
import type { HubOptions } from "../../../lib/data/hub/files.ts";
import { sandbox } from "../../../lib/data/sandbox/sandbox.ts";
import { evaluateModels } from "../../../lib/eval/evaluate.ts";
import { init } from "../../../lib/model/init.ts";
import { trainBpe } from "../../../lib/tokenizer/bpe.ts";
import { useEngine } from "../../../lib/tensor/backend.ts";

const COMMIT = "0123456789abcdef0123456789abcdef01234567";
const FOLDER = join(import.meta.dirname, "benchmarks");
const saved = { ...process.env };
let cache: string;

beforeAll(async () => {
  cache = await createPrivateTemporaryDirectory("blankslate-benchmarks");
  for (const name of await readdir(FOLDER)) {
    const place = join(cache, `datasets--owner--${name}`);
    await cp(join(FOLDER, name), join(place, "snapshots", COMMIT), { recursive: true });
    await mkdir(join(place, "refs"));
    await writeFile(join(place, "refs/main"), COMMIT);
  }
  Object.assign(process.env, { HF_HUB_CACHE: cache, HF_HUB_OFFLINE: "1" });
  await useEngine("wasm");
  return async () => {
    process.env = { ...saved };
    await removePath(cache);
  };
});
afterAll(() => sandbox.close());

const mathOf = (name: string) => (files: Files) => data.math(files, name);
/** What the hub calls it, how it is asked for, who reads it, examples, and keys of meta. */
const SETS: readonly (readonly [
  string,
  HubOptions,
  (files: Files) => Promise<LoadedSet>,
  number,
  readonly string[],
])[] = [
  ["gsm8k", { config: "main", split: "test" }, data.gsm8k, 2, []],
  ["math-500", { split: "test" }, mathOf("MATH-500"), 2, ["subject", "level"]],
  ["hendrycks_math", { config: "algebra", split: "test" }, mathOf("MATH algebra"), 1, ["subject", "level"]],
  ["aime", {}, mathOf("AIME"), 1, []],
  ["aime_2024", {}, mathOf("AIME 2024"), 1, []],
  ["openai_humaneval", { split: "test" }, data.humaneval, 1, ["entry_point", "test"]],
  ["mbpp", { config: "full", split: "test" }, data.mbpp, 1, ["tests", "setup"]],
  ["mbpp", { config: "sanitized", split: "test" }, data.mbpp, 1, ["tests", "setup"]],
];
const load = ([name, options, read]: (typeof SETS)[number]) => data.hub(`owner/${name}`, options).then(read);

test.each(SETS.map((set) => [set[0], set] as const))(
  "%s from the hub's cache: its references are right, other answers are not",
  async (_, set) => {
    const { examples, verify } = await load(set);
    expect(examples).toHaveLength(set[3]);
    for (const example of examples) {
      expect(Object.keys(example.meta)).toEqual(set[4]);
      expect(await verify(example, example.completion)).toBe(true);
      expect(await verify(example, "\\boxed{-7} #### -7")).toBe(false);
    }
  },
);

test("every format and every naming of the columns is one example: kinds of problems are read as texts", async () => {
  const arrow = await data.gsm8k(join(FOLDER, "gsm8k/gsm8k-test.arrow"));
  const parquet = await load(SETS[0] as (typeof SETS)[number]);
  expect([arrow.name, parquet.name]).toEqual(["GSM8K test", "GSM8K test"]);
  expect(arrow.examples).toEqual(parquet.examples);
  const [withAnswer, without] = await Promise.all([SETS[1], SETS[2]].map((set) => load(set as (typeof SETS)[number])));
  expect(without?.examples[0]).toEqual(withAnswer?.examples[1]);
  expect(without?.examples[0]?.meta).toEqual({ subject: "Algebra", level: "level 3" });
  const both = await data.math([
    join(FOLDER, "math-500/test.jsonl"),
    join(FOLDER, "hendrycks_math/algebra/test-00000-of-00001.parquet"),
  ]);
  expect([both.examples.length, both.duplicates]).toEqual([2, 1]);
  await expect(
    data.math(join(FOLDER, "openai_humaneval/openai_humaneval/test-00000-of-00001.parquet")),
  ).rejects.toThrow(/column problem is not there/u);
  await expect(data.mbpp(join(FOLDER, "math-500/test.jsonl"))).rejects.toMatchObject({ code: "MBPP_INVALID" });
});

test("a blank slate is evaluated on all of them at once, and is told by subject and level", async () => {
  const sets: Record<string, LoadedSet> = {};
  for (const [i, set] of SETS.entries()) sets[`${i} ${set[0]}`] = await load(set);
  const texts = Object.values(sets).flatMap((set) => set.examples.flatMap((e) => [e.prompt, e.completion]));
  const blank = await init({
    vocab: trainBpe(texts, { vocabSize: 300 }),
    layers: 1,
    width: 16,
    heads: 2,
    maxLength: 512,
    seed: 0,
  });
  const { rows } = await evaluateModels({ blank }, sets, { maxNewTokens: 8 });
  expect(rows.map((row) => [row.accuracy.value, row.problems])).toEqual(SETS.map((set) => [0, set[3]]));
  expect(rows[1]?.byCategory.map(({ category }) => category)).toEqual(["Algebra", "Prealgebra", "level 1", "level 3"]);
  blank.dispose();
});

test("a program that ends with `await sandbox.close()` ends well", async () => {
  const script = `import { sandbox } from ${JSON.stringify(new URL("../../../lib/data/sandbox/sandbox.ts", import.meta.url).href)};
    await sandbox.run("javascript", "1"); await sandbox.close(); console.log("closed");`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script]);
  expect(stdout).toBe("closed\n");
});
