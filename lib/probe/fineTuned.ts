// The model that a probe's RL starts from: a blank slate of a seed, fine-tuned with that seed.
import { callable, checkOptions, required, type Rules, shaped, without } from "../core/options.ts";
import type { ExampleSet } from "../data/example.ts";
import type { Model } from "../model/model.ts";
import { EXAMPLES } from "../train/arguments.ts";
import { SFT_RULES, type SftOptions, trainSft } from "../train/sft.ts";

export interface FineTunedPlan {
  readonly init: (seed: number) => Promise<Model>;
  readonly train: ExampleSet;
  readonly sft: Omit<SftOptions, "seed" | "checkpoint" | "resumeFrom" | "forkFrom">;
}

const RULES: Rules<FineTunedPlan> = {
  init: required(callable),
  train: required(EXAMPLES),
  sft: required(shaped<FineTunedPlan["sft"]>(without(SFT_RULES, "seed", "checkpoint", "resumeFrom", "forkFrom"))),
};

/**
 * @returns what `start` of `probe.controlRewards` asks for: the same fine-tuned model whenever it is called with the same seed
 * @example const start = fineTuned({ init, train: task.train(6000), sft: { steps: 400, batch: 32, learningRate: 3e-3 } });
 */
export function fineTuned(plan: FineTunedPlan): (seed: number) => Promise<Model> {
  const { init, train, sft } = checkOptions("fineTuned", plan, RULES);
  return async (seed) => {
    const blank = await init(seed);
    try {
      return (await trainSft(blank, train, { ...sft, seed })).model;
    } finally {
      blank.dispose();
    }
  };
}
