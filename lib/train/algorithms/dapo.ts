// DAPO: GRPO with a wider upper clip, a loss over tokens instead of sequences, and new prompts in place of those that teach nothing.
// Source: Yu et al. 2025 (2503.14476), sections 3.1 to 3.4.
// Differs from the paper in: 1. An answer without its end token gets reward 0 before it is shaped, as in every algorithm here. 2. Whether a prompt teaches
// nothing is decided before rewards are shaped by length: by right and wrong alone, as in the paper.
// 3. After ten batches a step goes on with what it has. 4. 1e-4 is added to the standard deviation (TRL), which is the unbiased one. 5. The loss is a mean over
// the tokens of the whole batch, not of each group and then over groups (eq. 8), as in TRL and verl. 6. Groups of equal rewards are dropped, not only those all
// right or all wrong.
import { groupAdvantages } from "../advantage.ts";
import { spread } from "./algorithm.ts";
import type { Algorithm } from "./algorithm.ts";

export const dapo: Algorithm = {
  aggregation: "token-mean",
  clipRange: [0.2, 0.28],
  klIn: "loss",
  resamples: true,
  compares: true,
  // 4,096 of 20,480 tokens.
  overlong: 0.2,
  advantages: (rollouts) => spread(groupAdvantages(rollouts.rewards, rollouts.groupSize, "group"), rollouts),
};
