// The five predictions over several worlds: what each world says, and what all of them say together. One world is an observation of the
// claim as one seed is an observation of the world, so the whole is said only where the worlds agree; where they differ, that is what is said.
// Rules, fixed before any number: in a world a prediction is supported when every reading of it agrees, contradicted when one disagrees, else
// undecided. Over worlds it is supported or contradicted when all of them say so, else undecided. P5 is the evidence against: "supported"
// there speaks against distribution fitting.
import { type Prediction, readCounterEvidence, readPredictions } from "./scorecard.ts";
import type { RewardGain } from "./controlRewards.ts";
import type { Verdict } from "./reading.ts";
import { seededInput } from "./seeded.ts";
import type { Twins } from "./twins.ts";

export const CLAIMS = {
  P1: "Random weights that only saw post-training data score far above chance in distribution.",
  P2: "There pre-training adds little, less with more post-training; out of distribution it adds more.",
  P3: "Accuracy falls with the distance to the training distribution.",
  P4: "RL sharpens: pass@1 up, entropy down, pass@k at large k hardly moved; a reward without content gives nothing.",
  P5: "Evidence against: RL solves problems that many tries did not reach before.",
} as const;
export type Claim = keyof typeof CLAIMS;

/** What was measured in one world. */
export interface WorldEvidence {
  /** Accuracy of guessing, `task.chance`. */
  readonly chance: number;
  readonly twins: Twins;
  /** RL under the true reward first, then under the control rewards. */
  readonly rewards?: readonly RewardGain[];
}

export interface WorldReading extends Prediction {
  readonly world: string;
  readonly seeds: number;
}

export interface ClaimVerdict {
  readonly claim: Claim;
  readonly says: string;
  /** Of each world in which it was measured. */
  readonly worlds: Readonly<Record<string, Verdict>>;
  readonly overall: Verdict;
}

export interface Verdicts {
  readonly claims: readonly ClaimVerdict[];
  /** Every reading that the verdicts were made of. */
  readonly readings: readonly WorldReading[];
}

const joined = (readings: readonly Verdict[]): Verdict =>
  readings.includes("disagrees") ? "disagrees" : readings.every((r) => r === "agrees") ? "agrees" : "undecided";

/**
 * Intervals are those of the experiments, at their own level of confidence.
 * @example verdictsOf({ machine: { chance: task.chance, twins: gaps.result, rewards: gains.result } }).claims[0]?.overall
 */
export function verdictsOf(worlds: Readonly<Record<string, WorldEvidence>>): Verdicts {
  const readings = Object.entries(worlds).flatMap(([world, { chance, twins, rewards = [] }]): WorldReading[] => {
    const [rl, ...controls] = rewards;
    const input = seededInput(twins, { chance, ...(rl ? { rl, controls } : {}) });
    return [...readPredictions(input), ...readCounterEvidence(input)].map((reading) => ({
      world,
      seeds: twins.seeds.length,
      ...reading,
    }));
  });
  const claims = (Object.keys(CLAIMS) as Claim[]).flatMap((claim): ClaimVerdict[] => {
    const here = readings.filter((r) => r.claim === claim);
    if (here.length === 0) return [];
    const each = Object.fromEntries(
      [...new Set(here.map((r) => r.world))].map((world) => [
        world,
        joined(here.filter((r) => r.world === world).map((r) => r.reading)),
      ]),
    );
    const all = new Set(Object.values(each));
    const overall = all.size === 1 ? (Object.values(each)[0] as Verdict) : "undecided";
    return [{ claim, says: CLAIMS[claim], worlds: each, overall }];
  });
  return { claims, readings };
}
