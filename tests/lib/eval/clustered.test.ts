import { expect, test } from "vitest";
import { key } from "../../../lib/core/rng.ts";
import { clusteredIntervals } from "../../../lib/eval/clustered.ts";

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
