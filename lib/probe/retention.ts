// What did learning the new task cost the old one, and does the cost go with how far the model moved? For each checkpoint: the forward KL
// from the model before, on prompts of the new task, and the loss and accuracy it lost on the old task.
// Source: "RL's Razor: Why Online Reinforcement Learning Forgets Less", arXiv 2509.04259 (forgetting goes with KL(before || after) on the new task).
// Differs from it: (1) KL exact over the vocabulary at every token; (2) losses paired problem by problem; (3) the line over checkpoints has
// an interval, and none with fewer than five of them.
import { checkOptions, required, type Rules } from "../core/options.ts";
import { fold, key } from "../core/rng.ts";
import type { Interval } from "../core/table.ts";
import type { ExampleSet } from "../data/example.ts";
import { clusteredIntervals } from "../eval/clustered.ts";
import { evaluateModels } from "../eval/evaluate.ts";
import { slopeOverPoints } from "../eval/slope.ts";
import type { Model } from "../model/model.ts";
import { EXAMPLES, MODEL, MODELS } from "../train/arguments.ts";
import { passDifference } from "./differences.ts";
import { KL_RULES, klBetween, type WatchedKl } from "./kl.ts";

export interface RetentionPlan {
  readonly before: Model;
  /** Checkpoints after training on the new task, by name. */
  readonly after: Readonly<Record<string, Model>>;
  /** Prompts of the new task. */
  readonly newTask: ExampleSet;
  /** What the model knew before. */
  readonly oldTask: ExampleSet;
}

export interface Retained {
  readonly model: string;
  /** KL(before || after) on the new task, nats per token. */
  readonly moved: Interval;
  /** Loss on the old task after minus before, nats per completion token, paired: forgetting. */
  readonly forgotten: Interval;
  /** Accuracy on the old and on the new task, after minus before, one greedy completion, paired. */
  readonly old: Interval;
  readonly gained: Interval;
}

export interface Retention {
  readonly rows: readonly Retained[];
  /** Forgetting per nat of KL, least squares over checkpoints; null with fewer than five. */
  readonly slope: Interval | null;
}

const RULES: Rules<RetentionPlan> = {
  before: required(MODEL),
  after: required(MODELS),
  newTask: required(EXAMPLES),
  oldTask: required(EXAMPLES),
};

/**
 * @throws VOCABULARY_MISMATCH, TOO_LONG, EMPTY_DATA
 * @example await retentionOf({ before: old.model, after: { sft: run.model, rl: tuned.model }, newTask: b.test(), oldTask: a.test() })
 */
export async function retentionOf(plan: RetentionPlan, asked: WatchedKl = {}): Promise<Retention> {
  const { before, after, newTask, oldTask } = checkOptions("retention", plan, RULES);
  const options = checkOptions("retention", asked, KL_RULES);
  const { seed = 0, confidence = 0.95, signal } = options;
  const names = Object.keys(after);
  // A name of ours that no checkpoint can have: theirs are shown.
  const start = " before";
  const sets = { old: oldTask, new: newTask };
  const scores = await evaluateModels({ [start]: before, ...after }, sets, { seed, confidence }, { signal });
  signal?.throwIfAborted();
  const { ratio } = clusteredIntervals(fold(key(seed), "retention"), confidence);
  const lossOf = (model: string) => scores.perProblem.filter((p) => p.model === model && p.set === "old");
  const known = lossOf(start);
  const rows: Retained[] = [];
  for (const name of names) {
    const now = lossOf(name);
    const kl = await klBetween(before, after[name] as Model, newTask, { ...options, signal });
    rows.push({
      model: name,
      moved: kl.forward.perToken,
      forgotten: ratio(
        known,
        now.map((p, i) => p.referenceNats - (known[i]?.referenceNats as number)),
        known.map((p) => p.referenceTokens),
      ),
      old: passDifference(scores, "old", start, name, 1),
      gained: passDifference(scores, "new", start, name, 1),
    });
  }
  return {
    rows,
    slope: slopeOverPoints(
      rows.map((r) => r.moved.value),
      rows.map((r) => r.forgotten.value),
      confidence,
    ),
  };
}
