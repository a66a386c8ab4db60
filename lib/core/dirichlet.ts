// A point of the simplex from the symmetric Dirichlet distribution: n gamma variates over their sum.
// Source: Marsaglia and Tsang, "A simple method for generating gamma variables", ACM TOMS 26 (2000), with their boost for alpha < 1.
// Differs from the paper: (1) no squeeze test, which only saves logarithms; (2) the gammas stay logarithms until they are normalised, because
// with a small alpha most of them underflow, and all of them may.
import { exp, log } from "./elementary.ts";

function logGamma(alpha: number, uniform: () => number, normal: () => number): number {
  if (alpha < 1) return logGamma(alpha + 1, uniform, normal) + log(uniform()) / alpha;
  const d = alpha - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = normal();
    const base = 1 + c * x;
    if (base <= 0) continue;
    const v = base * base * base;
    if (log(uniform()) < 0.5 * x * x + d - d * v + d * log(v)) return log(d) + log(v);
  }
}

/**
 * @param uniform strictly inside (0, 1)
 * @returns n non-negative numbers with sum 1
 */
export function dirichlet(alpha: number, n: number, uniform: () => number, normal: () => number): number[] {
  const logs = Array.from({ length: n }, () => logGamma(alpha, uniform, normal));
  const top = Math.max(...logs);
  const weights = logs.map((x) => exp(x - top));
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((w) => w / sum);
}
