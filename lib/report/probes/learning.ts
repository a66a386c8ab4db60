// What training costs and what it makes possible: forgetting against the distance moved, and learning of tasks that nobody trained on.
import { host } from "../../core/host.ts";
import { checkOptions, type Rules, without } from "../../core/options.ts";
import type { Interval } from "../../core/table.ts";
import { IN_CONTEXT_RULES, type InContextPlan, type InContextRow, inContextOf } from "../../probe/inContext.ts";
import type { KlOptions } from "../../probe/kl.ts";
import { PROBE_RULES, type ProbeOptions } from "../../probe/options.ts";
import { RELEARNING_RULES, type Relearned, relearningOf, type RelearningPlan } from "../../probe/relearning.ts";
import { type Retention, retentionOf, type RetentionPlan } from "../../probe/retention.ts";
import { figures, level, listed, share } from "../../probe/words.ts";
import type { StepReport } from "../../train/run.ts";
import { columns, type Series } from "../chart/spec.ts";
import { Finding } from "../finding.ts";
import { watchLive } from "../live.ts";

function retentionWords({ rows, slope }: Retention): string {
  const parts = rows.map(
    (r) => `“${r.model}” moved ${figures(r.moved)} nats per token and forgot ${figures(r.forgotten)}`,
  );
  const line = slope
    ? slope.low > 0
      ? `forgetting rises with the distance moved (${figures(slope)} nats per nat)`
      : `whether forgetting rises with the distance cannot be told (${figures(slope)} nats per nat)`
    : "too few checkpoints for a line";
  return `${listed(parts)}; ${line}.`;
}

/**
 * Forgetting of an old task against the forward KL on a new one, for several checkpoints trained on the new one.
 * @throws VOCABULARY_MISMATCH, TOO_LONG
 * @example await probe.retention({ before: old.model, after: { sft: run.model, rl: tuned.model }, newTask: b.test({ n: 100 }), oldTask: a.test({ n: 100 }) })
 */
export async function retention(plan: RetentionPlan, options: KlOptions = {}): Promise<Finding<Retention>> {
  const found = await host().cooperate((signal) => retentionOf(plan, { ...options, signal }));
  const { rows } = found;
  return new Finding(found, {
    title: "What the new task cost the old one",
    rows: rows.map(({ model, moved, forgotten, old, gained }) => ({
      checkpoint: model,
      "KL(before ‖ after), new task": moved,
      "loss gained, old task": forgotten,
      "accuracy gained, old task": old,
      "accuracy gained, new task": gained,
    })),
    chart: {
      title: "Forgetting against the distance moved",
      x: { label: "KL(before ‖ after) on the new task, nats per token" },
      y: { label: "loss gained on the old task, nats per token" },
      series: rows.map((r) => ({
        name: r.model,
        mark: "points",
        x: [r.moved.value],
        y: [r.forgotten.value],
        low: [r.forgotten.low],
        high: [r.forgotten.high],
      })),
      references: [{ y: 0, label: "nothing forgotten" }],
    },
    sentence: retentionWords(found),
    note: `Differences are after minus before, paired over problems, with ${level(options.confidence)} intervals; one greedy completion for accuracies. Each checkpoint is one experiment.`,
  });
}

export interface LearnToLearn {
  readonly inContext: readonly InContextRow[];
  /** Left out where no fine-tuning was asked for. */
  readonly relearning: readonly Relearned[];
}

const lineOf = (name: string, colour: number, points: readonly (readonly [x: number, y: Interval])[]): Series => ({
  name,
  colour,
  mark: "line",
  x: points.map(([x]) => x),
  ...columns(points.map(([, y]) => y)),
});

function learnWords({ inContext, relearning }: LearnToLearn): string {
  const names = [...new Set(inContext.map((r) => r.model))];
  const contexts = names.flatMap((model) => {
    const last = inContext.findLast((r) => r.model === model);
    if (!last?.saved) return [];
    const said =
      last.saved.low > 0 ? "help" : last.saved.high < 0 ? "hurt" : "neither help nor hurt that it could be told";
    return [`“${model}”: ${last.shots} examples in the prompt ${said} (${figures(last.saved)} nats per token saved)`];
  });
  const speeds = relearning.flatMap((r) =>
    r.faster
      ? [
          `“${r.model}” ${r.faster.low > 0 ? "relearns faster" : r.faster.high < 0 ? "relearns more slowly" : "relearns no faster that could be told"} than “${relearning[0]?.model}” (${figures(r.faster)} nats less on the way)`,
        ]
      : [],
  );
  return `On tasks that nobody trained on: ${[...contexts, ...speeds].join("; ")}.`;
}

export type LearnToLearnPlan = InContextPlan &
  Omit<RelearningPlan, "sft" | "confidence"> & {
    /** Restarts fine-tuning as well. */
    readonly sft?: RelearningPlan["sft"];
  };

const { sft, ...RELEARNING } = RELEARNING_RULES;
const RULES: Rules<LearnToLearnPlan> = {
  ...without(RELEARNING, "confidence"),
  ...IN_CONTEXT_RULES,
  sft: { ...sft, required: false },
};
const OPTION_RULES = without(PROBE_RULES, "seed", "signal");

/**
 * Do models learn a new task from examples, in the prompt or by a little fine-tuning? Tasks are the same world with parameters that none has seen.
 * Shows a live line while it fine-tunes. An interrupt ends it without a result.
 * @param plan `tasks`, at least four; `shots` for the prompt; `sft` to restart fine-tuning as well
 * @throws TOO_FEW_SEEDS fewer than four tasks; VOCABULARY_MISMATCH, TOO_LONG, and what training throws
 * @example
 * const tasks = [100, 101, 102, 103].map((seed) => world.stateMachine({ seed, states: 8, actions: 8, depth: [4, 9] }));
 * await probe.learnToLearn({ models: { blank, tuned: run.model }, tasks, sft: { steps: 100, batch: 32, learningRate: 3e-3 } })
 */
export async function learnToLearn(
  plan: LearnToLearnPlan,
  options: Pick<ProbeOptions, "confidence"> = {},
): Promise<Finding<LearnToLearn>> {
  const { sft, models } = checkOptions("learnToLearn", plan, RULES);
  const { confidence = 0.95 } = checkOptions("learnToLearn", options, OPTION_RULES);
  const inContext = await host().cooperate((signal) => inContextOf(models, plan, { confidence, signal }));
  const view = { title: "learn to learn", unit: "fine-tuning", shown: ({ metrics }: StepReport) => metrics };
  const relearning = sft ? await watchLive(view, (watch) => relearningOf({ ...plan, sft, confidence }, watch)) : [];
  const names = Object.keys(models);
  const lines = names.map((model, colour) =>
    lineOf(
      model,
      colour,
      inContext.filter((r) => r.model === model).map(({ shots, nats }) => [shots, nats]),
    ),
  );
  const curves = relearning.map(({ model, curve }, colour) =>
    lineOf(
      model,
      colour,
      curve.map(({ step, loss }) => [step, loss]),
    ),
  );
  const found = { inContext, relearning };
  return new Finding(found, {
    title: "Learning tasks that nobody trained on",
    rows: [
      ...inContext.map((r) => ({
        model: r.model,
        measure: `loss with ${r.shots} examples in the prompt`,
        "nats per token": r.nats,
        difference: r.saved,
        "each task": r.tasks.map((v) => v.toFixed(2)).join("  "),
      })),
      ...relearning.map((r) => ({
        model: r.model,
        measure: `held-out loss on the way, ${share(r.reached)} learned it`,
        "nats per token": r.alongTheWay,
        difference: r.faster,
        "each task": r.steps.map((s) => (s === null ? "not reached" : `step ${s}`)).join("  "),
      })),
    ],
    chart:
      curves.length > 0
        ? {
            title: "Fine-tuning on a new task",
            x: { label: "step", whole: true },
            y: { label: "held-out loss (nats per completion token)" },
            series: curves,
          }
        : {
            title: "Loss after examples in the prompt",
            x: { label: "solved examples in the prompt", ticks: [...new Set(inContext.map((r) => r.shots))] },
            y: { label: "nats per completion token" },
            series: lines,
          },
    sentence: learnWords(found),
    note: `${plan.tasks.length} tasks, all of them shown; intervals: ${level(confidence)}, Student's over tasks. Difference: nats saved against no examples; or against the first model.`,
  });
}
