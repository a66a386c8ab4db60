// What a right answer costs, with its interval: beside Fieller's where both parts have symmetric ends, and where Fieller's fails.
import { expect, test } from "vitest";
import { key } from "../../../lib/core/rng.ts";
import { clusteredIntervals, type ClusteredIntervals } from "../../../lib/eval/clustered.ts";
import { perRight } from "../../../lib/eval/perRight.ts";

const problems = (n: number) => Array.from({ length: n }, () => ({ meta: {} }));
const ones = (n: number) => Array.from({ length: n }, () => 1);
const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
const intervals = clusteredIntervals(key(0), 0.95);

test("with symmetric intervals of both parts it is Fieller's: the ratios whose difference from what was seen is within the quantile", () => {
  const amounts = [4, 9, 7, 12, 5, 6, 10, 8];
  const right = [1, 0, 1, 0, 1, 1, 0, 1];
  const n = amounts.length;
  const quantile = 2.3646;
  const moment = (x: readonly number[], y: readonly number[]) =>
    sum(x.map((v, i) => (v - sum(x) / n) * ((y[i] as number) - sum(y) / n))) / (n - 1) / n;
  const students: ClusteredIntervals["ratio"] = (_, totals) => {
    const half = quantile * Math.sqrt(moment(totals, totals));
    return { value: sum(totals) / n, low: sum(totals) / n - half, high: sum(totals) / n + half };
  };
  const found = perRight({ ...intervals, ratio: students, share: students }, problems(n), amounts, right, ones(n));
  for (const end of [found?.low ?? Number.NaN, found?.high ?? Number.NaN]) {
    const variance = moment(amounts, amounts) - 2 * end * moment(amounts, right) + end ** 2 * moment(right, right);
    expect(Math.abs(sum(amounts) - end * sum(right)) / n).toBeCloseTo(quantile * Math.sqrt(variance), 9);
  }
  expect(found?.value).toBe(sum(amounts) / sum(right));
  expect(found?.low).toBeLessThan(found?.value ?? 0);
  expect(found?.high).toBeGreaterThan(found?.value ?? Infinity);
});

test("an amount that is always the same has the accuracy's interval turned over, also where every answer is right", () => {
  for (const right of [
    [1, 1, 1, 1, 1],
    [1, 0, 0, 1, 1],
    [1, 0, 0, 0, 0],
  ]) {
    const { value, low, high } = intervals.share(problems(5), right, ones(5));
    const found = perRight(intervals, problems(5), [7, 7, 7, 7, 7], right, ones(5));
    expect(found?.value).toBeCloseTo(7 / value, 12);
    expect(found?.low).toBeCloseTo(7 / high, 9);
    expect(found?.high).toBeCloseTo(7 / low, 6);
  }
});

test("nothing right has no cost; one problem says nothing about others; an amount of nothing costs nothing", () => {
  expect(perRight(intervals, problems(3), [1, 2, 3], [0, 0, 0], ones(3))).toBeNull();
  expect(perRight(intervals, problems(1), [4], [1], [1])).toEqual({ value: 4, low: Number.NaN, high: Number.NaN });
  expect(perRight(intervals, problems(3), [0, 0, 0], [1, 0, 1], ones(3))).toEqual({ value: 0, low: 0, high: 0 });
});
