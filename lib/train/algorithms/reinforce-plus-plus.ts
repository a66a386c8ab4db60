// REINFORCE++: no groups; returns of every token, KL taken from the reward of each, whitened over the whole batch.
// Source: Hu et al. 2025 (2501.03262), section 3; discount 1 as in OpenRLHF's default.
// Differs from the paper in: 1. Rewards are neither scaled nor clipped before they are whitened (its first version, section 3.4). 2. The variance is
// biased and floored at 1e-8 as in OpenRLHF (verl's is unbiased). Its variant with a baseline per prompt is left out.
import { returnsToGo, whiten } from "../advantage.ts";
import { klEstimate } from "../kl.ts";
import type { Algorithm, Rollouts } from "./algorithm.ts";

const DISCOUNT = 1;

/** Per token: minus klWeight times k1, and the reward on the last one. */
export function tokenRewards({ rewards, oldLogProbs, refLogProbs }: Rollouts, klWeight: number): Float64Array[] {
  return oldLogProbs.map((row, r) => {
    const reference = refLogProbs[r] as Float32Array;
    const out = Float64Array.from(row, (logProb, t) => -klWeight * klEstimate("k1", logProb, reference[t] as number));
    if (out.length > 0) out[out.length - 1] = (out.at(-1) as number) + (rewards[r] as number);
    return out;
  });
}

export const reinforcePlusPlus: Algorithm = {
  aggregation: "token-mean",
  clipRange: [0.2, 0.2],
  klIn: "reward",
  resamples: false,
  compares: false,
  advantages: (rollouts, klWeight) => whiten(returnsToGo(tokenRewards(rollouts, klWeight), DISCOUNT), rollouts.forced),
};
