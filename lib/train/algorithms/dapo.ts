// DAPO: GRPO with a wider upper clip, a loss over tokens instead of sequences, and new prompts in place of those that teach nothing.
// Source: Yu et al. 2025 (2503.14476), sections 3.1 to 3.3.
// Differs from the paper in: overlong answers are not shaped (3.4): an answer without its end token gets reward 0 here in every algorithm.
import { groupAdvantages } from "../advantage.ts";
import { spread } from "./algorithm.ts";
import type { Algorithm } from "./algorithm.ts";

export const dapo: Algorithm = {
  aggregation: "token-mean",
  clipRange: [0.2, 0.28],
  klIn: "loss",
  resamples: true,
  advantages: (rollouts) => spread(groupAdvantages(rollouts.rewards, rollouts.groupSize, "group"), rollouts),
};
