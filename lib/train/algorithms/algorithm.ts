// What an RL algorithm decides: how rewards become advantages, how tokens are weighted, where the ratio is clipped. The loop (rl.ts) does the rest.
import type { Aggregation } from "../aggregate.ts";
import type { Ratio } from "../surrogate.ts";

/** What one step's completions gave. Rows of one prompt are neighbours. */
export interface Rollouts {
  /** [R] */
  readonly rewards: Float64Array;
  readonly groupSize: number;
  /** Per row, one per completion token (end token included), in nats: under the policy that sampled. */
  readonly oldLogProbs: readonly Float32Array[];
  /** As oldLogProbs, under the reference model. */
  readonly refLogProbs: readonly Float32Array[];
  /** As oldLogProbs: what the critic expected before each token. Where there is a critic. */
  readonly values?: readonly Float32Array[];
  /** As oldLogProbs: 1 where the token was not the policy's choice, and no part of the loss. Where tokens can be forced. */
  readonly forced?: readonly Uint8Array[];
}

export interface Algorithm {
  readonly aggregation: Aggregation;
  /** Default "clipped". */
  readonly ratio?: Ratio;
  /** Default distances of the ratio from 1 at which the gradient stops; Infinity where the algorithm does not clip. */
  readonly clipRange: readonly [number, number];
  /** "loss": klWeight times k3 is added to the loss. "reward": the algorithm takes it from the rewards itself. */
  readonly klIn: "loss" | "reward";
  /** Groups of equal rewards are replaced by new ones, up to ten batches in all. */
  readonly resamples: boolean;
  /** Completions of a prompt are compared with one another, so that one alone teaches nothing. */
  readonly compares: boolean;
  /** Default updates on each step's completions; default 1. */
  readonly epochs?: number;
  /** Share of the longest completion at whose end the reward falls, where the run does not say; default: nowhere. */
  readonly overlong?: number;
  /** @returns per row, one advantage for every token of it */
  readonly advantages: (rollouts: Rollouts, klWeight: number) => Float64Array[];
  /** What the critic learns to expect, as advantages; where it is there, there is a critic. */
  readonly returns?: (rollouts: Rollouts, klWeight: number) => Float64Array[];
}

/** One advantage per row, for all its tokens. */
export function spread(perRow: Float64Array, { oldLogProbs }: Rollouts): Float64Array[] {
  return oldLogProbs.map((row, r) => new Float64Array(row.length).fill(perRow[r] as number));
}
