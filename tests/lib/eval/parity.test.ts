// Agreement with reference values made by scipy, numpy and enumeration (see ../shared/fixtures/eval).
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { bitsPerByte, perplexity } from "../../../lib/eval/bits.ts";
import { percentileInterval, resampledRatios } from "../../../lib/eval/bootstrap.ts";
import { majAtK } from "../../../lib/eval/majAtK.ts";
import { mcnemar, mcnemarCounts } from "../../../lib/eval/mcnemar.ts";
import { ngramIndex, wordsOf } from "../../../lib/eval/overlap.ts";
import { allOfK, passAtK } from "../../../lib/eval/passAtK.ts";
import { clopperPearson, wilson } from "../../../lib/eval/rate.ts";

const folder = fileURLToPath(new URL("../../../../shared/fixtures/eval/", import.meta.url));
const missing = !existsSync(folder) && !process.env["CI"];
// Shapes differ from file to file and are stated in their README; a wrong field fails the comparison it is used in.
// oxlint-disable-next-line typescript/no-explicit-any
const read = (name: string): any => JSON.parse(readFileSync(`${folder}${name}.json`, "utf8"));
const code = (work: () => unknown) => {
  try {
    work();
  } catch (error) {
    return (error as { code?: string }).code;
  }
  return undefined;
};
const close = (got: number, wanted: number) => expect(Math.abs(got - wanted)).toBeLessThanOrEqual(1e-9);
const closeRelative = (got: number, wanted: number) =>
  expect(Math.abs(got - wanted)).toBeLessThanOrEqual(1e-9 * Math.abs(wanted));

describe.skipIf(missing)("reference values (skipped without ../shared)", () => {
  test("pass@k and all-of-k equal exact fractions to 1e-9 for 161 small and 513 large cases; k > n is refused", () => {
    const fixture = read("pass_at_k");
    for (const { n, c, k, pass_at_k, pass_hat_k_all_correct } of fixture.exact) {
      close(passAtK(n, c, k), pass_at_k.value);
      close(allOfK(n, c, k), pass_hat_k_all_correct.value);
    }
    for (const [n, c, k, value] of fixture.large) close(passAtK(n, c, k), value);
    const problems: [number, number][] = fixture.benchmark.problems_n_c;
    for (const [k, mean] of Object.entries<{ value: number }>(fixture.benchmark.mean_pass_at)) {
      close(problems.reduce((sum, [n, c]) => sum + passAtK(n, c, Number(k)), 0) / problems.length, mean.value);
    }
    for (const { n, c, k } of fixture.undefined_k_greater_than_n)
      expect(code(() => passAtK(n, c, k))).toBe("TOO_FEW_SAMPLES");
    expect(fixture.exact.length + fixture.large.length).toBe(674);
  });

  test("maj@k equals the exact expectation to 1e-9 in 50 cases, with and without replacement, for three tie rules", () => {
    const rules = { random_tie: "random", tie_loses: "loses", tie_wins: "wins" } as const;
    const { cases } = read("maj_at_k");
    for (const { answers, gold, k, without_replacement, with_replacement } of cases) {
      for (const [name, ties] of Object.entries(rules)) {
        close(majAtK(answers, gold, k, { ties }), without_replacement[name].value);
        if (with_replacement)
          close(majAtK(answers, gold, k, { ties, replacement: true }), with_replacement[name].value);
      }
    }
    expect(cases).toHaveLength(50);
  });

  test("percentile intervals of given resamples equal numpy's to 1e-9: single, paired, clustered", () => {
    const { single, paired, clustered } = read("bootstrap");
    const interval = (values: number[], sizes: number[], rows: number[][], confidence: number) =>
      percentileInterval(
        resampledRatios(values, sizes, { n: values.length, indices: Int32Array.from(rows.flat()) }),
        (1 - confidence) / 2,
      );
    const ones = (values: readonly unknown[]) => values.map(() => 1);
    for (const { data, resample_indices, ci } of single) {
      for (const [confidence, { linear }] of Object.entries<{ linear: [number, number] }>(ci)) {
        interval(data, ones(data), resample_indices, Number(confidence)).forEach((end, i) =>
          close(end, linear[i] as number),
        );
      }
    }
    const differences = paired.b.map((b: number, i: number) => b - paired.a[i]);
    interval(differences, ones(differences), paired.resample_indices, 0.95).forEach((end, i) =>
      close(end, paired.ci95_linear[i]),
    );
    const sum = (xs: number[]) => xs.reduce((a, b) => a + b, 0);
    const totals = clustered.clusters.map(sum);
    const sizes = clustered.clusters.map((c: number[]) => c.length);
    const rows = clustered.resample_indices_of_clusters;
    interval(totals, sizes, rows, 0.95).forEach((end, i) => close(end, clustered.pooled_mean.ci95_linear[i]));
    const means = totals.map((total: number, i: number) => total / sizes[i]);
    interval(means, ones(means), rows, 0.95).forEach((end, i) =>
      close(end, clustered.mean_of_cluster_means.ci95_linear[i]),
    );
    expect(single).toHaveLength(5);
  });

  test("McNemar's exact and mid-p values equal scipy's to 1e-9 relative in 12 cases and from vectors", () => {
    const { cases, from_vectors } = read("mcnemar");
    for (const { b, c, exact_two_sided_p, mid_p } of cases) {
      closeRelative(mcnemarCounts(b, c).p, exact_two_sided_p);
      closeRelative(mcnemarCounts(b, c).midP, mid_p);
    }
    const result = mcnemar(from_vectors.a_correct.map(Boolean), from_vectors.b_correct.map(Boolean));
    expect([result.aOnly, result.bOnly]).toEqual([from_vectors.a_only, from_vectors.b_only]);
    closeRelative(result.p, from_vectors.exact_two_sided_p);
    expect(cases).toHaveLength(12);
  });

  test("Wilson and Clopper-Pearson equal scipy's to 1e-9 in 13 cases at three levels", () => {
    const { cases } = read("wilson");
    for (const one of cases) {
      for (const confidence of ["0.9", "0.95", "0.99"]) {
        const wanted = one[confidence];
        const { low, high } = wilson(one.k, one.n, Number(confidence));
        close(low, wanted.wilson[0]);
        close(high, wanted.wilson[1]);
        const exact = clopperPearson(one.k, one.n, Number(confidence));
        close(exact.low, wanted.clopper_pearson[0]);
        close(exact.high, wanted.clopper_pearson[1]);
      }
    }
    expect(cases).toHaveLength(13);
  });

  test("bits per byte and perplexity agree to 1e-9 relative; tokens of zero bytes are left out", () => {
    const { cases, special_tokens, corpus_bits_per_byte_sum_over_sum } = read("bits_per_byte");
    let nats: number[] = [];
    let bytes = 0;
    for (const { text, token_nll_nats, bits_per_byte, token_perplexity } of cases) {
      const size = new TextEncoder().encode(text).length;
      // All bytes on the first token: only the sums count.
      const got = bitsPerByte([token_nll_nats.reduce((a: number, b: number) => a + b, 0)], [size]);
      if (bits_per_byte === null) expect(got).toBeNaN();
      else closeRelative(got, bits_per_byte);
      if (token_perplexity !== null) closeRelative(perplexity(token_nll_nats), token_perplexity);
      nats = [...nats, ...token_nll_nats];
      bytes += size;
    }
    closeRelative(bitsPerByte([nats.reduce((a, b) => a + b, 0)], [bytes]), corpus_bits_per_byte_sum_over_sum);
    closeRelative(bitsPerByte(special_tokens.token_nll_nats, special_tokens.token_bytes), special_tokens.bits_per_byte);
  });

  test("13-gram overlap agrees exactly on 19 texts and on token ids", () => {
    const { text_cases, token_id_case } = read("ngram_overlap");
    for (const one of text_cases) {
      const result = ngramIndex(one.documents.map(wordsOf), one.n).overlap(wordsOf(one.test));
      expect(result, one.why).toEqual({
        hits: one.hit_positions,
        ngrams: one.test_ngrams,
        words: one.test_words,
        coveredShare: one.covered_fraction,
      });
    }
    const { n, train_ids, test_ids, hit_positions } = token_id_case;
    expect(ngramIndex([train_ids], n).overlap(test_ids).hits).toEqual(hit_positions);
    expect(text_cases).toHaveLength(19);
  });
});
