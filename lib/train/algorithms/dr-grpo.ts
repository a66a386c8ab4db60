// Dr. GRPO: GRPO without the two divisions that favour long wrong answers and easy or hard prompts.
// Source: Liu et al. 2025 (2503.20783), section 3.2.
// Differs from the paper in: nothing known; the constant length is maxNewTokens, as in its code.
import { groupAdvantages } from "../advantage.ts";
import { spread } from "./algorithm.ts";
import type { Algorithm } from "./algorithm.ts";

export const drGrpo: Algorithm = {
  aggregation: "fixed-length",
  clipRange: [0.2, 0.2],
  klIn: "loss",
  resamples: false,
  compares: true,
  advantages: (rollouts) => spread(groupAdvantages(rollouts.rewards, rollouts.groupSize, "none"), rollouts),
};
