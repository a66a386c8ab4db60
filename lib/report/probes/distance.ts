// Accuracy against distance to the training distribution, one line per model.
import { callable, checkOptions, listOf, required, type Rules, text } from "../../core/options.ts";
import type { Example, ExampleSet } from "../../data/example.ts";
import { type DistanceCurve, distanceCurveOf } from "../../probe/distanceCurve.ts";
import { listed, points } from "../../probe/words.ts";
import { checkSets } from "../../train/arguments.ts";
import { columns } from "../chart/spec.ts";
import { Finding } from "../finding.ts";
import type { Score } from "../score.ts";

export interface DistanceOptions<M extends string> {
  /** Of an example; e.g. `(e) => task.distanceToTrain(e).structural`. */
  readonly distance: (example: Example) => number;
  /** With its unit, for the axis: "steps beyond the training depth". */
  readonly label: string;
  /** Default: all of the score. */
  readonly models?: readonly NoInfer<M>[];
}

const RULES: Rules<DistanceOptions<string>> = {
  distance: required(callable),
  label: required(text),
  models: listOf(text),
};

function slopeWords({ model, slope }: DistanceCurve): string {
  const moved = `${points(slope)} per unit`;
  if (slope.high < 0) return `“${model}” falls (${moved})`;
  return slope.low > 0 ? `“${model}” rises (${moved})` : `for “${model}” no slope can be told (${moved})`;
}

/**
 * Accuracy against each problem's distance to the training distribution, and its slope.
 * @param sets as evaluated; they are pooled
 * @throws NO_SPREAD every problem is equally far; NO_SUCH_SCORE, NOT_FINITE
 * @example probe.distanceCurve(score, sets, { distance: (e) => task.distanceToTrain(e).structural, label: "steps beyond training" })
 */
export function distanceCurve<M extends string, S extends string>(
  score: Score<M, S>,
  sets: Readonly<Partial<Record<NoInfer<S>, ExampleSet>>>,
  asked: DistanceOptions<M>,
): Finding<readonly DistanceCurve[]> {
  const options = checkOptions("distanceCurve", asked, RULES);
  const pooled = sets as Readonly<Record<string, ExampleSet>>;
  checkSets(pooled);
  const curves = (options.models ?? score.models).map((model) =>
    distanceCurveOf(score, pooled, model, options.distance),
  );
  return new Finding(curves, {
    title: "Accuracy by distance to the training distribution",
    rows: curves.flatMap(({ model, slope, bins }) =>
      bins.map((bin) => ({ model, ...bin, "slope of the model": slope })),
    ),
    chart: {
      title: "Accuracy by distance to the training distribution",
      x: { label: options.label },
      y: { label: "accuracy", percent: true, range: [0, 1] },
      series: curves.map(({ model, bins }) => ({
        name: model,
        mark: "line",
        x: bins.map((bin) => bin.distance),
        ...columns(bins.map((bin) => bin.accuracy)),
      })),
    },
    sentence: `Away from the training distribution ${listed(curves.map(slopeWords))}.`,
    note: `Slope: least squares over single problems; intervals: ${score.options.confidence * 100} % over problems. What is farther may also be harder in itself.`,
  });
}
