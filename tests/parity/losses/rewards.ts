// Advantages, and rewards with the KL in them, against the references.
import { groupAdvantages, groupsOf, leaveOneOut, returnsToGo, whiten } from "../../../lib/train/advantage.ts";
import { tokenRewards } from "../../../lib/train/algorithms/reinforce-plus-plus.ts";
import { penalisedRewards } from "../../../lib/train/algorithms/rloo.ts";
import { Comparison } from "../comparison.ts";
import { counted, data, isPrefixMask } from "./file.ts";
import type { Losses, Numbers } from "./file.ts";

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
