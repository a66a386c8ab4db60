// PPO: a second network, the critic, says how good a state is; an action's advantage is what came out better than it said.
// Sources: Schulman et al. 2017 (1707.06347), eq. 7; GAE: Schulman et al. 2015 (1506.02438), eq. 16; as used on language models: Ziegler et al. 2019
// (1909.08593), whose KL in the reward of every token, value clip and whitening TRL and verl keep.
// Differs from the papers in: 1. Critic and policy share no weights and have an optimizer each, so there is no coefficient between their losses. 2. The
// critic starts as a copy of the model with a value of 0 everywhere, not as a reward model. 3. Forced tokens are states like others: the critic values
// them and GAE runs through them (verl skips them). 4. No dual clip: where the advantage is negative the ratio's loss has no upper bound (verl bounds it at 3).
import { gae, whitenUnbiased } from "../advantage.ts";
import type { Algorithm, Rollouts } from "./algorithm.ts";
import { tokenRewards } from "./reinforce-plus-plus.ts";

const DISCOUNT = 1;
const LAMBDA = 0.95;

const estimate = (rollouts: Rollouts, klWeight: number) =>
  gae(tokenRewards(rollouts, klWeight), rollouts.values as readonly Float32Array[], DISCOUNT, LAMBDA);

export const ppo: Algorithm = {
  aggregation: "token-mean",
  clipRange: [0.2, 0.2],
  klIn: "reward",
  resamples: false,
  compares: false,
  epochs: 4,
  advantages: (rollouts, klWeight) => whitenUnbiased(estimate(rollouts, klWeight), rollouts.forced),
  returns: (rollouts, klWeight) =>
    estimate(rollouts, klWeight).map((row, r) =>
      row.map((advantage, t) => advantage + (rollouts.values?.[r]?.[t] as number)),
    ),
};
