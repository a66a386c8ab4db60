// A mixture of worlds over one vocabulary: which world a problem comes from is drawn by weight, and written in meta.world.
// Source: the data mixtures of "Interplay", arXiv 2512.07783, and "Echo Chamber", arXiv 2504.07912. Differs from them: the mixture's distribution is
// exact, because its parts' are and no two parts begin their prompts with the same word.
import { fault } from "../core/errors.ts";
import { checkOptions, named, type Rules, seed } from "../core/options.ts";
import { categorical, fold, key } from "../core/rng.ts";
import type { Example, ExampleSet, Verify } from "../data/example.ts";
import { wordTokenizer } from "../tokenizer/word.ts";
import type { WordTokenizer } from "../tokenizer/word.ts";
import { DISPLAY_SYMBOL } from "../core/host.ts";
import { INSPECT_SYMBOL, inspectedAs } from "../core/shown.ts";
import { showWorld } from "./page.ts";
import { COUNTS } from "./procedural.ts";
import { SIZE } from "./range.ts";
import type { World } from "./world.ts";

export interface MixtureOptions {
  /** Of everything that the world draws: its rule, its problems, its splits. Default 0. */
  readonly seed?: number | string;
}

/** Weights of the parts, by name; a test or prompts of the mixture may have other ones. */
export interface MixtureShift {
  readonly weights?: Readonly<Record<string, number>>;
}

const RULES: Rules<MixtureOptions> = { seed };
const SHIFT: Rules<MixtureShift> = { weights: named(SIZE) };

/**
 * Problems of several worlds over one vocabulary. Its law, axes and a figure: notebooks/worlds/mixture.md.
 * @param parts    worlds by name
 * @param weights  by the same names; need not sum to 1; all equal when left out
 * @throws BAD_WORLD no part, a weight that is not a positive number, or two parts whose prompts begin alike
 * @example world.mixture({ sums: world.modular(), graphs: world.graph() }, { sums: 3, graphs: 1 }).train(1).examples[0]
 */
export function mixture(
  parts: Readonly<Record<string, World>>,
  weights: Readonly<Record<string, number>> = {},
  asked: MixtureOptions = {},
): World<MixtureShift> {
  const options = checkOptions("world.mixture", asked, RULES);
  const names = Object.keys(parts);
  const part = (name: string) => parts[name] as World;
  const words = names.flatMap((name) => Object.keys(part(name).openings()).map((word) => [word, name] as const));
  const first = new Map(words);
  if (names.length === 0 || first.size !== words.length)
    throw fault(
      "BAD_WORLD",
      names.length === 0
        ? "a mixture needs at least one world."
        : "two worlds of the mixture begin their prompts with the same word.",
      "mix worlds of different kinds.",
    );
  const root = fold(key(options.seed ?? 0), "mixture");
  const sharesOf = (asked: MixtureShift) => {
    const shift = checkOptions("the shift of mixture", asked, SHIFT);
    const given = names.map((name) => (shift.weights ?? weights)[name] ?? (shift.weights ? 0 : 1));
    const total = given.reduce((a, b) => a + b, 0);
    if (
      given.some((w) => !(w >= 0)) ||
      !(total > 0) ||
      Object.keys({ ...weights, ...shift.weights }).some((name) => !names.includes(name))
    )
      throw fault(
        "BAD_WORLD",
        `the weights ${JSON.stringify(shift.weights ?? weights)} are not weights of ${names.join(", ")}.`,
        "give each part a number of at least 0, not all 0.",
      );
    return given.map((w) => w / total);
  };
  const trained = sharesOf({});
  const vocabulary = [...new Set(names.flatMap((name) => (part(name).vocab as WordTokenizer).tokens.slice(3)))];
  const partOf = (example: Example) => first.get(example.prompt.split(" ")[0] as string);
  const verify: Verify = (example, completion) => {
    const name = partOf(example);
    return name !== undefined && part(name).verify(example, completion);
  };

  /** Example i comes from the part that its own key draws; each part's examples come in their own order. */
  const mix = (
    label: string,
    shift: MixtureShift,
    from: number,
    n: number,
    take: (world: World, n: number, from: number) => ExampleSet<Verify>,
  ): ExampleSet<Verify> => {
    checkOptions(label, { n, from }, COUNTS);
    const shares = sharesOf(shift);
    const chosen = Array.from(
      { length: from + n },
      (_, i) => names[categorical(fold(root, label, i), shares)] as string,
    );
    const count = (of: readonly string[], name: string) => of.filter((c) => c === name).length;
    const [passed, asked] = [chosen.slice(0, from), chosen.slice(from)];
    const drawn = new Map(
      names.map((name) => [name, [...take(part(name), count(asked, name), count(passed, name)).examples]]),
    );
    const examples = asked.map((name) => {
      const example = drawn.get(name)?.shift() as Example;
      return { ...example, meta: { ...example.meta, world: name } };
    });
    const changed =
      shift.weights === undefined
        ? ""
        : `, ${names.map((name, i) => `${name} ${Math.round(100 * (shares[i] as number))} %`).join(" ")}`;
    return { name: `${label}${changed}`, examples, verify };
  };
  const mean = (shift: MixtureShift, f: (world: World) => number) =>
    sharesOf(shift).reduce((sum, share, i) => (share === 0 ? sum : sum + share * f(part(names[i] as string))), 0);

  const self: World<MixtureShift> = {
    name: "mixture",
    vocab: wordTokenizer(vocabulary),
    get chance() {
      return mean({}, (w) => w.chance);
    },
    train: (n, options = {}) => {
      const { from = 0 } = checkOptions("train", options, { from: COUNTS.from });
      return mix("train", {}, from, n, (w, count, start) => w.train(count, { from: start }));
    },
    prompts: (n, shift = {}) => mix("prompts", shift, 0, n, (w, count) => w.prompts(count)),
    test: (options) => {
      const { n = 512, ...shift } = checkOptions("test", options, { n: COUNTS.n, ...SHIFT });
      return mix("test", shift, 0, n, (w, count) => w.test({ n: count }));
    },
    pretrainCorpus: (n, shift = {}) => ({
      ...mix("corpus", shift, 0, n, (w, count) => w.pretrainCorpus(count)),
      name: "pre-training corpus",
    }),
    verify,
    reward: (example, completion) => (verify(example, completion) ? 1 : 0),
    logProb: (example, shift = {}) => {
      const name = partOf(example);
      return name === undefined
        ? -Infinity
        : Math.log(sharesOf(shift)[names.indexOf(name)] as number) + part(name).logProb(example);
    },
    entropyFloor: (shift = {}) => {
      // Which part it is stands in the first word, which is given: its nats are not part of the floor.
      const e = {
        completionNats: mean(shift, (w) => w.entropyFloor().completionNats),
        completionTokens: mean(shift, (w) => w.entropyFloor().completionTokens),
        exampleNats: mean(shift, (w) => w.entropyFloor().exampleNats),
        exampleTokens: mean(shift, (w) => w.entropyFloor().exampleTokens),
      };
      return { ...e, completion: e.completionNats / e.completionTokens, example: e.exampleNats / e.exampleTokens };
    },
    openings: (shift = {}) =>
      Object.fromEntries(
        sharesOf(shift).flatMap((share, i) =>
          Object.entries(part(names[i] as string).openings()).map(([word, within]) => [word, share * within]),
        ),
      ),
    distanceToTrain: (example) => {
      const name = partOf(example);
      const share = name === undefined ? 0 : (trained[names.indexOf(name)] as number);
      return name === undefined || share === 0
        ? { structural: Infinity, surprisal: Infinity }
        : part(name).distanceToTrain(example);
    },
    longest: () => ({
      prompt: Math.max(...names.map((n) => part(n).longest().prompt)),
      completion: Math.max(...names.map((n) => part(n).longest().completion)),
    }),
    describe: () => {
      const { prompt, completion } = self.train(1).examples[0] as Example;
      return {
        name: "mixture",
        rule: `A problem of ${names.map((name) => part(name).name).join(", ")}, drawn by weight.`,
        axes: { weights: "shares of the parts" },
        options: {
          seed: options.seed ?? 0,
          shares: Object.fromEntries(names.map((name, i) => [name, trained[i]])),
          parts: Object.fromEntries(names.map((name) => [name, part(name).describe()])),
        },
        chance: self.chance,
        entropyFloor: self.entropyFloor(),
        vocabularySize: self.vocab.vocabSize,
        example: { prompt, completion },
        notes: ["Scores by meta.world say more than their mean."],
      };
    },
    [DISPLAY_SYMBOL]: () => showWorld(self.describe()),
    [INSPECT_SYMBOL]: inspectedAs("World"),
  };
  return self;
}
