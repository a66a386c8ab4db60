// KL estimators and the KL over the whole vocabulary, with their slopes, against the references. On the engine that is running.
import { tokenLogProbs } from "../../../lib/tensor/ops/token-log-probs.ts";
import * as tf from "../../../lib/tensor/tf.ts";
import { exactKl, klEstimate, klTerm } from "../../../lib/train/kl.ts";
import { Comparison } from "../comparison.ts";
import { data } from "./file.ts";
import type { Losses, Numbers } from "./file.ts";

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
