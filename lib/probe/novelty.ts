// How new is what a model writes? The share of its runs of n words that no training example has, the longest run that one has, and how often
// its whole completion, or the whole example, was there to be copied. The reference completions stand beside it: a right answer to a new
// problem has a novelty of its own, and only the difference is the model's.
// Sources: n-gram novelty as in "How much do language models copy from their training data?" (2111.09509); GPT-3's 13-gram rule. Differs
// from them: runs are of the completion's words, at lengths that completions have; correct completions are told apart from all.
import { checkOptions, listOf, required, type Rules, whole } from "../core/options.ts";
import { fold, key } from "../core/rng.ts";
import type { Interval } from "../core/table.ts";
import type { ExampleSet } from "../data/example.ts";
import { verdictOf } from "../data/verdict.ts";
import { clusteredIntervals } from "../eval/clustered.ts";
import { generate } from "../model/generate.ts";
import type { Model } from "../model/model.ts";
import { longestReference, promptIds } from "../model/prompt.ts";
import { matchesIn } from "./matches.ts";
import { checkProblems, checkModels, EXAMPLES } from "../train/arguments.ts";
import { PROBE_RULES, type ProbeOptions } from "./options.ts";

export interface NoveltyPlan {
  /** Everything that the models have read. */
  readonly train: readonly ExampleSet[];
  /** Words in a run; default 4, 8 and 13. Completions shorter than a run have none. */
  readonly runs?: readonly number[];
  /** Completions of each problem at temperature 1; default 4. */
  readonly samples?: number;
  /** Default: the longest reference completion with its end token. */
  readonly maxNewTokens?: number;
}

export interface NoveltyRow {
  /** "reference", or a model's name. */
  readonly writer: string;
  /** Which of its completions. */
  readonly which: "all" | "right";
  readonly completions: number;
  /** Words in a run -> share of runs that no training example has; null where no completion is that long. */
  readonly fresh: Readonly<Record<number, Interval | null>>;
  /** Words of the longest run that a training example has. */
  readonly longest: Interval;
  /** That run as a share of the completion. */
  readonly covered: Interval;
  /** Share of completions that are, as a whole, the completion of a training example. */
  readonly reused: Interval;
  /** Share that are one with the same prompt: recall. */
  readonly recalled: Interval;
}

interface Text {
  readonly problem: number;
  readonly text: string;
  readonly right: boolean;
}

const wordsOf = (text: string): string[] => text.match(/\S+/gu) ?? [];

const RULES: Rules<NoveltyPlan> = {
  train: required(listOf(EXAMPLES)),
  runs: listOf(whole(1)),
  samples: whole(1),
  maxNewTokens: whole(1),
};

/**
 * @param set problems; none of them need be new, `recalled` says how many are not
 * @throws TOO_LONG
 * @example (await noveltyOf({ sft: run.model }, task.test({ n: 100 }), { train: [data] })).at(-1)?.fresh[4]
 */
export async function noveltyOf(
  models: Readonly<Record<string, Model>>,
  set: ExampleSet,
  plan: NoveltyPlan,
  options: ProbeOptions = {},
): Promise<readonly NoveltyRow[]> {
  const { train, runs = [4, 8, 13], samples = 4, ...rest } = checkOptions("novelty", plan, RULES);
  const { seed = 0, confidence = 0.95, signal } = checkOptions("novelty", options, PROBE_RULES);
  // The references have a novelty of their own, without any model.
  checkModels(models, 0);
  checkProblems(set);
  const read = train.flatMap(({ examples }) => examples);
  const completions = new Set(read.map((e) => wordsOf(e.completion).join(" ")));
  const examples = new Set(read.map((e) => wordsOf(`${e.prompt} ${e.completion}`).join(" ")));
  const { ratio, share } = clusteredIntervals(fold(key(seed), "novelty"), confidence);

  const written = new Map<string, readonly Text[]>([
    ["reference", set.examples.map((e, problem) => ({ problem, text: e.completion, right: true }))],
  ]);
  for (const [name, model] of Object.entries(models)) {
    signal?.throwIfAborted();
    const { tokenizer } = model;
    const drawn = await generate(
      model,
      set.examples.flatMap((example) => Array.from({ length: samples }, () => [...promptIds(example, tokenizer)])),
      {
        maxNewTokens: rest.maxNewTokens ?? longestReference(set.examples, tokenizer),
        temperature: 1,
        key: fold(key(seed), "novelty", "texts"),
        signal,
      },
    );
    signal?.throwIfAborted();
    const texts = drawn.tokens.map(async (tokens, i): Promise<Text> => {
      const problem = Math.floor(i / samples);
      const text = tokenizer.decode([...tokens]);
      const example = set.examples[problem] as ExampleSet["examples"][number];
      return {
        problem,
        text,
        right: drawn.finished[i] === true && verdictOf(await set.verify(example, text, signal), example),
      };
    });
    written.set(name, await Promise.all(texts));
  }

  const all = [...written.values()].flat();
  const found = matchesIn(
    all.map(({ text }) => wordsOf(text)),
    read.map((e) => wordsOf(`${e.prompt} ${e.completion}`)),
  );
  const matches = new Map(all.map((text, i) => [text, found[i] as (typeof found)[number]]));
  const toRow = (writer: string, which: NoveltyRow["which"], texts: readonly Text[]): NoveltyRow => {
    // Samples of a problem are not independent: they are summed, and problems are resampled.
    const problems = [...new Set(texts.map(({ problem }) => problem))];
    const per = (value: (text: Text) => number) =>
      problems.map((p) => texts.filter((t) => t.problem === p).reduce((sum, t) => sum + value(t), 0));
    const clustered = problems.map((p) => set.examples[p] as ExampleSet["examples"][number]);
    const of = (text: Text) => matches.get(text) as (typeof found)[number];
    const counts = per(() => 1);
    const shareOf = (is: (text: Text) => boolean) =>
      share(
        clustered,
        per((t) => Number(is(t))),
        counts,
      );
    const fresh = (n: number): Interval | null => {
      const total = per((t) => of(t).runs(n).all);
      return total.every((count) => count === 0)
        ? null
        : share(
            clustered,
            per((t) => of(t).runs(n).fresh),
            total,
          );
    };
    const plain = (t: Text) => wordsOf(t.text).join(" ");
    const whole = (t: Text) => wordsOf(`${set.examples[t.problem]?.prompt} ${t.text}`).join(" ");
    return {
      writer,
      which,
      completions: texts.length,
      fresh: Object.fromEntries(runs.map((n) => [n, fresh(n)])),
      longest: ratio(
        clustered,
        per((t) => of(t).longest),
        counts,
      ),
      covered: share(
        clustered,
        per((t) => (of(t).words === 0 ? 0 : of(t).longest / of(t).words)),
        counts,
      ),
      reused: shareOf((t) => completions.has(plain(t))),
      recalled: shareOf((t) => examples.has(whole(t))),
    };
  };
  return [...written].flatMap(([writer, texts]) => {
    const right = texts.filter((t) => t.right);
    const rows = [toRow(writer, "all", texts)];
    return writer === "reference" || right.length === 0 ? rows : [...rows, toRow(writer, "right", right)];
  });
}
