// PPO against the references: token rewards, GAE, whitening, and both losses with their gradients. On the engine that is running.
import * as tf from "../../../lib/tensor/tf.ts";
import { gae, whitenUnbiased } from "../../../lib/train/advantage.ts";
import { ppo } from "../../../lib/train/algorithms/ppo.ts";
import { tokenRewards } from "../../../lib/train/algorithms/reinforce-plus-plus.ts";
import { valueLoss } from "../../../lib/train/critic.ts";
import { surrogate } from "../../../lib/train/surrogate.ts";
import { Comparison } from "../comparison.ts";
import { counted, data } from "./file.ts";
import type { Losses, Numbers } from "./file.ts";
import { policyOf } from "./policy.ts";

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
