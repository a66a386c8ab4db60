// pass@k: the chance that at least one of k samples is right, estimated from n >= k samples of which c were right.
// Source: Chen et al., "Evaluating Large Language Models Trained on Code", arXiv 2107.03374, equation 1, in its stable product form.
// Differs from the published code: k > n is refused instead of answered (there 1 or NaN).
import { fault } from "../core/errors.ts";

function check(n: number, c: number, k: number): void {
  if (!(Number.isInteger(n) && Number.isInteger(c) && c >= 0 && c <= n))
    throw fault(
      "BAD_COUNT",
      `${c} of ${n} samples right is not a count.`,
      "pass samples and how many of them were right.",
    );
  if (!(Number.isInteger(k) && k >= 1 && k <= n))
    throw fault(
      "TOO_FEW_SAMPLES",
      `pass@${k} cannot be estimated from ${n} samples.`,
      "draw at least k samples per problem.",
    );
}

/**
 * 1 - C(n-c, k) / C(n, k), unbiased.
 * @param n samples drawn
 * @param c samples that were right
 * @throws TOO_FEW_SAMPLES k > n; BAD_COUNT c outside 0..n
 * @example passAtK(4, 1, 2) // 0.5
 */
export function passAtK(n: number, c: number, k: number): number {
  check(n, c, k);
  if (n - c < k) return 1;
  let allWrong = 1;
  for (let i = n - c + 1; i <= n; i++) allWrong *= 1 - k / i;
  return 1 - allWrong;
}

/**
 * The chance that all k samples are right, C(c, k) / C(n, k): reliability where pass@k is reach.
 * @example allOfK(4, 2, 2) // 0.16666666666666666
 */
export function allOfK(n: number, c: number, k: number): number {
  check(n, c, k);
  let product = 1;
  for (let i = 0; i < k; i++) product *= Math.max(0, c - i) / (n - i);
  return product;
}
