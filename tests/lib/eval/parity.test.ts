// Agreement with reference values made by scipy, numpy and enumeration. What is compared and how closely is in tests/parity/evaluation.ts.
import { describe, expect, test } from "vitest";
import { assertHolds } from "../../parity/comparison.ts";
import { compareEvaluation } from "../../parity/evaluation.ts";
import { hasShared, sharedPath } from "../fixtures.ts";

/** [File, claim, numbers compared in it]. */
const CLAIMS = [
  ["pass_at_k.json", "pass@k and all-of-k equal exact fractions to 1e-9 in 674 cases; k > n is refused", 161 * 2 + 513],
  [
    "maj_at_k.json",
    "maj@k equals the exact expectation to 1e-9, with and without replacement, for three tie rules",
    150,
  ],
  ["bootstrap.json", "percentile intervals of given resamples equal numpy's to 1e-9: single, paired, clustered", 16],
  ["mcnemar.json", "McNemar's exact and mid-p values equal scipy's to 1e-9 relative in 12 cases and from vectors", 26],
  ["wilson.json", "Wilson and Clopper-Pearson equal scipy's to 1e-9 in 13 cases at three levels", 13 * 3 * 4],
  ["bits_per_byte.json", "bits per byte and perplexity agree to 1e-9 relative; tokens of zero bytes are left out", 10],
  ["ngram_overlap.json", "13-gram overlap agrees exactly on 19 texts and on token ids", 20],
] as const;

describe.skipIf(!hasShared)("reference values (skipped without ../shared)", () => {
  test.each(CLAIMS)("%s: %s", (file, _, least) => {
    const comparison = compareEvaluation(sharedPath("fixtures", "eval"), file);
    assertHolds(comparison);
    expect(comparison.compared).toBeGreaterThanOrEqual(least);
  });
});
