import { expect, test } from "vitest";
import { gridOf } from "../../../kernel/command/run/grid.ts";
import { slug } from "../../../kernel/command/run/pictures/names.ts";

test("two lists and a number are four runs; the last list turns fastest; names are file names", () => {
  const points = gridOf(
    new Map<string, unknown>([
      ["rate", [1e-3, 3e-3]],
      ["steps", 40],
      ["seed", [0, 1]],
    ]),
  );
  expect(points.map(({ name }) => name)).toEqual([
    "rate-0.001.seed-0",
    "rate-0.001.seed-1",
    "rate-0.003.seed-0",
    "rate-0.003.seed-1",
  ]);
  expect(Object.fromEntries(points[2]?.parameters ?? [])).toEqual({ rate: 3e-3, steps: 40, seed: 0 });
  expect(points[2]?.title).toBe("rate 0.003, seed 0");
});

test("a list in a list is one value; values that would share a file name are told apart", () => {
  const [only] = gridOf(new Map<string, unknown>([["depth", [[3, 6]]]]));
  expect([only?.name, only?.parameters.get("depth")]).toEqual(["depth-3-6", [3, 6]]);
  const names = gridOf(new Map<string, unknown>([["arch", ["a b", "a/b", "../c"]]])).map(({ name }) => name);
  expect(names).toEqual(["arch-a-b.1", "arch-a-b.2", "arch-c"]);
});

test("no list, an empty list and more than 1,000 combinations are refused by code", () => {
  const codeOf = (parameters: Record<string, unknown>) => {
    try {
      return gridOf(new Map(Object.entries(parameters))).length;
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  expect(codeOf({ seed: 1 })).toBe("GRID_EMPTY");
  expect(codeOf({ seed: [] })).toBe("GRID_EMPTY");
  const long = Array.from({ length: 40 }, (_, i) => i);
  expect(codeOf({ a: long, b: long })).toBe("GRID_TOO_LARGE");
  expect(codeOf({ a: long, b: [1] })).toBe(40);
});

test("titles become file names of whole words, at most 48 characters", () => {
  expect(slug("Scorecard: is post-training fitting a distribution, yes or no?")).toBe(
    "scorecard-is-post-training-fitting-a",
  );
  expect(slug("../../etc/passwd")).toBe("etc-passwd");
  expect(slug("…")).toBe("output");
});
