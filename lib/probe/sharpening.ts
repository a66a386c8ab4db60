// Is the model after RL the model before it at a lower temperature? The temperature τ* at which the old model comes closest to the new one,
// and how much of the distance between them it explains. Pure sharpening is 100 %; what is left is something else that RL did.
// Source: the temperature-distillation reading of RL-Wall, arXiv 2505.22756; made a number here: τ* minimises KL(after || before at τ), exact over
// the vocabulary at every token, on completions that the new model wrote. One temperature for all tokens; sharpening of some tokens alone
// counts as unexplained.
import { checkOptions } from "../core/options.ts";
import { fold, key } from "../core/rng.ts";
import type { Interval } from "../core/table.ts";
import type { ExampleSet } from "../data/example.ts";
import { type Clustered, clusteredIntervals, clustersOf } from "../eval/clustered.ts";
import type { Model } from "../model/model.ts";
import { longestReference, promptIds } from "../model/prompt.ts";
import { checkProblems, checkModel } from "../train/arguments.ts";
import { checkSameVocabulary, completionLogits, drawContexts, entropyOfLogits, klOfLogits } from "./divergence.ts";
import { equivalentTemperature, TEMPERATURES } from "./equivalentTemperature.ts";
import { KL_RULES, type WatchedKl } from "./kl.ts";

export interface Sharpening {
  readonly problems: number;
  readonly samples: number;
  /** τ*: below 1 RL sharpened. */
  readonly temperature: Interval;
  /** Whether τ*, or an end of its interval, lies at an end of what was tried, TEMPERATURES. */
  readonly atEnd: boolean;
  /** KL(after || before) in nats per token: as they are, and with the old model at τ*. */
  readonly kl: Interval;
  readonly klLeft: Interval;
  /** 1 - klLeft / kl; about 0 over 0, and so without meaning, where RL hardly moved the model. */
  readonly explained: Interval;
  /** Nats per token on the same contexts. */
  readonly entropyBefore: Interval;
  readonly entropyAfter: Interval;
  /** KL per token at each temperature tried. */
  readonly curve: readonly { readonly temperature: number; readonly kl: number }[];
}

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

/**
 * @param before, after checkpoints of one vocabulary
 * @param set prompts that neither was trained on
 * @throws VOCABULARY_MISMATCH, TOO_LONG
 * @example (await sharpeningOf(run.model, tuned.model, task.test({ n: 64 }))).temperature
 */
export async function sharpeningOf(
  before: Model,
  after: Model,
  set: ExampleSet,
  asked: WatchedKl = {},
): Promise<Sharpening> {
  const options = checkOptions("sharpening", asked, KL_RULES);
  checkModel(before, "before");
  checkModel(after, "after");
  checkProblems(set);
  checkSameVocabulary(before, after);
  const { samples = 4, seed = 0, confidence = 0.95, signal } = options;
  const { tokenizer } = after;
  const V = after.config.vocabSize;
  const prompts = set.examples.map((example) => promptIds(example, tokenizer));
  const maxNewTokens = options.maxNewTokens ?? longestReference(set.examples, tokenizer);
  const contexts = await drawContexts(after, prompts, {
    samples,
    maxNewTokens,
    temperature: 1,
    key: key(seed),
    signal,
  });
  const [p, q] = [await completionLogits(after, contexts), await completionLogits(before, contexts)];

  const problems: readonly Clustered[] = set.examples;
  const clusters = clustersOf(problems).map((members) => {
    const rows = members.flatMap((m) => Array.from({ length: samples }, (_, s) => m * samples + s));
    return {
      tokens: sum(rows.map((r) => contexts[r]?.completion.length ?? 0)),
      kls: Float64Array.from(TEMPERATURES, (t) =>
        sum(rows.map((r) => klOfLogits(p[r] as Float32Array, q[r] as Float32Array, V, t))),
      ),
    };
  });
  const { curve, ...found } = equivalentTemperature(clusters, key(seed), confidence);
  const { ratio } = clusteredIntervals(fold(key(seed), "entropy"), confidence);
  const lengths = prompts.map((_, i) =>
    sum(contexts.slice(i * samples, (i + 1) * samples).map((c) => c.completion.length)),
  );
  const entropy = (logits: readonly Float32Array[]) =>
    ratio(
      problems,
      prompts.map((_, i) => sum(logits.slice(i * samples, (i + 1) * samples).map((row) => entropyOfLogits(row, V)))),
      lengths,
    );
  return {
    problems: prompts.length,
    samples,
    ...found,
    atEnd:
      found.temperature.low <= (TEMPERATURES[0] as number) || found.temperature.high >= (TEMPERATURES.at(-1) as number),
    entropyBefore: entropy(q),
    entropyAfter: entropy(p),
    curve: TEMPERATURES.map((t, i) => ({ temperature: t, kl: curve[i] as number })),
  };
}
