// Estimators over subsets of samples against all subsets, written out.
import { expect, test } from "vitest";
import { majAtK } from "../../../lib/eval/majAtK.ts";
import { allOfK, passAtK } from "../../../lib/eval/passAtK.ts";

/** All subsets of k indices of n. */
function subsets(n: number, k: number, from = 0): number[][] {
  if (k === 0) return [[]];
  return Array.from({ length: Math.max(0, n - from) }, (_, i) => from + i).flatMap((first) =>
    subsets(n, k - 1, first + 1).map((rest) => [first, ...rest]),
  );
}
const mean = (values: readonly number[]) => values.reduce((sum, x) => sum + x, 0) / values.length;

test("pass@k and all-of-k of every n up to 8, c and k are the shares of all subsets, within 1e-12", () => {
  for (let n = 1; n <= 8; n++)
    for (let c = 0; c <= n; c++)
      for (let k = 1; k <= n; k++) {
        const all = subsets(n, k);
        expect(passAtK(n, c, k)).toBeCloseTo(mean(all.map((s) => Number(s.some((i) => i < c)))), 12);
        expect(allOfK(n, c, k)).toBeCloseTo(mean(all.map((s) => Number(s.every((i) => i < c)))), 12);
      }
});

test("maj@k of every assignment of up to 6 samples to three answers is the mean over all subsets, ties shared", () => {
  for (let n = 1; n <= 6; n++)
    for (let code = 0; code < 3 ** n; code++) {
      const votes = Array.from({ length: n }, (_, i) => "abc"[Math.floor(code / 3 ** i) % 3] as string);
      for (let k = 1; k <= n; k++) {
        const shares = subsets(n, k).map((subset) => {
          const counts = ["a", "b", "c"].map((answer) => subset.filter((i) => votes[i] === answer).length);
          const most = Math.max(...counts);
          return counts[0] === most ? 1 / counts.filter((count) => count === most).length : 0;
        });
        expect(majAtK(votes, "a", k), `${votes.join("")} ${k}`).toBeCloseTo(mean(shares), 10);
      }
    }
});
