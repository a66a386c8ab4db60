// A file losses_seed*.json against our advantages, policy losses with their gradients, KL estimators and preference losses; its reference
// numbers were made with PyTorch and cross-checked with TRL and verl. On the engine that is running.
import { readFileSync } from "node:fs";
import { tokenLogProbs } from "../../lib/tensor/ops/token-log-probs.ts";
import * as tf from "../../lib/tensor/tf.ts";
import {
  gae,
  groupAdvantages,
  groupsOf,
  leaveOneOut,
  returnsToGo,
  whiten,
  whitenUnbiased,
} from "../../lib/train/advantage.ts";
import { tokenWeights } from "../../lib/train/aggregate.ts";
import type { Aggregation } from "../../lib/train/aggregate.ts";
import { tokenRewards } from "../../lib/train/algorithms/reinforce-plus-plus.ts";
import { penalisedRewards } from "../../lib/train/algorithms/rloo.ts";
import { crossEntropy } from "../../lib/train/cross-entropy.ts";
import { ppo } from "../../lib/train/algorithms/ppo.ts";
import { valueLoss } from "../../lib/train/critic.ts";
import { preferenceLoss } from "../../lib/train/dpo.ts";
import type { PreferenceLoss } from "../../lib/train/dpo.ts";
import { exactKl, klEstimate, klTerm } from "../../lib/train/kl.ts";
import { surrogate } from "../../lib/train/surrogate.ts";
import type { Ratio } from "../../lib/train/surrogate.ts";
import { Comparison } from "./comparison.ts";

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
export interface Losses {
  readonly seed: number;
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
  readonly exact_kl: {
    readonly "reverse_KL(new||ref)": { readonly per_token: Numbers; readonly grad_logits_new: Numbers };
    readonly entropy_new: { readonly per_token: Numbers };
  };
  readonly cispo: {
    readonly advantage: string;
    readonly ratio_max: number;
    readonly loss: number;
    readonly grad_logp_new: Numbers;
  };
  readonly ppo: readonly PpoCase[];
  readonly reinforce_pp: {
    readonly kl_coef: number;
    readonly token_rewards: Numbers;
    readonly "gamma_1.0": { readonly returns: Numbers; readonly "whitened_biased_var_floor1e-8": Numbers };
    readonly "gamma_0.95": { readonly returns: Numbers; readonly "whitened_biased_var_floor1e-8": Numbers };
  };
  readonly dpo: {
    readonly inputs: Readonly<Record<"input_ids" | "completion_mask" | "policy_logits", Numbers>>;
    readonly ref_sequence_logps: Numbers;
    readonly cases: readonly PreferenceCase[];
  };
  readonly cross_entropy: {
    readonly inputs: {
      readonly logits: Numbers;
      readonly labels_already_aligned: Numbers;
      readonly ignore_index: number;
    };
    readonly cases: readonly CrossEntropyCase[];
  };
}
interface CrossEntropyCase {
  readonly label_smoothing: number;
  readonly reduction: string;
  readonly z_loss_coef?: number;
  readonly token_weights?: Numbers;
  readonly loss: number;
  readonly grad_logits: Numbers;
}
interface PpoCase {
  readonly gamma: number;
  readonly lambda: number;
  readonly kl_estimator: string;
  readonly kl_coef: number;
  readonly clip: number;
  readonly value_coef: number;
  readonly token_rewards: Numbers;
  readonly gae: Numbers;
  readonly returns: Numbers;
  readonly whitened_advantages: Numbers;
  readonly stats: Readonly<
    Record<"policy_loss" | "value_loss" | "policy_clip_fraction" | "value_clip_fraction", number>
  >;
  readonly grad_logp_new: Numbers;
  readonly grad_values_new: Numbers;
}
interface PreferenceCase {
  readonly loss_type: string;
  readonly beta: number;
  readonly label_smoothing: number;
  readonly loss: number;
  readonly accuracy: number;
  readonly grad_policy_logits: Numbers;
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
const PREFERENCES: Readonly<Record<string, PreferenceLoss>> = {
  sigmoid: "sigmoid",
  conservative: "sigmoid",
  robust: "robust",
  hinge: "hinge",
  ipo_summed: "ipo",
  ipo_length_normalised: "ipo-mean",
};

export const readLosses = (file: string) => JSON.parse(readFileSync(file, "utf8")) as Losses;

const data = ({ inputs }: Losses, name: string) => (inputs[name] as Numbers).data;

/** Completion tokens per row. */
function counted(losses: Losses, mask: string): Int32Array {
  const { N, T } = losses.inputs;
  const sum = (row: readonly number[]) => row.reduce((total, m) => total + m, 0);
  return Int32Array.from({ length: N }, (_, r) => sum(data(losses, mask).slice(r * T, (r + 1) * T)));
}

/** Whether every row's mask is a run from its start, as completions of ours are. */
const isPrefixMask = (losses: Losses) => data(losses, "mask").join() === data(losses, "prefix_mask").join();

/** Within 1e-5: group, batch and no scaling, leave-one-out, and which groups have equal rewards. */
export function compareAdvantages(losses: Losses): Comparison {
  const comparison = new Comparison("advantages");
  const { G } = losses.inputs;
  const rewards = Float64Array.from(data(losses, "rewards"));
  const close = (ours: ArrayLike<number>, name: string) =>
    comparison.numbers(ours, (losses.advantages[name] as Numbers).data, { absolute: 1e-5 }, name);
  close(groupAdvantages(rewards, G, "group"), "grpo_std_unbiased_eps1e-4");
  close(groupAdvantages(rewards, G, "batch"), "batch_std_unbiased_eps1e-4");
  close(groupAdvantages(rewards, G, "none"), "dr_grpo_mean_only");
  close(leaveOneOut(rewards, G), "rloo");
  close(
    groupsOf(rewards, G).map((group) => (group.every((x) => x === group[0]) ? 1 : 0)),
    "zero_std_group",
  );
  return comparison;
}

/** Within 1e-5: KL in the rewards of RLOO and REINFORCE++, returns and whitening. */
export function compareRewards(losses: Losses): Comparison {
  const comparison = new Comparison("KL in rewards, returns, whitening");
  const { G, N, T } = losses.inputs;
  const lengths = counted(losses, "prefix_mask");
  const rows = (name: string) =>
    Array.from({ length: N }, (_, r) =>
      Float32Array.from(data(losses, name).slice(r * T, r * T + (lengths[r] as number))),
    );
  const flat = (ragged: readonly ArrayLike<number>[]) =>
    ragged.flatMap((row) => [...Array.from(row), ...Array.from({ length: T - row.length }, () => 0)]);
  const close = (ours: ArrayLike<number>, { data: reference }: Numbers, at: string) =>
    comparison.numbers(ours, reference, { absolute: 1e-5 }, at);
  const rewards = Float64Array.from(data(losses, "rewards"));
  const rollouts = { rewards, groupSize: G, oldLogProbs: rows("logp_old"), refLogProbs: rows("logp_ref") };
  const { reinforce_pp: plus, rloo_sequence: rloo } = losses;
  const perToken = tokenRewards(rollouts, plus.kl_coef);
  close(flat(perToken), plus.token_rewards, "token rewards");
  for (const [gamma, reference] of [
    [1, plus["gamma_1.0"]],
    [0.95, plus["gamma_0.95"]],
  ] as const) {
    const returns = returnsToGo(perToken, gamma);
    close(flat(returns), reference.returns, `returns, gamma ${gamma}`);
    close(flat(whiten(returns)), reference["whitened_biased_var_floor1e-8"], `whitened, gamma ${gamma}`);
  }
  // Masks with gaps are left out here: completions of ours have none.
  if (isPrefixMask(losses)) {
    const penalised = penalisedRewards(rollouts, rloo.kl_coef);
    close(penalised, rloo.penalised_rewards, "RLOO rewards");
    close(leaveOneOut(penalised, G), rloo.advantages, "RLOO advantages");
  }
  return comparison;
}

export const policyCases = (losses: Losses) => losses.policy_losses;

const perToken = (losses: Losses, perRow: ArrayLike<number>) =>
  data(losses, "mask").map((m, i) => m * (perRow[Math.floor(i / losses.inputs.T)] as number));
const weightsFor = (losses: Losses, aggregation: string) =>
  perToken(losses, tokenWeights(AGGREGATIONS[aggregation] as Aggregation, counted(losses, "mask"), FIXED_LENGTH));

type Surrogate = Pick<PolicyCase, "advantage" | "clip_low" | "clip_high" | "beta_k3" | "old_is_new"> & {
  readonly ratio?: Ratio;
};

/** The policy as losses see it; of the caller's tidy. */
function policyOf(losses: Losses) {
  const logProbs = tf.tensor1d([...data(losses, "logp_new")]);
  const none = () => tf.zerosLike(logProbs);
  const empty = () => tf.zeros<tf.Rank.R2>([0, 0]);
  return { logits: empty(), logProbs, entropy: none, meanLogProbs: none, logPartition: none, back: empty };
}

async function evaluate(losses: Losses, one: Surrogate, weights: readonly number[], keep = (_i: number) => true) {
  const total = counted(losses, "mask").reduce((sum, length) => sum + length, 0);
  const feeds = {
    weights: tf.tensor1d(weights.map((weight, i) => (keep(i) ? weight : 0))),
    shares: tf.tensor1d(data(losses, "mask").map((m, i) => (keep(i) ? m / total : 0))),
    advantages: tf.tensor1d(perToken(losses, (losses.advantages[one.advantage] as Numbers).data)),
    oldLogProbs: tf.tensor1d([...data(losses, one.old_is_new ? "logp_new" : "logp_old")]),
    refLogProbs: tf.tensor1d([...data(losses, "logp_ref")]),
    rowShares: tf.tensor2d(
      perToken(
        losses,
        Array.from(counted(losses, "mask"), (length) => 1 / Math.max(1, length)),
      ),
      [losses.inputs.N, losses.inputs.T],
    ),
  };
  const { ratio = "clipped" } = one;
  const loss = surrogate({ ratio, clipRange: [one.clip_low, one.clip_high], klWeight: one.beta_k3 });
  const [dLogProbs, ...metrics] = tf.tidy(() => {
    const out = loss(policyOf(losses), feeds);
    return [out.dLogProbs, ...out.metrics];
  }) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
  const gradient = Array.from(await dLogProbs.data());
  const [value, , , clipShare] = await Promise.all(metrics.map(async (metric) => (await metric.data())[0] as number));
  tf.dispose([dLogProbs, ...metrics, ...Object.values(feeds)]);
  return { gradient, value: value as number, clipShare: clipShare as number };
}

/** Loss within 2e-6 + 1e-5 relative, gradient within 1e-6, share of clipped tokens exact. */
export async function comparePolicyLoss(losses: Losses, one: PolicyCase): Promise<Comparison> {
  const comparison = new Comparison(`policy loss ${one.name}`);
  const ratio = one.ratio_level === "sequence" ? "sequence" : "clipped";
  const { gradient, value, clipShare } = await evaluate(losses, { ...one, ratio }, weightsFor(losses, one.aggregation));
  comparison.number(value, one.loss, { absolute: 2e-6, relative: 1e-5 }, "loss");
  comparison.numbers(gradient, one.grad_logp_new.data, { absolute: 1e-6 }, "gradient");
  const { clip_fraction_low: low, clip_fraction_high: high } = one.stats;
  if (low !== undefined && high !== undefined)
    comparison.number(clipShare, low + high, { absolute: 1e-6 }, "clip share");
  return comparison;
}

/** Two micro-batches of half a batch add up to its loss and gradient. */
export async function compareMicroBatches(losses: Losses): Promise<Comparison> {
  const comparison = new Comparison("two micro-batches");
  const { two_micro_batches_of_half: halves } = losses;
  const { loss, grad_logp_new: reference } = halves.token_sum_over_global_token_count;
  const weights = weightsFor(losses, "dapo");
  const border = (halves.split_rows[0] as number) * losses.inputs.T;
  const one = { ...halves, beta_k3: 0 };
  const first = await evaluate(losses, one, weights, (i) => i < border);
  const second = await evaluate(losses, one, weights, (i) => i >= border);
  comparison.number(first.value + second.value, loss, { absolute: 2e-6, relative: 1e-5 }, "loss");
  const gradient = first.gradient.map((x, i) => x + (second.gradient[i] as number));
  comparison.numbers(gradient, reference.data, { absolute: 1e-6 }, "gradient");
  return comparison;
}

/** Within 1e-6: k1, k2 and k3 per token, and k3's slope. */
export async function compareKl(losses: Losses): Promise<Comparison> {
  const comparison = new Comparison("KL estimators");
  const [policy, reference] = [data(losses, "logp_new"), data(losses, "logp_ref")];
  const close = (ours: ArrayLike<number>, theirs: Numbers, at: string) =>
    comparison.numbers(ours, theirs.data, { absolute: 1e-6 }, at);
  for (const name of ["k1", "k2", "k3"] as const) {
    const values = policy.map((logProb, i) => klEstimate(name, logProb, reference[i] as number));
    close(values, losses.kl_estimators[name].per_token, name);
  }
  const mask = data(losses, "mask");
  const total = mask.reduce((sum, m) => sum + m, 0);
  for (const name of ["k1", "k2", "k3"] as const) {
    const { value, slope } = tf.tidy(() => ({
      ...klTerm(name, tf.tensor1d([...policy]), tf.tensor1d([...reference])),
    }));
    close(await value.data(), losses.kl_estimators[name].per_token, `${name} on the engine`);
    const gradient = Array.from(await slope.data(), (x, i) => (x * (mask[i] as number)) / total);
    close(gradient, losses.kl_estimators[name].grad_logp_new_of_mean, `slope of ${name}`);
    tf.dispose([value, slope]);
  }
  return comparison;
}

/** Within 1e-6: the KL over the whole vocabulary per token, its gradient to the logits, and the entropy. */
export async function compareExactKl(losses: Losses): Promise<Comparison> {
  const comparison = new Comparison("exact KL and entropy");
  const [rows, T, V] = (losses.inputs["logits_new"] as Numbers).shape as [number, number, number];
  const N = rows * T;
  const mask = data(losses, "mask");
  const total = mask.reduce((sum, m) => sum + m, 0);
  const [value, slope, entropy] = tf.tidy(() => {
    const [policy, reference] = ["logits_new", "logits_ref"].map((name) =>
      tf.tensor2d([...data(losses, name)], [N, V]),
    );
    const kl = exactKl(policy as tf.Tensor2D, reference as tf.Tensor2D);
    const targets = tf.tensor2d(
      Array.from({ length: N }, (_, i) => [i, 0]),
      [N, 2],
      "int32",
    );
    return [kl.value, kl.slope, tokenLogProbs(policy as tf.Tensor2D, targets).entropy()];
  }) as [tf.Tensor, tf.Tensor, tf.Tensor];
  const { "reverse_KL(new||ref)": kl, entropy_new } = losses.exact_kl;
  const close = (ours: ArrayLike<number>, theirs: Numbers, at: string) =>
    comparison.numbers(ours, theirs.data, { absolute: 1e-6, relative: 1e-5 }, at);
  close(await value.data(), kl.per_token, "KL");
  close(
    Array.from(await slope.data(), (x, i) => (x * (mask[Math.floor(i / V)] as number)) / total),
    kl.grad_logits_new,
    "gradient",
  );
  close(await entropy.data(), entropy_new.per_token, "entropy");
  tf.dispose([value, slope, entropy]);
  return comparison;
}

/** Token rewards, GAE, returns and whitening within 1e-5; both losses within 2e-6 + 1e-5 relative, gradients within 1e-6, clip shares exact. */
export async function comparePpo(losses: Losses): Promise<Comparison> {
  const comparison = new Comparison("PPO");
  const { N, T, G } = losses.inputs;
  const lengths = counted(losses, "prefix_mask");
  const mask = data(losses, "prefix_mask");
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const rows = (name: string) =>
    Array.from({ length: N }, (_, r) =>
      Float32Array.from(data(losses, name).slice(r * T, r * T + (lengths[r] as number))),
    );
  const flat = (ragged: readonly ArrayLike<number>[]) =>
    ragged.flatMap((row) => [...Array.from(row), ...Array.from({ length: T - row.length }, () => 0)]);
  const close = (ours: ArrayLike<number>, theirs: Numbers, at: string) =>
    comparison.numbers(ours, theirs.data, { absolute: 1e-5 }, at);
  const rollouts = {
    rewards: Float64Array.from(data(losses, "rewards")),
    groupSize: G,
    oldLogProbs: rows("logp_old"),
    refLogProbs: rows("logp_ref"),
    values: rows("values_old"),
  };
  // Ours takes KL by k1.
  for (const one of losses.ppo.filter(({ kl_estimator }) => kl_estimator === "k1")) {
    const at = `gamma ${one.gamma}`;
    const perToken = tokenRewards(rollouts, one.kl_coef);
    close(flat(perToken), one.token_rewards, `token rewards, ${at}`);
    const advantages = gae(perToken, rollouts.values, one.gamma, one.lambda);
    close(flat(advantages), one.gae, `advantages, ${at}`);
    const returns = advantages.map((row, r) => row.map((x, t) => x + (rollouts.values[r]?.[t] as number)));
    close(flat(returns), one.returns, `returns, ${at}`);
    const whitened = whitenUnbiased(advantages);
    close(flat(whitened), one.whitened_advantages, `whitened, ${at}`);
    if (one.gamma === 1 && one.lambda === 0.95) {
      close(flat(ppo.advantages(rollouts, one.kl_coef)), one.whitened_advantages, "advantages of the algorithm");
      close(flat(ppo.returns?.(rollouts, one.kl_coef) ?? []), one.returns, "returns of the algorithm");
    }
    const shares = mask.map((m) => m / total);
    const feeds = {
      weights: tf.tensor1d(shares),
      shares: tf.tensor1d(shares),
      advantages: tf.tensor1d(flat(whitened)),
      oldLogProbs: tf.tensor1d([...data(losses, "logp_old")]),
      refLogProbs: tf.tensor1d([...data(losses, "logp_ref")]),
      oldValues: tf.tensor1d(flat(rollouts.values)),
      returns: tf.tensor1d(flat(returns)),
    };
    const [policy, value] = tf.tidy(() => {
      const actor = surrogate({ clipRange: [one.clip, one.clip], klWeight: 0 })(policyOf(losses), feeds);
      const critic = valueLoss(tf.tensor1d([...data(losses, "values_new")]), feeds);
      return [
        [actor.dLogProbs, actor.metrics[0] as tf.Tensor, actor.metrics[3] as tf.Tensor],
        [critic.dValues, ...critic.metrics],
      ];
    }) as unknown as [tf.Tensor[], tf.Tensor[]];
    const numbersOf = async (t: tf.Tensor | undefined) => (await (t as tf.Tensor).data()) as Float32Array;
    const first = async (t: tf.Tensor | undefined) => (await numbersOf(t))[0] as number;
    const { policy_loss, value_loss, policy_clip_fraction, value_clip_fraction } = one.stats;
    const loss = { absolute: 2e-6, relative: 1e-5 };
    comparison.number(await first(policy[1]), policy_loss, loss, "policy loss");
    comparison.number(await first(value[1]), value_loss, loss, "value loss");
    comparison.number(await first(policy[2]), policy_clip_fraction, { absolute: 1e-6 }, "policy clip share");
    comparison.number(await first(value[2]), value_clip_fraction, { absolute: 1e-6 }, "value clip share");
    const gradient = { absolute: 1e-6 };
    comparison.numbers(await numbersOf(policy[0]), one.grad_logp_new.data, gradient, "policy gradient");
    const ours = Array.from(await numbersOf(value[0]), (x) => x * one.value_coef);
    comparison.numbers(ours, one.grad_values_new.data, gradient, "value gradient");
    tf.dispose([policy, value, feeds]);
  }
  return comparison;
}

/** Loss within 2e-6 + 1e-5 relative, gradient within 1e-6. */
export async function compareCispo(losses: Losses): Promise<Comparison> {
  const comparison = new Comparison("policy loss cispo");
  const { cispo } = losses;
  const one = { advantage: cispo.advantage, clip_low: Infinity, clip_high: cispo.ratio_max - 1, beta_k3: 0 };
  const { gradient, value } = await evaluate(losses, { ...one, ratio: "capped" }, weightsFor(losses, "dapo"));
  comparison.number(value, cispo.loss, { absolute: 2e-6, relative: 1e-5 }, "loss");
  comparison.numbers(gradient, cispo.grad_logp_new.data, { absolute: 1e-6 }, "gradient");
  return comparison;
}

/** The preference losses that we have. */
export const preferenceCases = ({ dpo }: Losses) => dpo.cases.filter((one) => one.loss_type in PREFERENCES);

/** Loss within 2e-6 + 1e-5 relative, gradient to the logits within 1e-6 + 1e-5 relative, accuracy exact. */
export async function comparePreference({ dpo }: Losses, one: PreferenceCase): Promise<Comparison> {
  const comparison = new Comparison(`preference loss ${one.loss_type}, beta ${one.beta}`);
  const [rows, L, V] = dpo.inputs.policy_logits.shape as [number, number, number];
  // Position t predicts token t + 1; the last position predicts nothing.
  const N = rows * L;
  const next = (numbers: readonly number[], i: number) => (i % L === L - 1 ? 0 : (numbers[i + 1] as number));
  const counts = Float32Array.from({ length: N }, (_, i) => next(dpo.inputs.completion_mask.data, i));
  const targets = Array.from({ length: N }, (_, i) => [i, next(dpo.inputs.input_ids.data, i)]);
  const feeds = { counts: tf.tensor1d(counts), refSums: tf.tensor1d([...dpo.ref_sequence_logps.data]) };
  const kind = PREFERENCES[one.loss_type] as PreferenceLoss;
  const loss = preferenceLoss({ beta: one.beta, loss: kind, labelSmoothing: one.label_smoothing });
  const [gradient, value, accuracy] = tf.tidy(() => {
    const logits = tf.tensor2d([...dpo.inputs.policy_logits.data], [N, V]);
    const policy = tokenLogProbs(logits, tf.tensor2d(targets, [N, 2], "int32"));
    const out = loss(policy, feeds);
    return [policy.back(out), ...out.metrics];
  }) as [tf.Tensor, tf.Tensor, tf.Tensor];
  comparison.number((await value.data())[0] as number, one.loss, { absolute: 2e-6, relative: 1e-5 }, "loss");
  comparison.number((await accuracy.data())[0] as number, one.accuracy, { absolute: 1e-6 }, "accuracy");
  comparison.numbers(
    await gradient.data(),
    one.grad_policy_logits.data,
    { absolute: 1e-6, relative: 1e-5 },
    "gradient",
  );
  tf.dispose([gradient, value, accuracy, feeds.counts, feeds.refSums]);
  return comparison;
}

/** Loss within 2e-6 + 1e-5 relative, gradient to the logits within 1e-6: label smoothing, z-loss and every reduction, which are weights here. */
export async function compareCrossEntropy({ cross_entropy }: Losses): Promise<Comparison> {
  const comparison = new Comparison("cross-entropy");
  const { logits, labels_already_aligned: labels, ignore_index } = cross_entropy.inputs;
  const [B, T, V] = logits.shape as [number, number, number];
  const keep = labels.data.map((label) => (label === ignore_index ? 0 : 1));
  const targets = labels.data.map((label, i) => [i, Math.max(0, label)]);
  const sumOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
  const rowOf = (i: number) => keep.slice(Math.floor(i / T) * T, (Math.floor(i / T) + 1) * T);
  const reductions: Readonly<Record<string, (one: CrossEntropyCase) => readonly number[]>> = {
    sum: () => keep,
    token_mean: () => keep.map((k) => k / sumOf(keep)),
    sequence_mean_of_token_means: () => keep.map((k, i) => k / sumOf(rowOf(i)) / B),
    weighted_token_mean: ({ token_weights }) => {
      const weights = keep.map((k, i) => k * (token_weights?.data[i] as number));
      return weights.map((weight) => weight / sumOf(weights));
    },
  };
  for (const one of cross_entropy.cases) {
    const { label_smoothing: labelSmoothing, z_loss_coef: zLoss = 0, reduction } = one;
    const [gradient, value] = tf.tidy(() => {
      const flat = tf.tensor2d([...logits.data], [B * T, V]);
      const policy = tokenLogProbs(flat, tf.tensor2d(targets, [B * T, 2], "int32"));
      const weights = tf.tensor1d([...(reductions[reduction] as (one: CrossEntropyCase) => readonly number[])(one)]);
      const { metrics, ...d } = crossEntropy({ labelSmoothing, zLoss })(policy, { weights });
      return [policy.back(d), metrics[0] as tf.Tensor];
    }) as [tf.Tensor, tf.Tensor];
    const name = `${reduction}, smoothing ${labelSmoothing}, z-loss ${zLoss}`;
    comparison.number((await value.data())[0] as number, one.loss, { absolute: 2e-6, relative: 1e-5 }, name);
    // A sum over 20 tokens has 20 times the mean's gradient.
    comparison.numbers(
      await gradient.data(),
      one.grad_logits.data,
      { absolute: 1e-6, relative: 1e-5 },
      `${name}: gradient`,
    );
    tf.dispose([gradient, value]);
  }
  return comparison;
}

/** Everything above. */
export async function compareLosses(file: string): Promise<Comparison[]> {
  const losses = readLosses(file);
  const comparisons = [compareAdvantages(losses), compareRewards(losses)];
  for (const one of policyCases(losses)) comparisons.push(await comparePolicyLoss(losses, one));
  comparisons.push(await compareMicroBatches(losses), await compareKl(losses), await compareCrossEntropy(losses));
  comparisons.push(await compareExactKl(losses), await compareCispo(losses), await comparePpo(losses));
  for (const one of preferenceCases(losses)) comparisons.push(await comparePreference(losses, one));
  return comparisons;
}
