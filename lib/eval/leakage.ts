// Leakage firewall: which test items were, in some form, in the training data? Scores are then shown for the full and for the clean set.
// Four rules, from certain to suspicious: the same example (id), the same prompt, the same prompt but for case, spacing and sentence marks, and a
// shared run of n words (13: GPT-3's rule, arXiv 2005.14165 appendix C). Templates are counted too, but sharing one is not a leak: it is what
// "in distribution" means.
import type { Example, ExampleSet } from "../data/example.ts";
import { level } from "../data/level.ts";
import { ngramIndex, wordsOf } from "./overlap.ts";
import { wilson } from "./rate.ts";
import type { Interval } from "./interval.ts";

export type LeakRule = "same id" | "same prompt" | "same words" | "shared n-gram";

export interface Leak {
  readonly id: string;
  /** The first rule, in the order above, that the item meets. */
  readonly rule: LeakRule;
  /** Share of its words inside shared n-grams. */
  readonly coveredShare: number;
}

export interface LeakReport {
  readonly set: string;
  readonly problems: number;
  readonly leaks: readonly Leak[];
  /** Items by the first rule they meet. */
  readonly counts: Readonly<Record<LeakRule, number>>;
  /** Of items that meet any rule, with Wilson's 95 % interval. */
  readonly leakedShare: Interval;
  /** Items whose template occurs in training; not leaks. */
  readonly sharedTemplates: number;
  /** The set without its leaks, named "..., clean". */
  readonly clean: ExampleSet;
}

export interface LeakOptions {
  /** Words in a run; default 13. Shorter items have no runs. */
  readonly n?: number;
  /**
   * Whether a shared run counts as a leak. Default false where train and test come from one procedural world (their prompts share long
   * phrases by design), true for collected text.
   */
  readonly ngrams?: boolean;
}

/**
 * @param train everything the model has read: pre-training corpus, SFT data and RL prompts
 * @example findLeaks(task.test(), [task.train(20_000), task.prompts(128)]).leakedShare.value // 0
 */
export function findLeaks(
  test: ExampleSet,
  train: readonly ExampleSet[],
  { n = 13, ngrams = false }: LeakOptions = {},
): LeakReport {
  const seen = train.flatMap((set) => set.examples);
  const ids = new Set(seen.map((e) => e.id));
  const prompts = new Set(seen.map((e) => e.prompt));
  const levelled = new Set(seen.map((e) => level(e.prompt)));
  const templates = new Set(seen.flatMap((e) => (e.meta["template"] === undefined ? [] : [e.meta["template"]])));
  const index = ngramIndex(
    seen.map((e) => wordsOf(e.prompt)),
    n,
  );

  const check = (example: Example): Leak[] => {
    const words = wordsOf(example.prompt);
    const { hits, coveredShare } = index.overlap(words);
    const rule: LeakRule | undefined = ids.has(example.id)
      ? "same id"
      : prompts.has(example.prompt)
        ? "same prompt"
        : levelled.has(level(example.prompt))
          ? "same words"
          : ngrams && hits.length > 0
            ? "shared n-gram"
            : undefined;
    return rule === undefined ? [] : [{ id: example.id, rule, coveredShare }];
  };
  const found = test.examples.map(check);
  const leaks = found.flat();
  const count = (rule: LeakRule) => leaks.filter((leak) => leak.rule === rule).length;
  return {
    set: test.name,
    problems: test.examples.length,
    leaks,
    counts: {
      "same id": count("same id"),
      "same prompt": count("same prompt"),
      "same words": count("same words"),
      "shared n-gram": count("shared n-gram"),
    },
    leakedShare: wilson(leaks.length, test.examples.length),
    sharedTemplates: test.examples.filter((e) => e.meta["template"] !== undefined && templates.has(e.meta["template"]))
      .length,
    clean: { ...test, name: `${test.name}, clean`, examples: test.examples.filter((_, i) => found[i]?.length === 0) },
  };
}
