// GSPO: GRPO with one ratio for a whole answer, clipped as a whole: what is rewarded is the answer, so what is compared is its likelihood.
// Source: Zheng et al. 2025 (2507.18071), eq. 5 to 7; clip bounds of section 5.1.
// Differs from the paper in: 1e-4 is added to the standard deviation (TRL). With one update per batch every ratio is 1 and it is GRPO.
import { groupAdvantages } from "../advantage.ts";
import { spread } from "./algorithm.ts";
import type { Algorithm } from "./algorithm.ts";

export const gspo: Algorithm = {
  aggregation: "sequence-mean",
  ratio: "sequence",
  clipRange: [3e-4, 4e-4],
  klIn: "loss",
  resamples: false,
  compares: true,
  advantages: (rollouts) => spread(groupAdvantages(rollouts.rewards, rollouts.groupSize, "group"), rollouts),
};
