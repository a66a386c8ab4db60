// Policy losses with their gradients against the references: clipped, by sequence, capped, and over two micro-batches. On the engine that is running.
import * as tf from "../../../lib/tensor/tf.ts";
import { tokenWeights } from "../../../lib/train/aggregate.ts";
import type { Aggregation } from "../../../lib/train/aggregate.ts";
import { surrogate } from "../../../lib/train/surrogate.ts";
import type { Ratio } from "../../../lib/train/surrogate.ts";
import { Comparison } from "../comparison.ts";
import { counted, data } from "./file.ts";
import type { Losses, Numbers, PolicyCase } from "./file.ts";

/** [Their name, ours]: "bnpo" over one batch is the token mean. */
const AGGREGATIONS: Readonly<Record<string, Aggregation>> = {
  grpo: "sequence-mean",
  bnpo: "token-mean",
  dapo: "token-mean",
  dr_grpo: "fixed-length",
  sequence_sum_mean: "sequence-sum",
};

export const policyCases = (losses: Losses) => losses.policy_losses;

const perToken = (losses: Losses, perRow: ArrayLike<number>) =>
  data(losses, "mask").map((m, i) => m * (perRow[Math.floor(i / losses.inputs.T)] as number));
const weightsFor = (losses: Losses, aggregation: string, fixedLength = 0) =>
  perToken(losses, tokenWeights(AGGREGATIONS[aggregation] as Aggregation, counted(losses, "mask"), fixedLength));

type Surrogate = Pick<PolicyCase, "advantage" | "clip_low" | "clip_high" | "beta_k3" | "old_is_new"> & {
  readonly ratio?: Ratio;
};

/** The policy as losses see it; of the caller's tidy. */
export function policyOf(losses: Losses) {
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
  const weights = weightsFor(losses, one.aggregation, one.max_completion_length ?? undefined);
  const { gradient, value, clipShare } = await evaluate(losses, { ...one, ratio }, weights);
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
