// A paired test for scores that are not just right or wrong: were the two models equal, the sign of each problem's difference would be a coin.
// Source: Fisher's randomisation test (1935), by Monte Carlo with the observed value counted in, so that it never rejects too often.
import { integers } from "../core/rng.ts";
import type { Key } from "../core/rng.ts";

/** Resolution 1/2000; a p-value near 0.05 has a standard error of 0.005. */
const FLIPS = 1999;

/**
 * Two-sided p-value of a mean difference of 0.
 * @param differences of the same problems, b - a; zeros carry nothing
 * @example signFlipTest([0, 0], key(0)) // 1
 */
export function signFlipTest(differences: readonly number[], k: Key): number {
  const moved = differences.filter((d) => d !== 0);
  const observed = Math.abs(moved.reduce((a, b) => a + b, 0));
  // 32 coins a word.
  const words = Math.ceil(moved.length / 32);
  const coins = integers(k, FLIPS * words, 2 ** 32);
  let asLarge = 1;
  for (let flip = 0; flip < FLIPS; flip++) {
    let sum = 0;
    for (let i = 0; i < moved.length; i++) {
      const heads = ((coins[flip * words + (i >>> 5)] as number) >>> (i & 31)) & 1;
      sum += heads === 1 ? (moved[i] as number) : -(moved[i] as number);
    }
    if (Math.abs(sum) >= observed - 1e-9) asLarge += 1;
  }
  return asLarge / (FLIPS + 1);
}
