// Outcomes of models that are a coin for each problem, as an evaluation would have them.
import type { Drawer } from "../../../../lib/core/rng.ts";
import type { ProblemScore, Scores } from "../../../../lib/eval/scores.ts";
import { many } from "./simulation.ts";

export interface Asked {
  readonly model: string;
  readonly id: string;
  readonly solved: readonly boolean[];
  readonly completions?: readonly string[];
  readonly confidences?: readonly number[];
  readonly meta?: ProblemScore["meta"];
  /** Generated over all samples; default one each. */
  readonly tokens?: number;
  readonly reference?: { readonly nats: number; readonly tokens: number; readonly bytes: number };
}

export const outcome = ({
  model,
  id,
  solved,
  completions,
  confidences,
  meta = {},
  tokens,
  reference,
}: Asked): ProblemScore => ({
  model,
  set: "test",
  id,
  meta,
  completions: completions ?? solved.map(String),
  solved,
  confidences: confidences ?? solved.map(() => 1),
  unfinished: 0,
  generatedTokens: tokens ?? solved.length,
  promptTokens: 1,
  seconds: 0,
  referenceNats: reference?.nats ?? 1,
  referenceTokens: reference?.tokens ?? 1,
  referenceBytes: reference?.bytes ?? 1,
});

export const flips = (drawer: Drawer, n: number, p: number): boolean[] => many(n, () => drawer.uniform() < p);

export const optionsOf = (
  samples: number,
  ks: { readonly passAt?: readonly number[]; readonly majAt?: readonly number[] } = {},
): Scores["options"] => ({
  samples,
  temperature: 1,
  passAt: ks.passAt ?? [1],
  majAt: ks.majAt ?? [],
  seed: 0,
  maxNewTokens: { test: 1 },
  confidence: 0.95,
  rowsAtOnce: 256,
  cache: null,
});

export const scoresOf = (perProblem: readonly ProblemScore[], samples: number): Scores => ({
  rows: [],
  comparisons: [],
  leaks: {},
  perProblem,
  stopped: "finished",
  options: optionsOf(samples),
});
