// Intervals of a single rate, k right of n independent tries.
// Sources: Wilson (1927); Clopper and Pearson (1934), by bisection on the binomial distribution.
import { fault } from "../core/errors.ts";
import { binomialCdf, checkConfidence, zOf } from "./interval.ts";
import type { Interval } from "./interval.ts";

function check(k: number, n: number): void {
  if (!(Number.isInteger(k) && Number.isInteger(n) && n >= 1 && k >= 0 && k <= n))
    throw fault(
      "BAD_COUNT",
      `${k} of ${n} is not a rate.`,
      "give how many were right and how many there were, at least 1.",
    );
}

/**
 * Wilson's score interval: near its nominal coverage on average, also at 0 and n right.
 * @example wilson(0, 10) // { value: 0, low: 0, high: 0.27753279986288915 }
 */
export function wilson(k: number, n: number, confidence = 0.95): Interval {
  check(k, n);
  const z = zOf(confidence);
  const p = k / n;
  const centre = (p + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = (z / (1 + (z * z) / n)) * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n));
  return { value: p, low: k === 0 ? 0 : Math.max(0, centre - half), high: k === n ? 1 : Math.min(1, centre + half) };
}

/**
 * The exact interval: never covers less than its nominal share; for claims such as "0 of 40".
 * @example clopperPearson(0, 10) // { value: 0, low: 0, high: 0.3084971078187607 }
 */
export function clopperPearson(k: number, n: number, confidence = 0.95): Interval {
  check(k, n);
  const tail = (1 - checkConfidence(confidence)) / 2;
  const bisect = (isBelow: (p: number) => boolean) => {
    let low = 0;
    let high = 1;
    for (let i = 0; i < 60; i++) {
      const middle = (low + high) / 2;
      if (isBelow(middle)) low = middle;
      else high = middle;
    }
    return (low + high) / 2;
  };
  return {
    value: k / n,
    // P(X >= k) at the lower end and P(X <= k) at the upper one are the tail.
    low: k === 0 ? 0 : bisect((p) => 1 - binomialCdf(k - 1, n, p) < tail),
    high: k === n ? 1 : bisect((p) => binomialCdf(k, n, p) > tail),
  };
}
