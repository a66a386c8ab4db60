// GRPO: the baseline is the mean reward of the other answers to the same prompt.
// Source: Shao et al. 2024, DeepSeekMath (2402.03300), eq. 3 and 4.
// Differs from the paper in: 1. 1e-4 is added to the standard deviation (TRL), which is the unbiased one. 2. One update per batch unless `epochs` says more.
// 3. No pull to the reference (klWeight 0) unless asked for; the paper's is 0.04. 4. The reference stays the first model; the paper's is renewed.
import { groupAdvantages } from "../advantage.ts";
import { spread } from "./algorithm.ts";
import type { Algorithm } from "./algorithm.ts";

export const grpo: Algorithm = {
  aggregation: "sequence-mean",
  clipRange: [0.2, 0.2],
  klIn: "loss",
  resamples: false,
  compares: true,
  advantages: (rollouts) => spread(groupAdvantages(rollouts.rewards, rollouts.groupSize, "group"), rollouts),
};
