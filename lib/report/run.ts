// A finished training run as the user holds it: the run itself, its steps as a frame, its curve as a chart, its summary as a table.
import { DISPLAY_SYMBOL, type MimeBundle } from "../core/host.ts";
import { Shown } from "../core/shown.ts";
import { rowsTable, tableBundle } from "../core/table.ts";
import type { Model } from "../model/model.ts";
import type { StepReport, TrainRun } from "../train/run.ts";
import { Figure } from "./chart/figure.ts";
import type { ChartSpec } from "./chart/spec.ts";
import { type CurveOptions, curvesSpec, HELD_OUT, withHeldOut } from "./curves.ts";
import { type DataFrame, frameOf } from "./frame.ts";
import { durationText } from "./progress.ts";

/** What is drawn while and after each kind of training: its main metric. */
export const MAIN_CURVE: Readonly<Record<TrainRun["kind"], CurveOptions>> = {
  pretrain: { title: "Pre-training loss", metric: "loss", label: "loss (nats per token)" },
  sft: { title: "Fine-tuning loss", metric: "loss", label: "loss (nats per completion token)" },
  rl: { title: "Reward during RL", metric: "reward", label: "mean reward of a step's completions" },
};

/** A run's own chart: its main metric, and the loss on what it was not trained on where that was asked for. */
export const runSpec = (kind: TrainRun["kind"], history: readonly StepReport[]): ChartSpec =>
  withHeldOut(curvesSpec({ [kind]: history }, MAIN_CURVE[kind]), history);

/** Mean of a metric over the first or last tenth of the steps: single steps are noisy. */
function tenth(history: readonly StepReport[], metric: string, end: "first" | "last"): number {
  const n = Math.max(1, Math.floor(history.length / 10));
  const part = end === "first" ? history.slice(0, n) : history.slice(-n);
  const values = part.flatMap((r) => r.metrics[metric] ?? []);
  return values.reduce((sum, v) => sum + v, 0) / values.length;
}

/** A run with its presentations; `run.model` is the trained copy. */
export class Run<Options = Readonly<Record<string, unknown>>> extends Shown implements TrainRun<Options> {
  readonly kind: TrainRun["kind"];
  readonly model: Model;
  readonly history: readonly StepReport[];
  readonly options: Options;
  readonly stopped: TrainRun["stopped"];
  readonly seconds: number;
  readonly tokens: number;

  constructor(run: TrainRun<Options>) {
    super();
    this.kind = run.kind;
    this.model = run.model;
    this.history = run.history;
    this.options = run.options;
    this.stopped = run.stopped;
    this.seconds = run.seconds;
    this.tokens = run.tokens;
  }

  /** @returns one row per step: step, tokens, seconds and every metric, as a Danfo DataFrame */
  frame(): DataFrame {
    return frameOf(this.history.map(({ step, tokens, seconds, metrics }) => ({ step, tokens, seconds, ...metrics })));
  }

  /** @returns the main metric over the steps (loss; for RL the reward) */
  curve(): Figure {
    return new Figure(runSpec(this.kind, this.history));
  }

  [DISPLAY_SYMBOL](): MimeBundle {
    const { metric } = MAIN_CURVE[this.kind];
    const steps = this.history.length;
    const [first] = this.history;
    const heldOut = this.history.findLast(({ metrics }) => HELD_OUT in metrics)?.metrics[HELD_OUT];
    const notes = [
      first && first.step > 1 ? `from step ${first.step} on` : "",
      { finished: "", interrupted: "interrupted", early: "stopped early" }[this.stopped],
    ].filter((note) => note !== "");
    const row = {
      run: this.kind,
      parameters: this.model.parameterCount,
      steps: notes.length === 0 ? steps : `${steps} (${notes.join(", ")})`,
      tokens: this.tokens,
      [`${metric}, first tenth`]: tenth(this.history, metric, "first"),
      [`${metric}, last tenth`]: tenth(this.history, metric, "last"),
      ...(heldOut !== undefined && { "held-out loss, last": heldOut }),
      time: durationText(this.seconds),
    };
    return tableBundle(rowsTable([row], { typed: false }));
  }
}
