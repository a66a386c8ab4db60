// What all worlds share: sets drawn split by split, ids, names of shifted sets, verification, description. A world is a recipe: how a problem
// is drawn under a law, how it is written and read, and what it costs in nats.
import { checkOptions, type Rules, whole } from "../core/options.ts";
import { fold } from "../core/rng.ts";
import type { Key } from "../core/rng.ts";
import type { Example, ExampleSet, Verify } from "../data/example.ts";
import type { WordTokenizer } from "../tokenizer/word.ts";
import { DISPLAY_SYMBOL } from "../core/host.ts";
import { INSPECT_SYMBOL, inspectedAs } from "../core/shown.ts";
import { showWorld } from "./page.ts";
import { contentId, drawProblems, splitOf } from "./split.ts";
import type { Split } from "./split.ts";
import { verifyWords } from "./world.ts";
import type { Distance, Expected, World } from "./world.ts";

/** An example before it has an id and a split. */
export interface Written {
  readonly prompt: string;
  readonly completion: string;
  readonly meta: Readonly<Record<string, number | string>>;
}

export interface Recipe<Problem, Law, Shift extends object> {
  readonly name: string;
  /** The task in a sentence. */
  readonly rule: string;
  /** What each part of a shift changes. */
  readonly axes: Readonly<Record<keyof Shift, string>>;
  /** What each part of a shift may be. */
  readonly shift: Rules<Shift>;
  readonly options: Readonly<Record<string, unknown>>;
  readonly key: Key;
  readonly vocab: WordTokenizer;
  /** Accuracy of blind guesses; asked for once, and only when someone looks. */
  chance(): number;
  /** @throws BAD_WORLD for a shift that names no law */
  lawOf(shift: Shift): Law;
  /** What the law changes in the training law, in words for the names of sets. */
  changes(law: Law): readonly string[];
  draw(law: Law, k: Key): Problem;
  /** Equal texts for the same problem, whatever its nuisance. */
  canonical(problem: Problem): string;
  write(problem: Problem): Written;
  /** The problem an example tells; undefined when it is not of this world or its completion is wrong. */
  read(example: Example): Problem | undefined;
  /** -log p of the problem as written, completion included. */
  nats(problem: Problem, law: Law): number;
  expected(law: Law): Expected;
  distance(problem: Problem): Distance;
  longest(law: Law): { readonly prompt: number; readonly completion: number };
  /** Document i of the pre-training corpus, and the problem of this world it gives away, if any: those of prompts and test are drawn again. */
  document(i: number, k: Key, shift: Shift): { readonly written: Written; readonly shows?: Problem };
  readonly verify?: Verify;
  readonly notes: readonly string[];
}

/** How many are drawn, and from which on. */
export const COUNTS = { n: whole(0), from: whole(0) };

export function makeWorld<Problem, Law, Shift extends object>(recipe: Recipe<Problem, Law, Shift>): World<Shift> {
  const { key: root } = recipe;
  const shifted = (shift: Shift): Shift => checkOptions(`the shift of ${recipe.name}`, shift, recipe.shift);
  const lawOf = (shift: Shift) => recipe.lawOf(shifted(shift));
  const none = {} as Shift;
  let chance: number | undefined;
  const verify = recipe.verify ?? verifyWords;
  const toExample = (written: Written, split: string): Example => ({
    id: contentId(recipe.name.replaceAll(" ", "-"), `${written.prompt} -> ${written.completion}`),
    ...written,
    meta: { ...written.meta, split },
  });
  const draw = (split: Split, shift: Shift, n: number, from = 0): ExampleSet<Verify> => {
    checkOptions(split, { n, from }, COUNTS);
    const law = lawOf(shift);
    const k = fold(root, split);
    const propose = (i: number, attempt: number) => recipe.draw(law, fold(k, i, attempt));
    const problems = drawProblems(root, split, { from, n }, split !== "train", propose, (p) => recipe.canonical(p));
    const examples = problems.map((problem) => toExample(recipe.write(problem), split));
    return { name: [split, ...recipe.changes(law)].join(", "), examples, verify };
  };
  const self: World<Shift> = {
    name: recipe.name,
    vocab: recipe.vocab,
    get chance() {
      return (chance ??= recipe.chance());
    },
    train: (n, options = {}) => draw("train", none, n, checkOptions("train", options, { from: COUNTS.from }).from),
    prompts: (n, shift = none) => draw("prompts", shift, n),
    test: (options) => {
      const { n = 512, ...shift } = checkOptions("test", options, { n: COUNTS.n, ...recipe.shift });
      return draw("test", shift as unknown as Shift, n);
    },
    pretrainCorpus: (n, given = none) => {
      checkOptions("corpus", { n }, COUNTS);
      const shift = shifted(given);
      const k = fold(root, "corpus");
      const examples = Array.from({ length: n }, (_, i) => {
        for (let attempt = 0; ; attempt++) {
          const { written, shows } = recipe.document(i, fold(k, i, attempt), shift);
          if (shows === undefined || splitOf(root, recipe.canonical(shows)) === "train")
            return toExample(written, "corpus");
        }
      });
      return { name: "pre-training corpus", examples, verify };
    },
    verify,
    reward: (example, completion) => (verify(example, completion) ? 1 : 0),
    logProb: (example, shift = none) => {
      const problem = recipe.read(example);
      return problem === undefined ? -Infinity : -recipe.nats(problem, lawOf(shift));
    },
    entropyFloor: (shift = none) => {
      const e = recipe.expected(lawOf(shift));
      return { ...e, completion: e.completionNats / e.completionTokens, example: e.exampleNats / e.exampleTokens };
    },
    openings: () => ({ [(self.train(1).examples[0] as Example).prompt.split(" ")[0] as string]: 1 }),
    distanceToTrain: (example) => {
      const problem = recipe.read(example);
      return problem === undefined ? { structural: Infinity, surprisal: Infinity } : recipe.distance(problem);
    },
    longest: (shift = none) => recipe.longest(lawOf(shift)),
    describe: () => {
      const { prompt, completion } = self.train(1).examples[0] as Example;
      return {
        name: recipe.name,
        rule: recipe.rule,
        axes: recipe.axes,
        options: recipe.options,
        chance: self.chance,
        entropyFloor: self.entropyFloor(),
        vocabularySize: recipe.vocab.vocabSize,
        example: { prompt, completion },
        notes: recipe.notes,
      };
    },
    [DISPLAY_SYMBOL]: () => showWorld(self.describe()),
    [INSPECT_SYMBOL]: inspectedAs("World"),
  };
  return self;
}
