// Whether models know when they are right: reliability of the probability that they gave their own answers.
import { fault } from "../../core/errors.ts";
import { checkOptions, oneOf } from "../../core/options.ts";
import type { Calibration } from "../../eval/calibration.ts";
import { listed, percent, points } from "../../probe/words.ts";
import { Finding } from "../finding.ts";
import type { Score } from "../score.ts";

export interface ModelCalibration extends Calibration {
  readonly model: string;
  readonly set: string;
}

function calibrationWords({ model, ece, byChance, bias, p }: ModelCalibration): string {
  const said = `“${model}” is off by ${percent(ece.value)} (a calibrated model shows ${percent(byChance)} by chance)`;
  if (p >= 0.05) return `${said}: no miscalibration can be told`;
  if (bias.low > 0) return `${said}: too sure by ${points(bias)}`;
  return bias.high < 0
    ? `${said}: not sure enough by ${points({ value: -bias.value, low: -bias.high, high: -bias.low })}`
    : `${said}: too sure here, not sure enough there`;
}

/**
 * Reliability table of each model: how often answers are right that the model gave with a certain probability, and the expected calibration error.
 * @param options.set default: the first set
 * @example probe.calibration(score, { set: "in distribution" })
 */
export function calibration<M extends string, S extends string>(
  score: Score<M, S>,
  options: { readonly set?: NoInfer<S> } = {},
): Finding<readonly ModelCalibration[]> {
  const { set = score.sets[0] } = checkOptions("calibration", options, { set: oneOf(...score.sets) });
  if (set === undefined) throw fault("EMPTY_DATA", "the score has no set.", "evaluate at least one.");
  const found = score.models.flatMap((model): ModelCalibration[] => {
    const row = score.row(model, set);
    return row ? [{ model, set, ...row.calibration }] : [];
  });
  return new Finding(found, {
    title: `Calibration, ${set}`,
    rows: found.flatMap(({ model, bins, ece, byChance, p }) =>
      bins.map((bin) => ({ model, ...bin, "ECE of the model": ece, "by chance": byChance, p })),
    ),
    chart: {
      title: `Reliability, ${set}`,
      x: { label: "probability that the model gave its answer", percent: true, range: [0, 1] },
      y: { label: "share of such answers that are right", percent: true, range: [0, 1] },
      series: [
        { name: "calibrated", mark: "line", faint: true, x: [0, 1], y: [0, 1] },
        ...found.map(({ model, bins }) => ({
          name: model,
          mark: "line" as const,
          x: bins.map((bin) => bin.confidence),
          y: bins.map((bin) => bin.accuracy),
        })),
      ],
    },
    sentence: `${listed(found.map(calibrationWords))}.`,
    note: `Bins of equal numbers of answers. ECE: ${score.options.confidence * 100} % over problems, bias taken out; of a model that is wrong in one bin alone its 95 % interval holds in 82 to 85 %, else too high. p: of a calibrated model showing as much.`,
  });
}
