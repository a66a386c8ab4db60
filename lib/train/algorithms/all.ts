// The algorithms by name.
import type { Algorithm } from "./algorithm.ts";
import { cispo } from "./cispo.ts";
import { dapo } from "./dapo.ts";
import { drGrpo } from "./dr-grpo.ts";
import { expertIteration } from "./expert-iteration.ts";
import { grpo } from "./grpo.ts";
import { gspo } from "./gspo.ts";
import { ppo } from "./ppo.ts";
import { reinforcePlusPlus } from "./reinforce-plus-plus.ts";
import { reinforce } from "./reinforce.ts";
import { rloo } from "./rloo.ts";

export const ALGORITHMS = {
  grpo,
  "dr-grpo": drGrpo,
  dapo,
  gspo,
  cispo,
  ppo,
  rloo,
  reinforce,
  "reinforce++": reinforcePlusPlus,
  "expert-iteration": expertIteration,
} as const satisfies Readonly<Record<string, Algorithm>>;

export type AlgorithmName = keyof typeof ALGORITHMS;
