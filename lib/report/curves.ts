// A metric of training runs as curves: every step as a faint line, the mean of neighbouring steps over it.
import type { StepReport } from "../train/run.ts";
import type { ChartSpec, Series } from "./chart/spec.ts";

/** Share of a run over which the bold line averages. */
const WINDOW_SHARE = 1 / 25;

/** @returns steps that are averaged for a run of so many; 1: none */
export function windowOf(steps: number): number {
  const width = Math.round(steps * WINDOW_SHARE);
  return width < 3 ? 1 : width;
}

/**
 * Mean over a window centred on each point; at the ends the window is cut, so the curve neither lags nor loses points.
 * @example centredMean([0, 3, 0], 3) // [1.5, 1, 1.5]
 */
export function centredMean(values: readonly number[], width: number): number[] {
  const half = Math.floor(width / 2);
  const sums = [0];
  for (const v of values) sums.push((sums.at(-1) ?? 0) + v);
  return values.map((_, i) => {
    const [from, to] = [Math.max(0, i - half), Math.min(values.length, i + half + 1)];
    return ((sums[to] ?? 0) - (sums[from] ?? 0)) / (to - from);
  });
}

/** A metric of the steps where it is due. */
export const HELD_OUT = "heldOutLoss";

/** @returns the chart of a single run with its held-out loss beside the training loss: where they part, the run learns by heart */
export function withHeldOut(spec: ChartSpec, reports: readonly StepReport[]): ChartSpec {
  const due = reports.filter(({ metrics }) => HELD_OUT in metrics);
  if (due.length === 0) return spec;
  const y = due.map(({ metrics }) => metrics[HELD_OUT] ?? Number.NaN);
  const heldOut: Series = { name: "held out", x: due.map(({ step }) => step), y, mark: "line", colour: 1 };
  return { ...spec, series: [...spec.series.map((one) => ({ ...one, name: "training" })), heldOut] };
}

export interface CurveOptions {
  readonly title: string;
  readonly metric: string;
  /** Of the y axis, with its unit. */
  readonly label: string;
  /** What the x axis counts; default "step". */
  readonly x?: "step" | "tokens";
  readonly percent?: boolean;
}

/** @param runs name -> its reports; runs without the metric are left out */
export function curvesSpec(runs: Readonly<Record<string, readonly StepReport[]>>, options: CurveOptions): ChartSpec {
  const { metric, x = "step" } = options;
  let widest = 1;
  const series = Object.entries(runs).flatMap(([name, reports], colour): Series[] => {
    const there = reports.filter((r) => metric in r.metrics);
    const xs = there.map((r) => r[x]);
    const y = there.map((r) => r.metrics[metric] ?? Number.NaN);
    const width = windowOf(y.length);
    if (width === 1) return [{ name, x: xs, y, mark: "line", colour }];
    widest = Math.max(widest, width);
    return [
      { name, x: xs, y, mark: "line", colour, faint: true },
      { name, x: xs, y: centredMean(y, width), mark: "line", colour },
    ];
  });
  return {
    title: options.title,
    x: { label: x === "step" ? "optimizer step" : "tokens read", whole: true },
    y: { label: options.label, ...(options.percent ? { percent: true as const } : {}) },
    series,
    ...(widest > 1 ? { note: `Faint: every step. Bold: mean of ${widest} neighbouring steps.` } : {}),
  };
}
