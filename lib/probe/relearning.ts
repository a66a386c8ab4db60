// How fast does fine-tuning learn a new task? SFT is restarted from each model on tasks that none has seen; what counts is how many steps it
// takes until the loss on held-out problems is below a bound, and how low that loss is on the way.
// Source: the paper's closing proposal (arXiv 2606.07527), made a number here; steps to criterion as in the savings of relearning
// (Ebbinghaus 1885). Differs from a learning curve looked at: tasks are the observations, a run that does not get there is told as such,
// and the mean loss along the way, which every run has, carries the interval.
import { atLeast, listOf, record, required, type Rules, shaped, whole, without } from "../core/options.ts";
import type { Interval } from "../core/table.ts";
import { CONFIDENCE } from "../eval/interval.ts";
import { wilson } from "../eval/rate.ts";
import { overSeeds } from "../eval/seeds.ts";
import type { Model } from "../model/model.ts";
import { MODELS } from "../train/arguments.ts";
import { SFT_RULES, type SftOptions, trainSft } from "../train/sft.ts";
import type { World } from "../world/world.ts";
import type { ProbeWatch } from "./controlRewards.ts";

export interface RelearningPlan {
  /** Starting points, by name; the first is what the others are compared with. */
  readonly models: Readonly<Record<string, Model>>;
  /** At least four. */
  readonly tasks: readonly World[];
  /** Of the fine-tuning; its seed is the task's position. */
  readonly sft: Omit<SftOptions, "seed" | "heldOut" | "checkpoint" | "resumeFrom" | "forkFrom">;
  /** Examples of each task to train on; default 2,000. */
  readonly examples?: number;
  /** Held-out problems; default 64. */
  readonly n?: number;
  /** Steps between measurements; default a tenth of the steps. */
  readonly every?: number;
  /** Nats per completion token that count as learned; default 0.1. */
  readonly criterion?: number;
  /** Default 0.95. */
  readonly confidence?: number;
}

export interface Relearned {
  readonly model: string;
  /** Of each task: the first measured step at or below the criterion; null where it was not reached. */
  readonly steps: readonly (number | null)[];
  readonly reached: Interval;
  /** Held-out loss averaged over the measurements, mean over tasks. */
  readonly alongTheWay: Interval;
  /** That of the first model minus this one's, paired over tasks: above 0 this one learns faster. null for the first. */
  readonly faster: Interval | null;
  /** Mean over tasks of the held-out loss at each measured step. */
  readonly curve: readonly { readonly step: number; readonly loss: Interval }[];
}

export const RELEARNING_RULES: Rules<RelearningPlan> = {
  models: required(MODELS),
  tasks: required(listOf(record, 0)),
  sft: required(
    shaped<RelearningPlan["sft"]>(without(SFT_RULES, "seed", "heldOut", "checkpoint", "resumeFrom", "forkFrom")),
  ),
  examples: whole(1),
  n: whole(1),
  every: whole(1),
  criterion: atLeast(0),
  confidence: CONFIDENCE,
};

/**
 * @throws TOO_FEW_SEEDS fewer than four tasks; what training throws
 * @example await relearningOf({ models: { blank, twin: reading.model }, tasks, sft: { steps: 100, batch: 32, learningRate: 3e-3 } })
 */
export async function relearningOf(plan: RelearningPlan, watch: ProbeWatch = {}): Promise<readonly Relearned[]> {
  const { tasks, sft, examples = 2000, n = 64, criterion = 0.1, confidence = 0.95 } = plan;
  const { every = Math.max(1, Math.round(sft.steps / 10)) } = plan;
  overSeeds(
    tasks.map(() => 0),
    confidence,
  ); // refuses too few before the training
  const names = Object.keys(plan.models);
  const curves = new Map<string, number[][]>(names.map((name) => [name, []]));
  const started = performance.now();
  let steps: readonly number[] = [];
  let tokens = 0;
  let done = 0;
  for (const [seed, task] of tasks.entries()) {
    const [train, set] = [task.train(examples), task.test({ n })];
    for (const [name, model] of Object.entries(plan.models)) {
      const run = await trainSft(model, train, { ...sft, seed, heldOut: { set, every } }, { signal: watch.signal });
      run.model.dispose();
      watch.signal?.throwIfAborted();
      const measured = run.history.filter(({ metrics }) => metrics["heldOutLoss"] !== undefined);
      steps = measured.map(({ step }) => step);
      const losses = measured.map(({ metrics }) => metrics["heldOutLoss"] as number);
      curves.get(name)?.push(losses);
      done += 1;
      tokens += run.tokens;
      watch.onStep?.({
        step: done,
        steps: tasks.length * names.length,
        tokens,
        seconds: (performance.now() - started) / 1000,
        metrics: { loss: losses.at(-1) as number },
      });
    }
  }
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const areas = new Map(names.map((name) => [name, (curves.get(name) as number[][]).map(mean)]));
  const first = areas.get(names[0] as string) as readonly number[];
  return names.map((model, at): Relearned => {
    const each = curves.get(model) as readonly number[][];
    const area = areas.get(model) as readonly number[];
    const reached = each.map((losses) => steps[losses.findIndex((loss) => loss <= criterion)] ?? null);
    return {
      model,
      steps: reached,
      reached: wilson(reached.filter((s) => s !== null).length, reached.length, confidence),
      alongTheWay: overSeeds(area, confidence),
      faster:
        at === 0
          ? null
          : overSeeds(
              area.map((a, i) => (first[i] as number) - a),
              confidence,
            ),
      curve: steps.map((step, s) => ({
        step,
        loss: overSeeds(
          each.map((losses) => losses[s] as number),
          confidence,
        ),
      })),
    };
  });
}
