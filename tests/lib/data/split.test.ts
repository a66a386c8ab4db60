import { expect, expectTypeOf, test } from "vitest";
import { data, type ExampleSet } from "blankslate";

const tasks = (n: number) =>
  data.rows(
    Array.from({ length: n }, (_, i) => ({ question: `${i} + 1 =`, answer: i + 1, level: i % 3 })),
    { prompt: "question", completion: "answer", meta: ["level"], name: "sums" },
  );

test("data.rows makes examples of plain objects as data.jsonl does of lines, and names the row that lacks a column", async () => {
  const set = await tasks(3);
  expect(set).toMatchObject({ name: "sums", duplicates: 0 });
  expect(set.examples[2]).toMatchObject({ prompt: "2 + 1 =", completion: "3", meta: { level: 2 } });
  expect(set.verify(set.examples[2]!, " 3\n")).toBe(true);
  await expect(data.rows([{ q: "a" }], { prompt: "q", completion: "a" })).rejects.toMatchObject({
    code: "COLUMN_MISSING",
    message: expect.stringContaining("the row has q."),
  });
});

test("data.split: shares hold on average, no prompt is in two parts, and examples that come later move none that was there", async () => {
  const shares = { train: 8, prompts: 1, test: 1 };
  const parts = data.split(await tasks(2000), shares);
  expectTypeOf(parts).toEqualTypeOf<Record<"train" | "prompts" | "test", ExampleSet>>();
  const sizes = Object.values(parts).map(({ examples }) => examples.length);
  expect(sizes.reduce((a, b) => a + b)).toBe(2000);
  // Binomial: four standard deviations of 2,000 draws are 72 and 54.
  expect(Math.abs(sizes[0]! - 1600)).toBeLessThan(72);
  expect(Math.abs(sizes[2]! - 200)).toBeLessThan(54);
  expect(parts.test.name).toBe("sums test");
  const twice = await tasks(20);
  const again = {
    ...twice,
    examples: [...twice.examples, ...twice.examples.map((one) => ({ ...one, id: `${one.id}b` }))],
  };
  const halves = data.split(again, { a: 1, b: 1 });
  const prompts = (set: ExampleSet): Set<string> => new Set(set.examples.map(({ prompt }) => prompt));
  expect(prompts(halves.a).isDisjointFrom(prompts(halves.b))).toBe(true);
  const fewer = prompts(data.split(await tasks(500), shares).test);
  expect(fewer.isSubsetOf(prompts(parts.test))).toBe(true);
  expect(prompts(data.split(await tasks(500), shares, { seed: 1 }).test)).not.toEqual(fewer);
});

test("a share that is none and a part without examples are errors that name the part", async () => {
  const set = await tasks(3);
  expect(() => data.split(set, { train: 1, test: 0 })).toThrow(/BAD_SHARES|the share of test is 0/);
  expect(() => data.split(set, { train: 1, test: 1e-9 })).toThrow(/no example for test/);
});
