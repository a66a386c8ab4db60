// A folder of evaluation statistics (pass_at_k.json, maj_at_k.json, …) against ours: numbers made by scipy, numpy and enumeration.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { bitsPerByte, perplexity } from "../../lib/eval/bits.ts";
import { percentileInterval, resampledRatios } from "../../lib/eval/bootstrap.ts";
import { majAtK } from "../../lib/eval/majAtK.ts";
import { mcnemar, mcnemarCounts } from "../../lib/eval/mcnemar.ts";
import { ngramIndex, wordsOf } from "../../lib/eval/overlap.ts";
import { allOfK, passAtK } from "../../lib/eval/passAtK.ts";
import { clopperPearson, wilson } from "../../lib/eval/rate.ts";
import { Comparison } from "./comparison.ts";

// Shapes differ from file to file and are stated in their README; a wrong field fails the comparison it is used in.
// oxlint-disable-next-line typescript/no-explicit-any
type Reference = any;

const code = (work: () => unknown) => {
  try {
    work();
  } catch (error) {
    return (error as { code?: string }).code;
  }
  return "accepted";
};

/** A comparison within 1e-9, absolute or relative. */
class Close extends Comparison {
  close(got: number, wanted: number, at = ""): void {
    this.number(got, wanted, { absolute: 1e-9 }, at);
  }
  closeRelative(got: number, wanted: number, at = ""): void {
    this.number(got, wanted, { relative: 1e-9 }, at);
  }
}

/** pass@k and all-of-k equal exact fractions to 1e-9 for 161 small and 513 large cases; k > n is refused */
function comparePassAtK(reference: Reference): Comparison {
  const comparison = new Close("pass@k and all of k");
  for (const { n, c, k, pass_at_k, pass_hat_k_all_correct } of reference.exact) {
    comparison.close(passAtK(n, c, k), pass_at_k.value);
    comparison.close(allOfK(n, c, k), pass_hat_k_all_correct.value);
  }
  for (const [n, c, k, value] of reference.large) comparison.close(passAtK(n, c, k), value);
  const problems: [number, number][] = reference.benchmark.problems_n_c;
  for (const [k, mean] of Object.entries<{ value: number }>(reference.benchmark.mean_pass_at)) {
    comparison.close(problems.reduce((sum, [n, c]) => sum + passAtK(n, c, Number(k)), 0) / problems.length, mean.value);
  }
  for (const { n, c, k } of reference.undefined_k_greater_than_n)
    comparison.same(
      code(() => passAtK(n, c, k)),
      "TOO_FEW_SAMPLES",
      `k ${k} of ${n}`,
    );
  return comparison;
}

/** maj@k equals the exact expectation to 1e-9 in 50 cases, with and without replacement, for three tie rules */
function compareMajAtK(reference: Reference): Comparison {
  const comparison = new Close("maj@k");
  const rules = { random_tie: "random", tie_loses: "loses", tie_wins: "wins" } as const;
  const { cases } = reference;
  for (const { answers, gold, k, without_replacement, with_replacement } of cases) {
    for (const [name, ties] of Object.entries(rules)) {
      comparison.close(majAtK(answers, gold, k, { ties }), without_replacement[name].value);
      if (with_replacement)
        comparison.close(majAtK(answers, gold, k, { ties, replacement: true }), with_replacement[name].value);
    }
  }
  return comparison;
}

/** percentile intervals of given resamples equal numpy's to 1e-9: single, paired, clustered */
function compareIntervals(reference: Reference): Comparison {
  const comparison = new Close("percentile intervals");
  const { single, paired, clustered } = reference;
  const interval = (values: number[], sizes: number[], rows: number[][], confidence: number) =>
    percentileInterval(
      resampledRatios(values, sizes, { n: values.length, indices: Int32Array.from(rows.flat()) }),
      (1 - confidence) / 2,
    );
  const ones = (values: readonly unknown[]) => values.map(() => 1);
  for (const { data, resample_indices, ci } of single) {
    for (const [confidence, { linear }] of Object.entries<{ linear: [number, number] }>(ci)) {
      interval(data, ones(data), resample_indices, Number(confidence)).forEach((end, i) =>
        comparison.close(end, linear[i] as number),
      );
    }
  }
  const differences = paired.b.map((b: number, i: number) => b - paired.a[i]);
  interval(differences, ones(differences), paired.resample_indices, 0.95).forEach((end, i) =>
    comparison.close(end, paired.ci95_linear[i]),
  );
  const sum = (xs: number[]) => xs.reduce((a, b) => a + b, 0);
  const totals = clustered.clusters.map(sum);
  const sizes = clustered.clusters.map((c: number[]) => c.length);
  const rows = clustered.resample_indices_of_clusters;
  interval(totals, sizes, rows, 0.95).forEach((end, i) => comparison.close(end, clustered.pooled_mean.ci95_linear[i]));
  const means = totals.map((total: number, i: number) => total / sizes[i]);
  interval(means, ones(means), rows, 0.95).forEach((end, i) =>
    comparison.close(end, clustered.mean_of_cluster_means.ci95_linear[i]),
  );
  return comparison;
}

/** McNemar's exact and mid-p values equal scipy's to 1e-9 relative in 12 cases and from vectors */
function compareMcnemar(reference: Reference): Comparison {
  const comparison = new Close("McNemar");
  const { cases, from_vectors } = reference;
  for (const { b, c, exact_two_sided_p, mid_p } of cases) {
    comparison.closeRelative(mcnemarCounts(b, c).p, exact_two_sided_p);
    comparison.closeRelative(mcnemarCounts(b, c).midP, mid_p);
  }
  const result = mcnemar(from_vectors.a_correct.map(Boolean), from_vectors.b_correct.map(Boolean));
  comparison.same([result.aOnly, result.bOnly], [from_vectors.a_only, from_vectors.b_only], "from vectors");
  comparison.closeRelative(result.p, from_vectors.exact_two_sided_p);
  return comparison;
}

/** Wilson and Clopper-Pearson equal scipy's to 1e-9 in 13 cases at three levels */
function compareRates(reference: Reference): Comparison {
  const comparison = new Close("Wilson and Clopper-Pearson");
  const { cases } = reference;
  for (const one of cases) {
    for (const confidence of ["0.9", "0.95", "0.99"]) {
      const wanted = one[confidence];
      const { low, high } = wilson(one.k, one.n, Number(confidence));
      comparison.close(low, wanted.wilson[0]);
      comparison.close(high, wanted.wilson[1]);
      const exact = clopperPearson(one.k, one.n, Number(confidence));
      comparison.close(exact.low, wanted.clopper_pearson[0]);
      comparison.close(exact.high, wanted.clopper_pearson[1]);
    }
  }
  return comparison;
}

/** bits per byte and perplexity agree to 1e-9 relative; tokens of zero bytes are left out */
function compareBits(reference: Reference): Comparison {
  const comparison = new Close("bits per byte, perplexity");
  const { cases, special_tokens, corpus_bits_per_byte_sum_over_sum } = reference;
  let nats: number[] = [];
  let bytes = 0;
  for (const { text, token_nll_nats, bits_per_byte, token_perplexity } of cases) {
    const size = new TextEncoder().encode(text).length;
    // All bytes on the first token: only the sums count.
    const got = bitsPerByte([token_nll_nats.reduce((a: number, b: number) => a + b, 0)], [size]);
    if (bits_per_byte === null) comparison.number(got, Number.NaN, {}, text);
    else comparison.closeRelative(got, bits_per_byte);
    if (token_perplexity !== null) comparison.closeRelative(perplexity(token_nll_nats), token_perplexity);
    nats = [...nats, ...token_nll_nats];
    bytes += size;
  }
  comparison.closeRelative(bitsPerByte([nats.reduce((a, b) => a + b, 0)], [bytes]), corpus_bits_per_byte_sum_over_sum);
  comparison.closeRelative(
    bitsPerByte(special_tokens.token_nll_nats, special_tokens.token_bytes),
    special_tokens.bits_per_byte,
  );
  return comparison;
}

/** 13-gram overlap agrees exactly on 19 texts and on token ids */
function compareOverlap(reference: Reference): Comparison {
  const comparison = new Close("13-gram overlap");
  const { text_cases, token_id_case } = reference;
  for (const one of text_cases) {
    const result = ngramIndex(one.documents.map(wordsOf), one.n).overlap(wordsOf(one.test));
    const { hits, ngrams, words, coveredShare } = result;
    const ours = [hits, ngrams, words, coveredShare];
    comparison.same(ours, [one.hit_positions, one.test_ngrams, one.test_words, one.covered_fraction], one.why);
  }
  const { n, train_ids, test_ids, hit_positions } = token_id_case;
  comparison.same(ngramIndex([train_ids], n).overlap(test_ids).hits, hit_positions, "token ids");
  return comparison;
}

/** What each file is compared by. */
export const EVALUATION_FILES: Readonly<Record<string, (reference: Reference) => Comparison>> = {
  "pass_at_k.json": comparePassAtK,
  "maj_at_k.json": compareMajAtK,
  "bootstrap.json": compareIntervals,
  "mcnemar.json": compareMcnemar,
  "wilson.json": compareRates,
  "bits_per_byte.json": compareBits,
  "ngram_overlap.json": compareOverlap,
};

/** @param name one of EVALUATION_FILES */
export function compareEvaluation(folder: string, name: string): Comparison {
  const compare = EVALUATION_FILES[name] as (reference: Reference) => Comparison;
  return compare(JSON.parse(readFileSync(join(folder, name), "utf8")));
}
