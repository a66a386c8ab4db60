// The algorithms by name.
import type { Algorithm } from "./algorithm.ts";
import { dapo } from "./dapo.ts";
import { drGrpo } from "./dr-grpo.ts";
import { expertIteration } from "./expert-iteration.ts";
import { grpo } from "./grpo.ts";
import { reinforcePlusPlus } from "./reinforce-plus-plus.ts";
import { reinforce } from "./reinforce.ts";
import { rloo } from "./rloo.ts";

export const ALGORITHMS = {
  grpo,
  "dr-grpo": drGrpo,
  dapo,
  rloo,
  reinforce,
  "reinforce++": reinforcePlusPlus,
  "expert-iteration": expertIteration,
} as const satisfies Readonly<Record<string, Algorithm>>;

export type AlgorithmName = keyof typeof ALGORITHMS;
