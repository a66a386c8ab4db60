// Advantages, policy losses with their gradients, and KL estimators against reference numbers made with PyTorch and cross-checked with TRL and verl.
import { beforeAll, describe, expect, test } from "vitest";
import { groupAdvantages, groupsOf, leaveOneOut, returnsToGo, whiten } from "../../../lib/train/advantage.ts";
import { tokenWeights } from "../../../lib/train/aggregate.ts";
import type { Aggregation } from "../../../lib/train/aggregate.ts";
import { tokenRewards } from "../../../lib/train/algorithms/reinforce-plus-plus.ts";
import { penalisedRewards } from "../../../lib/train/algorithms/rloo.ts";
import { k3, klEstimate } from "../../../lib/train/kl.ts";
import { surrogate } from "../../../lib/train/surrogate.ts";
import * as tf from "../../../lib/tensor/tf.ts";
import { engines, useEngineNamed } from "../engines.ts";
import { hasFixtures, readJson } from "../model/fixtures.ts";

interface Numbers {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}
interface PolicyCase {
  readonly name: string;
  readonly advantage: string;
  readonly aggregation: string;
  readonly clip_low: number;
  readonly clip_high: number;
  readonly beta_k3: number;
  readonly ratio_level: string;
  readonly old_is_new?: boolean;
  readonly loss: number;
  readonly grad_logp_new: Numbers;
  readonly stats: { readonly clip_fraction_low?: number; readonly clip_fraction_high?: number };
}
interface Losses {
  readonly inputs: Readonly<Record<string, Numbers>> & { readonly G: number; readonly N: number; readonly T: number };
  readonly advantages: Readonly<Record<string, Numbers>>;
  readonly policy_losses: readonly PolicyCase[];
  readonly two_micro_batches_of_half: {
    readonly split_rows: readonly number[];
    readonly clip_low: number;
    readonly clip_high: number;
    readonly advantage: string;
    readonly token_sum_over_global_token_count: { readonly loss: number; readonly grad_logp_new: Numbers };
  };
  readonly rloo_sequence: {
    readonly kl_coef: number;
    readonly penalised_rewards: Numbers;
    readonly advantages: Numbers;
  };
  readonly kl_estimators: Readonly<
    Record<"k1" | "k2" | "k3", { readonly per_token: Numbers; readonly grad_logp_new_of_mean: Numbers }>
  >;
  readonly reinforce_pp: {
    readonly kl_coef: number;
    readonly token_rewards: Numbers;
    readonly "gamma_1.0": { readonly returns: Numbers; readonly "whitened_biased_var_floor1e-8": Numbers };
    readonly "gamma_0.95": { readonly returns: Numbers; readonly "whitened_biased_var_floor1e-8": Numbers };
  };
}

/** [Their name, ours]: "bnpo" over one batch is the token mean. */
const AGGREGATIONS: Readonly<Record<string, Aggregation>> = {
  grpo: "sequence-mean",
  bnpo: "token-mean",
  dapo: "token-mean",
  dr_grpo: "fixed-length",
  sequence_sum_mean: "sequence-sum",
};
const FIXED_LENGTH = 16;

function close(ours: ArrayLike<number>, theirs: ArrayLike<number>, tolerance: number): void {
  expect(ours.length).toBe(theirs.length);
  for (let i = 0; i < theirs.length; i++)
    expect(Math.abs((ours[i] as number) - (theirs[i] as number)), `element ${i}`).toBeLessThanOrEqual(tolerance);
}

describe.skipIf(!hasFixtures).each([101, 102])("seed %i:", (seed) => {
  const losses = (hasFixtures ? readJson("losses", `losses_seed${seed}.json`) : undefined) as Losses;
  const data = (name: string) => (losses.inputs[name] as Numbers).data;
  const { G, N, T } = losses?.inputs ?? {};
  /** Rows of one of the [N, T] inputs, cut to the tokens that `mask` counts from the start. */
  const rows = (name: string, mask = "prefix_mask") =>
    Array.from({ length: N }, (_, r) => {
      const length = data(mask)
        .slice(r * T, (r + 1) * T)
        .reduce((sum, m) => sum + m, 0);
      return Float32Array.from(data(name).slice(r * T, r * T + length));
    });
  const flat = (ragged: readonly ArrayLike<number>[]) =>
    ragged.flatMap((row) => [...Array.from(row), ...Array.from({ length: T - row.length }, () => 0)]);

  test("advantages within 1e-5: group, batch and no scaling, leave-one-out", () => {
    const rewards = Float64Array.from(data("rewards"));
    const reference = (name: string) => (losses.advantages[name] as Numbers).data;
    close(groupAdvantages(rewards, G, "group"), reference("grpo_std_unbiased_eps1e-4"), 1e-5);
    close(groupAdvantages(rewards, G, "batch"), reference("batch_std_unbiased_eps1e-4"), 1e-5);
    close(groupAdvantages(rewards, G, "none"), reference("dr_grpo_mean_only"), 1e-5);
    close(leaveOneOut(rewards, G), reference("rloo"), 1e-5);
    const still = groupsOf(rewards, G).map((group) => (group.every((x) => x === group[0]) ? 1 : 0));
    expect(still).toEqual(reference("zero_std_group"));
  });

  test("RLOO and REINFORCE++ put KL into the reward as the references do", () => {
    const [oldLogProbs, refLogProbs] = [rows("logp_old"), rows("logp_ref")];
    const rewards = Float64Array.from(data("rewards"));
    const rollouts = { rewards, groupSize: G, oldLogProbs, refLogProbs };
    const { reinforce_pp: plus } = losses;
    const perToken = tokenRewards(rollouts, plus.kl_coef);
    close(flat(perToken), plus.token_rewards.data, 1e-5);
    for (const [gamma, reference] of [
      [1, plus["gamma_1.0"]],
      [0.95, plus["gamma_0.95"]],
    ] as const) {
      const returns = returnsToGo(perToken, gamma);
      close(flat(returns), reference.returns.data, 1e-5);
      close(flat(whiten(returns)), reference["whitened_biased_var_floor1e-8"].data, 1e-5);
    }
    if (seed !== 101) return; // the other seed's mask has gaps, which completions of ours never have
    const penalised = penalisedRewards(rollouts, losses.rloo_sequence.kl_coef);
    close(penalised, losses.rloo_sequence.penalised_rewards.data, 1e-5);
    close(leaveOneOut(penalised, G), losses.rloo_sequence.advantages.data, 1e-5);
  });

  describe.each(engines)("on %s", (engine) => {
    beforeAll(() => useEngineNamed(engine));

    const counted = () => {
      const mask = data("mask");
      return Int32Array.from({ length: N }, (_, r) => mask.slice(r * T, (r + 1) * T).reduce((sum, m) => sum + m, 0));
    };
    const perToken = (perRow: ArrayLike<number>) =>
      data("mask").map((m, i) => m * (perRow[Math.floor(i / T)] as number));

    async function evaluate(one: PolicyCase, weights: readonly number[], keep: (i: number) => boolean = () => true) {
      const total = counted().reduce((sum, length) => sum + length, 0);
      const feeds = {
        weights: tf.tensor1d(weights.map((weight, i) => (keep(i) ? weight : 0))),
        shares: tf.tensor1d(data("mask").map((m, i) => (keep(i) ? m / total : 0))),
        advantages: tf.tensor1d(perToken((losses.advantages[one.advantage] as Numbers).data)),
        oldLogProbs: tf.tensor1d([...data(one.old_is_new ? "logp_new" : "logp_old")]),
        refLogProbs: tf.tensor1d([...data("logp_ref")]),
      };
      const loss = surrogate({ clipRange: [one.clip_low, one.clip_high], klWeight: one.beta_k3 });
      const [dLogProbs, ...metrics] = tf.tidy(() => {
        const logProbs = tf.tensor1d([...data("logp_new")]);
        const policy = { logProbs, entropy: () => tf.zerosLike(logProbs), back: () => tf.zeros<tf.Rank.R2>([0, 0]) };
        const out = loss(policy, feeds);
        return [out.dLogProbs, ...out.metrics];
      }) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
      const gradient = await dLogProbs.data();
      const [value, , , clipShare] = await Promise.all(
        metrics.map(async (metric) => (await metric.data())[0] as number),
      );
      tf.dispose([dLogProbs, ...metrics, ...Object.values(feeds)]);
      return { gradient, value: value as number, clipShare: clipShare as number };
    }

    const cases = (losses?.policy_losses ?? []).filter((one) => one.ratio_level === "token");
    test.each(cases)("$name: loss within 2e-6, gradient within 1e-6, clip share exact", async (one) => {
      const perRow = tokenWeights(AGGREGATIONS[one.aggregation] as Aggregation, counted(), FIXED_LENGTH);
      const { gradient, value, clipShare } = await evaluate(one, perToken(perRow));
      expect(Math.abs(value - one.loss)).toBeLessThanOrEqual(2e-6 + 1e-5 * Math.abs(one.loss));
      close(gradient, one.grad_logp_new.data, 1e-6);
      const { clip_fraction_low: low, clip_fraction_high: high } = one.stats;
      if (low !== undefined && high !== undefined) expect(clipShare).toBeCloseTo(low + high, 5);
    });

    test("two micro-batches of half add up to the loss and gradient of the batch", async () => {
      const { two_micro_batches_of_half: halves } = losses;
      const reference = halves.token_sum_over_global_token_count;
      const one = { ...halves, beta_k3: 0, aggregation: "dapo" } as unknown as PolicyCase;
      const weights = perToken(tokenWeights("token-mean", counted(), FIXED_LENGTH));
      const border = (halves.split_rows[0] as number) * T;
      const first = await evaluate(one, weights, (i) => i < border);
      const second = await evaluate(one, weights, (i) => i >= border);
      expect(Math.abs(first.value + second.value - reference.loss)).toBeLessThanOrEqual(2e-6);
      close(
        first.gradient.map((x, i) => x + (second.gradient[i] as number)),
        reference.grad_logp_new.data,
        1e-6,
      );
    });

    test("k1, k2 and k3 per token within 1e-6, and k3's slope", async () => {
      const [policy, reference] = [data("logp_new"), data("logp_ref")];
      for (const name of ["k1", "k2", "k3"] as const) {
        const values = policy.map((logProb, i) => klEstimate(name, logProb, reference[i] as number));
        close(values, losses.kl_estimators[name].per_token.data, 1e-6);
      }
      const { value, slope } = tf.tidy(() => k3(tf.tensor1d([...policy]), tf.tensor1d([...reference])));
      close(await value.data(), losses.kl_estimators.k3.per_token.data, 1e-6);
      const total = data("mask").reduce((sum, m) => sum + m, 0);
      const gradient = (await slope.data()).map((x, i) => (x * (data("mask")[i] as number)) / total);
      close(gradient, losses.kl_estimators.k3.grad_logp_new_of_mean.data, 1e-6);
      tf.dispose([value, slope]);
    });
  });
});
