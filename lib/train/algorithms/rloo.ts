// RLOO: REINFORCE with the mean reward of the other answers as baseline; KL is part of the reward.
// Source: Ahmadian et al. 2024, Back to Basics (2402.14740), eq. 8.
// Differs from the paper in: 1. The ratio is per token, not per sequence, and clipped at 0.2 (TRL); with one update per batch it is 1 and the
// gradient is the same.
import { leaveOneOut } from "../advantage.ts";
import { klEstimate } from "../kl.ts";
import { spread } from "./algorithm.ts";
import type { Algorithm, Rollouts } from "./algorithm.ts";

/** Rewards less klWeight times the summed k1 of the row. */
export function penalisedRewards({ rewards, oldLogProbs, refLogProbs }: Rollouts, klWeight: number): Float64Array {
  return rewards.map((reward, r) => {
    const reference = refLogProbs[r] as Float32Array;
    const row = oldLogProbs[r] as Float32Array;
    let kl = 0;
    row.forEach((logProb, t) => (kl += klEstimate("k1", logProb, reference[t] as number)));
    return reward - klWeight * kl;
  });
}

export const rloo: Algorithm = {
  aggregation: "sequence-sum",
  clipRange: [0.2, 0.2],
  klIn: "reward",
  resamples: false,
  compares: true,
  advantages: (rollouts, klWeight) =>
    spread(leaveOneOut(penalisedRewards(rollouts, klWeight), rollouts.groupSize), rollouts),
};
