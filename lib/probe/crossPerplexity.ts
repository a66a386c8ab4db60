// What each model writes, scored by every other: does the old model already find likely what the new one says?
// Source: "Does Reinforcement Learning Really Incentivize Reasoning Capacity in LLMs Beyond the Base Model?", arXiv 2504.13837 (perplexity of the
// RL model's answers under its base). Differs from it: (1) every writer and every reader, the reference completions among the writers; (2)
// nats per token with intervals over problems, and the surprise that is the writer's own (its entropy) beside it: what counts is the excess.
import { checkOptions } from "../core/options.ts";
import { fold, key } from "../core/rng.ts";
import type { Interval } from "../core/table.ts";
import type { ExampleSet } from "../data/example.ts";
import { clusteredIntervals } from "../eval/clustered.ts";
import type { Model } from "../model/model.ts";
import { promptIds, referenceIds } from "../model/prompt.ts";
import { scoreCompletions } from "../model/score.ts";
import { checkProblems, checkModels } from "../train/arguments.ts";
import { checkSameVocabulary, drawContexts } from "./divergence.ts";
import { KL_RULES, type WatchedKl } from "./kl.ts";

/** Nats per token, the end token counted. */
export interface CrossPerplexityCell {
  /** "reference", or a model's name. */
  readonly writer: string;
  readonly reader: string;
  readonly nats: Interval;
  /** e to the nats. */
  readonly perplexity: Interval;
  /** Reader's nats minus the writer's own on its own texts, paired: an estimate of KL(writer || reader). null where nobody wrote it. */
  readonly excess: Interval | null;
}

const exp = ({ value, low, high }: Interval): Interval => ({
  value: Math.exp(value),
  low: Math.exp(low),
  high: Math.exp(high),
});

/**
 * @param models checkpoints of one vocabulary, by name
 * @throws VOCABULARY_MISMATCH, TOO_LONG
 * @example await crossPerplexityOf({ before: run.model, after: tuned.model }, task.test({ n: 64 }))
 */
export async function crossPerplexityOf(
  models: Readonly<Record<string, Model>>,
  set: ExampleSet,
  asked: WatchedKl = {},
): Promise<readonly CrossPerplexityCell[]> {
  const options = checkOptions("crossPerplexity", asked, KL_RULES);
  checkModels(models);
  checkProblems(set);
  const { samples = 4, seed = 0, confidence = 0.95, signal } = options;
  const entries = Object.entries(models);
  const [, first] = entries[0] as [string, Model];
  for (const [, model] of entries) checkSameVocabulary(first, model);
  const { tokenizer } = first;
  const prompts = set.examples.map((example) => promptIds(example, tokenizer));
  const references = set.examples.map((example) => referenceIds(example, tokenizer));
  const maxNewTokens = options.maxNewTokens ?? Math.max(...references.map((row) => row.length));
  const { ratio } = clusteredIntervals(fold(key(seed), "crossPerplexity"), confidence);
  const cells: CrossPerplexityCell[] = [];

  const readBy = async (
    writer: string,
    rows: readonly { prompt: readonly number[]; completion: readonly number[] }[],
  ) => {
    const perProblem = rows.length / prompts.length;
    const overProblems = (values: readonly number[]) =>
      prompts.map((_, i) => values.slice(i * perProblem, (i + 1) * perProblem).reduce((a, b) => a + b, 0));
    const tokens = overProblems(rows.map((row) => row.completion.length));
    const nats = new Map<string, readonly number[]>();
    for (const [reader, model] of entries) {
      signal?.throwIfAborted();
      const scores = await scoreCompletions(
        model,
        rows.map((row) => row.prompt),
        rows.map((row) => row.completion),
      );
      nats.set(reader, overProblems(scores.map((row) => -row.reduce((a, b) => a + b, 0))));
    }
    const own = nats.get(writer);
    for (const [reader, values] of nats) {
      const each = ratio(set.examples, values, tokens);
      const excess =
        own === undefined
          ? null
          : ratio(
              set.examples,
              values.map((v, i) => v - (own[i] as number)),
              tokens,
            );
      cells.push({ writer, reader, nats: each, perplexity: exp(each), excess });
    }
  };

  await readBy(
    "reference",
    prompts.map((prompt, i) => ({ prompt, completion: references[i] as number[] })),
  );
  for (const [writer, model] of entries) {
    const contexts = await drawContexts(model, prompts, {
      samples,
      maxNewTokens,
      temperature: 1,
      key: fold(key(seed), "crossPerplexity"),
      signal,
    });
    await readBy(writer, contexts);
  }
  return cells;
}
