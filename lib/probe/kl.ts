// KL divergence between two checkpoints on prompts, in both directions: how much of the distance that training went lies in completions
// that the old model gave (forward), and how much in those that the new one gives (reverse).
// Source for the use: "RL's Razor", arXiv 2509.04259 (forgetting goes with the forward KL on the new task). Differs from it and from the
// common estimators k1, k2, k3: exact over the vocabulary at every token (see divergence.ts); only the prefixes are drawn.
import { checkOptions, type Rules, whole } from "../core/options.ts";
import { key } from "../core/rng.ts";
import type { Interval } from "../core/table.ts";
import type { ExampleSet } from "../data/example.ts";
import { clusteredIntervals, type Clustered } from "../eval/clustered.ts";
import type { Model } from "../model/model.ts";
import { longestReference, promptIds } from "../model/prompt.ts";
import { checkProblems, checkModel } from "../train/arguments.ts";
import { checkSameVocabulary, completionLogits, drawContexts, klOfLogits } from "./divergence.ts";
import { PROBE_RULES, type ProbeOptions } from "./options.ts";

export interface KlOptions {
  /** Completions drawn per prompt; default 4. */
  readonly samples?: number;
  /** Default: the longest reference completion with its end token. */
  readonly maxNewTokens?: number;
  /** Default 0. */
  readonly seed?: number | string;
  /** Default 0.95. */
  readonly confidence?: number;
}

export type WatchedKl = KlOptions & Pick<ProbeOptions, "signal">;
export const KL_RULES: Rules<WatchedKl> = { samples: whole(1), maxNewTokens: whole(1), ...PROBE_RULES };

/** In nats. */
export interface Divergence {
  readonly perCompletion: Interval;
  readonly perToken: Interval;
}

export interface Kl {
  readonly problems: number;
  readonly samples: number;
  /** KL(a || b), over completions of a. */
  readonly forward: Divergence;
  /** KL(b || a), over completions of b. */
  readonly reverse: Divergence;
}

/**
 * @param a, b checkpoints of one vocabulary, e.g. before and after RL
 * @throws VOCABULARY_MISMATCH, TOO_LONG
 * @example (await klBetween(run.model, tuned.model, task.prompts(64))).forward.perToken
 */
export async function klBetween(a: Model, b: Model, set: ExampleSet, asked: WatchedKl = {}): Promise<Kl> {
  const options = checkOptions("kl", asked, KL_RULES);
  checkModel(a, "the first model");
  checkModel(b, "the second model");
  checkProblems(set);
  checkSameVocabulary(a, b);
  const { samples = 4, seed = 0, confidence = 0.95, signal } = options;
  const { tokenizer } = a;
  const prompts = set.examples.map((example) => promptIds(example, tokenizer));
  const maxNewTokens = options.maxNewTokens ?? longestReference(set.examples, tokenizer);
  const { ratio, mean } = clusteredIntervals(key(seed), confidence);
  const direction = async (from: Model, to: Model): Promise<Divergence> => {
    const contexts = await drawContexts(from, prompts, {
      samples,
      maxNewTokens,
      temperature: 1,
      key: key(seed),
      signal,
    });
    const [p, q] = [await completionLogits(from, contexts), await completionLogits(to, contexts)];
    const V = from.config.vocabSize;
    const perContext = contexts.map((_, i) => klOfLogits(p[i] as Float32Array, q[i] as Float32Array, V));
    const overPrompt = (values: readonly number[]) =>
      prompts.map((_, i) => values.slice(i * samples, (i + 1) * samples).reduce((x, y) => x + y, 0));
    const totals = overPrompt(perContext);
    const lengths = overPrompt(contexts.map(({ completion }) => completion.length));
    const problems: readonly Clustered[] = set.examples;
    return {
      perCompletion: mean(
        problems,
        totals.map((total) => total / samples),
      ),
      perToken: ratio(problems, totals, lengths),
    };
  };
  return { problems: prompts.length, samples, forward: await direction(a, b), reverse: await direction(b, a) };
}
