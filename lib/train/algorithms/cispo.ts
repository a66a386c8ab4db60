// CISPO: the ratio weights the gradient of every token and is bounded itself, so that rare, decisive tokens are never left out as a clip would.
// Source: MiniMax-M1 2025 (2506.13585), section 3.1, eq. 4 and 5: a loss over tokens, advantages as in GRPO, no lower bound.
// Differs from the paper in: 1. 1e-4 is added to the standard deviation (TRL). 2. The upper bound is 1.28 (the paper names none; DAPO's).
// 3. The mean is over the tokens of the whole batch, not of each group. 4. Neither dynamic sampling nor a length penalty, which the paper takes from DAPO; `overlong` asks for the second.
import { groupAdvantages } from "../advantage.ts";
import { spread } from "./algorithm.ts";
import type { Algorithm } from "./algorithm.ts";

export const cispo: Algorithm = {
  aggregation: "token-mean",
  ratio: "capped",
  clipRange: [Number.POSITIVE_INFINITY, 0.28],
  klIn: "loss",
  resamples: false,
  compares: true,
  advantages: (rollouts) => spread(groupAdvantages(rollouts.rewards, rollouts.groupSize, "group"), rollouts),
};
