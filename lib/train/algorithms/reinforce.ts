// REINFORCE with the group's mean as baseline: no ratio clip, no scaling; the plainest of them, and nanochat's choice.
// Source: Williams 1992; as in nanochat's chat_rl.py (reward minus mean, token-level normalisation).
// Differs from the paper in: the baseline includes the row itself, which scales the gradient by (G - 1) / G.
// With more `epochs` a token is weighted by its ratio to the policy that drew it, unclipped.
import { groupAdvantages } from "../advantage.ts";
import { spread } from "./algorithm.ts";
import type { Algorithm } from "./algorithm.ts";

export const reinforce: Algorithm = {
  aggregation: "token-mean",
  clipRange: [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
  klIn: "loss",
  resamples: false,
  compares: true,
  advantages: (rollouts) => spread(groupAdvantages(rollouts.rewards, rollouts.groupSize, "none"), rollouts),
};
