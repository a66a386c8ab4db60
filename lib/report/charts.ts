// `chart` as a cell uses it: the domain charts take results as they are, the grammar (line, scatter, bar, box, violin, heat) anything
// with numbers, `plotly` a figure written by hand.
import { attention } from "./attention.ts";
import { calibration } from "./calibration.ts";
import type { Figure } from "./chart/figure.ts";
import { plotly } from "./chart/by-hand.ts";
import { bar, box, heat, line, scatter, violin } from "./chart/generic.ts";
import type { Finding } from "./finding.ts";
import type { Twins } from "../probe/twins.ts";
import { entropy, klReward, length, loss, metric, reward } from "./run-charts.ts";
import { samples } from "./samples.ts";
import { accuracy, accuracyByDepth, accuracyByDistance, passAtK, temperature, transfer } from "./score-charts.ts";

/** The gap between twins against post-training tokens: every seed faint, the mean over seeds with its band. @example chart.twins(await probe.twins(plan)) */
function twins(found: Finding<Twins>): Figure {
  return found.chart();
}

export const chart = {
  line,
  scatter,
  bar,
  box,
  violin,
  heat,
  metric,
  loss,
  reward,
  entropy,
  length,
  klReward,
  accuracy,
  accuracyByDepth,
  accuracyByDistance,
  passAtK,
  temperature,
  calibration,
  transfer,
  attention,
  twins,
  samples,
  plotly,
} as const;
