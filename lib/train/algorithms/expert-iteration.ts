// Expert iteration: fine-tune on one's own completions that earned the reward, and on nothing else; the baseline that RL has to beat.
// Source: Anthony et al. 2017 (1705.08439); Zelikman et al. 2022, STaR (2203.14465); as used in 2504.07912.
// Differs from the papers in: 1. One update per batch of samples, so it stays on-policy, instead of rounds of sampling and training. 2. Equal
// completions of a prompt are not merged. 3. With more `epochs` a completion is weighted by its ratio to the policy that drew it.
// 4. Any reward above 0 counts as earned, and all count alike.
import { spread } from "./algorithm.ts";
import type { Algorithm } from "./algorithm.ts";

export const expertIteration: Algorithm = {
  aggregation: "token-mean",
  clipRange: [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
  klIn: "loss",
  resamples: false,
  compares: false,
  advantages(rollouts) {
    const { rewards, oldLogProbs, forced } = rollouts;
    const chosen = oldLogProbs.map((row, r) => row.length - (forced?.[r]?.reduce((sum, one) => sum + one, 0) ?? 0));
    const tokens = chosen.reduce((sum, count) => sum + count, 0);
    const kept = chosen.reduce((sum, count, r) => sum + ((rewards[r] as number) > 0 ? count : 0), 0);
    // Cross-entropy on the kept completions, as a mean over their tokens alone.
    return spread(
      rewards.map((reward) => (reward > 0 && kept > 0 ? tokens / kept : 0)),
      rollouts,
    );
  },
};
