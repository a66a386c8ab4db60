// Learning without training: the loss on a problem of a world with unseen parameters, after k solved examples of that world in the prompt. A
// model that fitted one world's facts gains nothing from examples of another; one that learned how to learn reads the facts off them.
// Source: the paper's own closing proposal (arXiv 2606.07527: models that "learn how to learn"), made a number here; k-shot loss as in
// "Language Models are Few-Shot Learners", 2005.14165. Differs from it: each task is one observation, so tasks that were never trained
// on are what the interval is over; examples are set apart by the end token, as documents are.
import { fault } from "../core/errors.ts";
import { listOf, record, required, type Rules, whole } from "../core/options.ts";
import type { Interval } from "../core/table.ts";
import type { Example } from "../data/example.ts";
import { overSeeds } from "../eval/seeds.ts";
import type { Model } from "../model/model.ts";
import { scoreCompletions } from "../model/score.ts";
import type { World } from "../world/world.ts";
import type { ProbeOptions } from "./options.ts";

export interface InContextPlan {
  /** The same world with parameters that no model saw; at least four. Their vocabularies must be the models'. */
  readonly tasks: readonly World[];
  /** Solved examples in the prompt; default 0, 1, 2 and 4. */
  readonly shots?: readonly number[];
  /** Problems of each task; default 32. */
  readonly n?: number;
}

export interface InContextRow {
  readonly model: string;
  readonly shots: number;
  /** Nats per completion token: of each task, in the order of the plan, and their mean. */
  readonly tasks: readonly number[];
  readonly nats: Interval;
  /** Nats saved against no examples, paired over tasks; null at no examples. */
  readonly saved: Interval | null;
}

export const IN_CONTEXT_RULES: Rules<InContextPlan> = {
  tasks: required(listOf(record, 0)),
  shots: listOf(whole(0)),
  n: whole(1),
};

/**
 * @throws TOO_FEW_SEEDS fewer than four tasks
 * @throws VOCABULARY_MISMATCH a task has words of its own
 * @throws TOO_LONG the examples and the problem do not fit into a model
 * @example await inContextOf({ sft: run.model }, { tasks: [10, 11, 12, 13].map((seed) => world.stateMachine({ seed })) })
 */
export async function inContextOf(
  models: Readonly<Record<string, Model>>,
  { tasks, shots = [0, 1, 2, 4], n = 32 }: InContextPlan,
  { confidence = 0.95, signal }: Omit<ProbeOptions, "seed"> = {},
): Promise<readonly InContextRow[]> {
  overSeeds(
    tasks.map(() => 0),
    confidence,
  ); // refuses too few at once
  const most = Math.max(...shots);
  // As many examples for every k, so that the problems, and for k the last k examples, are the same ones.
  const sets = tasks.map((task) => ({
    shown: task.train(n * Math.max(1, most)).examples,
    asked: task.test({ n }).examples,
    hash: task.vocab.hash,
  }));
  const rows: InContextRow[] = [];
  for (const [name, model] of Object.entries(models)) {
    const { tokenizer } = model;
    if (sets.some(({ hash }) => hash !== tokenizer.hash))
      throw fault("VOCABULARY_MISMATCH", `a task has other words than "${name}".`, "change its seed, not its sizes.");
    const whole = (e: Example) => [...tokenizer.encode(e.prompt), ...tokenizer.encode(e.completion), tokenizer.eosId];
    const lossAt = async (k: number): Promise<number[]> => {
      const losses: number[] = [];
      for (const { shown, asked } of sets) {
        signal?.throwIfAborted();
        const prompts = asked.map((e, i) => [
          ...shown.slice((i + 1) * most - k, (i + 1) * most).flatMap(whole),
          ...tokenizer.encode(e.prompt),
        ]);
        const completions = asked.map((e) => [...tokenizer.encode(e.completion), tokenizer.eosId]);
        const scores = await scoreCompletions(model, prompts, completions);
        const nats = scores.reduce((sum, row) => sum - row.reduce((a, b) => a + b, 0), 0);
        losses.push(nats / completions.reduce((sum, row) => sum + row.length, 0));
      }
      return losses;
    };
    const none = await lossAt(0);
    for (const k of shots) {
      const each = k === 0 ? none : await lossAt(k);
      const saved =
        k === 0
          ? null
          : overSeeds(
              none.map((loss, i) => loss - (each[i] as number)),
              confidence,
            );
      rows.push({ model: name, shots: k, tasks: each, nats: overSeeds(each, confidence), saved });
    }
  }
  return rows;
}
