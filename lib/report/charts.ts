// `chart` as a cell uses it: the domain charts take results as they are, the generic ones anything with numbers.
import { Figure } from "./chart/figure.ts";
import { bar, line, scatter } from "./chart/generic.ts";
import { curvesSpec } from "./curves.ts";
import { MAIN_CURVE, type Run } from "./run.ts";
import { accuracy, accuracyByDepth, passAtK } from "./score-charts.ts";

/** One run, or several by name. */
export type Runs = Run<unknown> | Readonly<Record<string, Run<unknown>>>;

const named = (runs: Runs): Readonly<Record<string, Run<unknown>>> =>
  "history" in runs && Array.isArray(runs.history)
    ? { [(runs as Run<unknown>).kind]: runs as Run<unknown> }
    : (runs as Readonly<Record<string, Run<unknown>>>);

export interface CurveChartOptions {
  readonly title?: string;
  /** What the x axis counts; default "step". */
  readonly x?: "step" | "tokens";
}

/**
 * Any metric of training runs over steps or tokens: single steps faint, their mean bold.
 * @param metric a name in the runs' metrics: "loss", "reward", "entropy", "gradientNorm", …
 */
function metric(runs: Runs, metric: string, options: CurveChartOptions & { readonly label?: string } = {}): Figure {
  const histories = Object.fromEntries(Object.entries(named(runs)).map(([name, run]) => [name, run.history]));
  return new Figure(
    curvesSpec(histories, {
      title: options.title ?? metric,
      metric,
      label: options.label ?? metric,
      ...(options.x ? { x: options.x } : {}),
    }),
  );
}

/**
 * Training loss of one run or several side by side.
 * @example chart.loss({ blank: blankRun, "pre-trained twin": twinRun }, { x: "tokens" })
 */
function loss(runs: Runs, options: CurveChartOptions = {}): Figure {
  const kinds = new Set(Object.values(named(runs)).map((run) => run.kind));
  const label = kinds.size === 1 && kinds.has("sft") ? MAIN_CURVE.sft.label : MAIN_CURVE.pretrain.label;
  return metric(runs, "loss", { title: "Training loss", label, ...options });
}

/** Mean reward of each RL step's completions. */
function reward(runs: Runs, options: CurveChartOptions = {}): Figure {
  return metric(runs, "reward", { title: MAIN_CURVE.rl.title, label: MAIN_CURVE.rl.label, ...options });
}

export const chart = { accuracy, accuracyByDepth, passAtK, loss, reward, metric, line, bar, scatter } as const;
