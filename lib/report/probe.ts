// `probe` as a cell uses it: instruments for the question whether post-training fits a distribution. Each returns numbers with intervals, a
// table, a figure and a sentence.
import { fineTuned } from "../probe/fineTuned.ts";
import { distanceCurve } from "./probes/distance.ts";
import { calibration } from "./probes/calibration.ts";
import { kl, sharpening } from "./probes/divergence.ts";
import { crossPerplexity, dataKl, nllGap, novelty } from "./probes/fit.ts";
import { learnToLearn, retention } from "./probes/learning.ts";
import { coverage, crossover } from "./probes/pass.ts";
import { counterfactuals, temperatureSweep } from "./probes/sampling.ts";
import { controlRewards, predictions, twins } from "./probes/seeds.ts";
import { verdicts } from "./probes/verdicts.ts";
import { scorecard } from "./scorecard.ts";

export const probe = {
  scorecard,
  crossover,
  coverage,
  distanceCurve,
  calibration,
  kl,
  sharpening,
  twins,
  controlRewards,
  fineTuned,
  predictions,
  verdicts,
  nllGap,
  dataKl,
  novelty,
  crossPerplexity,
  retention,
  learnToLearn,
  temperatureSweep,
  counterfactuals,
} as const;
