// maj@k: the chance that the most frequent answer among k samples is right. Exact expectation over all choices of k of the n samples,
// not the vote of the first k. Differs from common code: (1) exact instead of one draw; (2) samples without an answer (null) do not vote;
// (3) a tie for the top that includes the right answer counts 1 / (number tied), as if broken at random.
import { fault } from "../core/errors.ts";
import { logChoose } from "./interval.ts";

export type TieRule = "random" | "wins" | "loses";
export interface MajorityOptions {
  readonly ties?: TieRule;
  /** Draw with replacement: the vote of k fresh samples from the answers' empirical distribution (plug-in). Default false: unbiased. */
  readonly replacement?: boolean;
}

/** Of `k` draws from `remaining` items, the probability that x are of a class with `count` items. */
function share(x: number, k: number, count: number, remaining: number, replacement: boolean): number {
  if (!replacement)
    return Math.exp(logChoose(count, x) + logChoose(remaining - count, k - x) - logChoose(remaining, k));
  const p = count / remaining;
  if (p === 1) return x === k ? 1 : 0;
  return Math.exp(logChoose(k, x) + x * Math.log(p) + (k - x) * Math.log1p(-p));
}

/**
 * @param answers one per sample, normalised so that equal answers are equal strings; null where none was found
 * @throws TOO_FEW_SAMPLES more draws than samples
 * @example majAtK(["A", "A", "B"], "A", 3) // 1
 */
export function majAtK(
  answers: readonly (string | null)[],
  gold: string,
  k: number,
  options: MajorityOptions = {},
): number {
  const { ties = "random", replacement = false } = options;
  if (!(Number.isInteger(k) && k >= 1 && k <= answers.length))
    throw fault(
      "TOO_FEW_SAMPLES",
      `maj@${k} cannot be estimated from ${answers.length} samples.`,
      "draw at least k samples per problem.",
    );
  const counts = new Map<string, number>();
  for (const answer of answers) if (answer !== null) counts.set(answer, (counts.get(answer) ?? 0) + 1);
  const goldCount = counts.get(gold) ?? 0;
  counts.delete(gold);
  const silent = answers.filter((answer) => answer === null).length;

  let expected = 0;
  for (let top = 1; top <= Math.min(k, replacement && goldCount > 0 ? k : goldCount); top++) {
    // State: [draws left][rivals with exactly `top` votes] -> probability. Classes are dealt one after the other.
    let remaining = answers.length - goldCount;
    let states = new Map([[`${k - top},0`, share(top, k, goldCount, answers.length, replacement)]]);
    const deal = (count: number, most: number, tieAt: number) => {
      const next = new Map<string, number>();
      for (const [state, probability] of states) {
        const [left, tied] = state.split(",").map(Number) as [number, number];
        for (let x = 0; x <= Math.min(left, most, replacement ? left : count); x++) {
          const p = probability * (remaining > 0 ? share(x, left, count, remaining, replacement) : left === 0 ? 1 : 0);
          const to = `${left - x},${tied + (x === tieAt ? 1 : 0)}`;
          if (p > 0) next.set(to, (next.get(to) ?? 0) + p);
        }
      }
      states = next;
      remaining -= count;
    };
    if (silent > 0) deal(silent, k, -1);
    for (const count of counts.values()) deal(count, top, top);
    for (const [state, probability] of states) {
      const [left, tied] = state.split(",").map(Number) as [number, number];
      if (left === 0)
        expected += probability * (tied === 0 || ties === "wins" ? 1 : ties === "loses" ? 0 : 1 / (tied + 1));
    }
  }
  return expected;
}
