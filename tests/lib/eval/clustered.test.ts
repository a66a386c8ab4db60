import { expect, test } from "vitest";
import { key } from "../../../lib/core/rng.ts";
import { clusteredIntervals } from "../../../lib/eval/clustered.ts";
import { pairedTest } from "../../../lib/eval/pairedTest.ts";

const { difference, mean, rate } = clusteredIntervals(key(0), 0.95);
const problems = (n: number, template?: (i: number) => string) =>
  Array.from({ length: n }, (_, i) => ({ meta: template ? { template: template(i) } : {} }));

test("20 pairs without a difference do not prove that there is none: the interval reaches 16 points either way", () => {
  const none = difference(
    problems(20),
    Array.from({ length: 20 }, () => 0),
  );
  expect(none.value).toBe(0);
  expect(none.high).toBeCloseTo(0.161, 3);
  expect(none.low).toBeCloseTo(-0.161, 3);
  expect(
    difference(
      problems(2000),
      Array.from({ length: 2000 }, () => 0),
    ).high,
  ).toBeLessThan(0.002);
  const all = difference(
    problems(20),
    Array.from({ length: 20 }, () => 1),
  );
  expect(all).toMatchObject({ value: 1, high: 1 });
  expect(all.low).toBeLessThan(0.7);
});

test("100 problems of 5 templates that stand or fall together are 5 observations, and the interval is wider", () => {
  const right = Array.from({ length: 100 }, (_, i) => (i % 5 < 3 ? 1 : 0));
  const width = ({ low, high }: { low: number; high: number }) => high - low;
  const clustered = mean(
    problems(100, (i) => `t${i % 5}`),
    right,
  );
  expect(clustered.value).toBeCloseTo(0.6);
  expect(width(clustered)).toBeGreaterThan(3 * width(rate(problems(100), right)));
});

test("of one problem, or one template, nothing is said about others: no ends, or all that a share can be", () => {
  const { ratio } = clusteredIntervals(key(0), 0.95);
  const one = problems(6, () => "the only one");
  expect(ratio(one, [1, 2, 3, 1, 2, 3], [1, 1, 1, 1, 1, 1])).toEqual({ value: 2, low: Number.NaN, high: Number.NaN });
  expect(rate(one, [1, 0, 1, 0, 1, 0])).toEqual({ value: 0.5, low: 0, high: 1 });
  expect(difference(one, [1, 0, 0, 0, 0, -1])).toEqual({ value: 0, low: Number.NaN, high: Number.NaN });
  // Two are two observations, and Student's quantile for one degree of freedom is 12.7.
  const two = ratio(problems(2), [1, 3], [1, 1]);
  expect([two.value, two.low]).toEqual([2, 0]);
  expect(two.high).toBeCloseTo(2 + 12.706, 2);
});

test("a share near 1 of 12 problems reaches down as Wilson's would, and never out of [0, 1]", () => {
  const right = [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0.875, 1];
  const near = rate(problems(12), right);
  expect(near.value).toBeCloseTo(0.9896, 4);
  expect(near.high).toBeLessThan(1);
  expect(near.low).toBeGreaterThan(0.9);
  expect(near.low).toBeLessThan(0.97);
});

test("one lead of 30 problems on each of two templates is two observations, and proves nothing", () => {
  const differences = Array.from({ length: 60 }, (_, i) => (i % 3 === 0 ? 0 : 1));
  expect(pairedTest(problems(60), differences, key(0))).toBeLessThan(1e-9);
  expect(
    pairedTest(
      problems(60, (i) => `t${i % 2}`),
      differences,
      key(0),
    ),
  ).toBeGreaterThan(0.4);
});
