// Symbolic word problems: stories from our own templates, with the working shown.
//
//   problem : ada has 7 apples . ben gives ada 5 more . how many apples does ada have ? =
//   7 + 5 = 12 #### 12
//
// Out-of-distribution axes, each changing nothing else (a shifted test has the same numbers and templates, problem by problem):
// surface "held out" (people and things that training never names), noOp (a clause with a number that does not matter), largest (larger numbers).
// Sources: GSM-Symbolic, arXiv 2410.05229 (templates, the no-op clause), and its critique arXiv 2605.28700 (keep the size of numbers fixed, pair the
// tests, count templates as clusters). Differs from them: (1) our own templates; (2) the distribution is exact; (3) words are tokens.
import { fault } from "../core/errors.ts";
import { checkOptions, flag, oneOf, type Rules, seed } from "../core/options.ts";
import { draw, fold, key } from "../core/rng.ts";
import type { Key } from "../core/rng.ts";
import type { Example } from "../data/example.ts";
import { wordTokenizer } from "../tokenizer/word.ts";
import { makeWorld } from "./procedural.ts";
import type { Written } from "./procedural.ts";
import { checkWhole, drawFrom, rangeNats, sizeOf, valuesOf, SIZE } from "./range.ts";
import { NO_OPS, PEOPLE, TEMPLATES, THINGS } from "./stories/templates.ts";
import type { Template } from "./stories/templates.ts";
import type { World } from "./world.ts";

export interface StoriesOptions {
  /** Of everything that the world draws: its rule, its problems, its splits. Default 0. */
  readonly seed?: number | string;
  /** Largest number told in a story, in training. */
  readonly largest?: number;
}

export interface StoriesShift {
  readonly surface?: "train" | "held out";
  readonly noOp?: boolean;
  readonly largest?: number;
}

type Law = Required<StoriesShift>;
interface Story {
  readonly template: number;
  readonly numbers: readonly number[];
  readonly people: readonly [string, string];
  readonly thing: string;
  readonly noOp: { readonly clause: number; readonly value: number } | undefined;
}

/** Numbers of no-op clauses are small, so that they change the size of numbers little. */
const NO_OP_LARGEST = 9;
const DEFAULTS = { seed: 0, largest: 50 };
const RULES: Rules<StoriesOptions> = { seed, largest: SIZE };
const SHIFT: Rules<StoriesShift> = { surface: oneOf("train", "held out"), noOp: flag, largest: SIZE };

const surfaceOf = (law: Law) =>
  law.surface === "train"
    ? { people: PEOPLE.train, things: THINGS.train }
    : { people: PEOPLE.held, things: THINGS.held };
const templateOf = (story: Story) => TEMPLATES[story.template] as Template;

function write(story: Story): Written {
  const { name, text, question, steps } = templateOf(story);
  const { numbers, people, thing, noOp } = story;
  const clause = noOp ? [(NO_OPS[noOp.clause] as string).replace("{k}", `${noOp.value}`)] : [];
  const filled = [text, ...clause, question]
    .join(" ")
    .replace(/\{([abc])\}/gu, (_, letter: string) => `${numbers["abc".indexOf(letter)]}`)
    .replaceAll("{P}", people[0])
    .replaceAll("{Q}", people[1])
    .replaceAll("{thing}", thing);
  const working = steps(numbers).map(([a, op, b]) => ({
    told: `${a} ${op} ${b}`,
    result: op === "+" ? a + b : op === "-" ? a - b : a * b,
  }));
  const lines = working.map(({ told, result }) => `${told} = ${result}`);
  return {
    prompt: `problem : ${filled} =`,
    completion: `${lines.join(" , ")} #### ${working.at(-1)?.result}`,
    meta: { template: name, depth: lines.length },
  };
}

/** What prompts look like: of every template, without and with every clause. */
const PATTERNS = TEMPLATES.flatMap(({ text, question }, template) =>
  [undefined, ...NO_OPS.keys()].map((clause) => {
    const seen = new Set<string>();
    const pattern = [`problem : ${text}`, ...(clause === undefined ? [] : [NO_OPS[clause]]), `${question} =`]
      .join(" ")
      .replace(/[.?]/gu, "\\$&")
      .replace(/\{(\w+)\}/gu, (_, slot: string) => {
        if (seen.has(slot)) return `\\k<${slot}>`;
        seen.add(slot);
        return `(?<${slot}>${slot === "P" || slot === "Q" || slot === "thing" ? "[a-z]+" : "\\d+"})`;
      });
    return { template, clause, pattern: new RegExp(`^${pattern}$`, "u") };
  }),
);

/** Nats of a template's numbers, or Infinity for numbers it does not allow. */
const numberNats = (template: Template, numbers: readonly number[], largest: number) =>
  template.numbers.reduce(
    (sum, range, i) => sum + rangeNats(numbers[i] as number, range(numbers.slice(0, i), largest)),
    0,
  );

/** Mean nats of a template's numbers, over all of them. */
function meanNumberNats(template: Template, largest: number, before: readonly number[] = []): number {
  const next = template.numbers[before.length];
  if (!next) return 0;
  const range = next(before, largest);
  // Only what later ranges depend on has to be listed; two numbers deep is enough for every template.
  return (
    Math.log(sizeOf(range)) +
    valuesOf(range).reduce((sum, v) => sum + meanNumberNats(template, largest, [...before, v]), 0) / sizeOf(range)
  );
}

/**
 * Symbolic word problems from templates, with the working shown. Their law, axes and a figure: notebooks/worlds/stories.md.
 * @throws BAD_WORLD
 * @example world.stories({ largest: 12 }).train(1).examples[0]
 */
export function stories(options: StoriesOptions = {}): World<StoriesShift> {
  const o = { ...DEFAULTS, ...checkOptions("world.stories", options, RULES) };
  checkWhole("largest", o.largest, 8);
  /** Room for numbers twice as large as in training; results are at most a product of two quarters, or three times the largest. */
  const told = 2 * o.largest;
  const greatest = Math.max(3 * told, Math.floor(told / 4) ** 2);
  const lawOf = (shift: StoriesShift): Law => {
    const law = { surface: "train" as const, noOp: false, largest: o.largest, ...shift };
    if (checkWhole("largest", law.largest, 8) > told)
      throw fault(
        "BAD_WORLD",
        `numbers go up to ${law.largest}, the vocabulary to ${told}.`,
        "make the world with a larger largest.",
      );
    return law;
  };

  const drawStory = (law: Law, k: Key): Story => {
    // Three keys: what one axis changes leaves the others as they were.
    const inner = draw(fold(k, "numbers"));
    const template = inner.integer(TEMPLATES.length);
    const numbers: number[] = [];
    for (const range of (TEMPLATES[template] as Template).numbers)
      numbers.push(drawFrom(inner, range(numbers, law.largest)));
    const outer = draw(fold(k, "surface"));
    const { people, things } = surfaceOf(law);
    const [P, Q] = outer.shuffle(people) as [string, string];
    const extra = draw(fold(k, "noOp"));
    const noOp = law.noOp
      ? { clause: extra.integer(NO_OPS.length), value: 1 + extra.integer(NO_OP_LARGEST) }
      : undefined;
    return { template, numbers, people: [P, Q], thing: outer.pick(things), noOp };
  };

  /** People that a story names: the second one is written only where the template or the clause has {Q}. */
  const hasSecond = (story: Story) =>
    templateOf(story).text.includes("{Q}") ||
    (story.noOp !== undefined && (NO_OPS[story.noOp.clause] as string).includes("{Q}"));
  const surfaceNats = (law: Law, second: boolean) => {
    const { people, things } = surfaceOf(law);
    return Math.log(people.length) + (second ? Math.log(people.length - 1) : 0) + Math.log(things.length);
  };
  const noOpNats = Math.log(NO_OPS.length) + Math.log(NO_OP_LARGEST);

  const read = (example: Example): Story | undefined => {
    const everyone = [...PEOPLE.train, ...PEOPLE.held];
    const everything = [...THINGS.train, ...THINGS.held];
    for (const { template, clause, pattern } of PATTERNS) {
      const found = pattern.exec(example.prompt)?.groups;
      if (!found) continue;
      const { P = "", thing = "" } = found;
      const Q = found["Q"] ?? everyone.find((name) => name !== P) ?? "";
      const numbers = ["a", "b", "c"].flatMap((slot) => (found[slot] === undefined ? [] : [Number(found[slot])]));
      const story: Story = {
        template,
        numbers,
        people: [P, Q],
        thing,
        noOp: clause === undefined ? undefined : { clause, value: Number(found["k"]) },
      };
      const exists =
        everyone.includes(P as "ada") &&
        everyone.includes(Q as "ada") &&
        P !== Q &&
        everything.includes(thing as "apples");
      const { prompt, completion } = write(story);
      // Of numbers with zeros before them the prompt is another.
      return exists && prompt === example.prompt && completion === example.completion ? story : undefined;
    }
    return undefined;
  };
  const ofSurface = (story: Story, law: Law) => {
    const { people, things } = surfaceOf(law);
    const known = (name: string, list: readonly string[]) => list.includes(name);
    return (
      known(story.people[0], people) &&
      (!hasSecond(story) || known(story.people[1], people)) &&
      known(story.thing, things)
    );
  };

  const wordsOf = (text: string) => text.split(" ").length;
  return makeWorld<Story, Law, StoriesShift>({
    name: "word problems",
    rule: "A short story about people and things with numbers; the answer shows the working and ends with the result.",
    axes: {
      surface: '"held out": people and things that training never names',
      noOp: "true: a clause with a number that changes nothing",
      largest: "largest number told",
    },
    shift: SHIFT,
    options: o,
    key: fold(key(o.seed), "stories"),
    vocab: wordTokenizer(vocabularyOf(greatest)),
    // The form is known, every result is guessed among the numbers of the vocabulary.
    chance: () =>
      TEMPLATES.reduce((sum, t) => sum + (greatest + 1) ** -t.steps([4, 2, 2]).length, 0) / TEMPLATES.length,
    lawOf,
    changes: (law) => [
      ...(law.surface === "train" ? [] : ["held-out names"]),
      ...(law.noOp ? ["no-op clause"] : []),
      ...(law.largest === o.largest ? [] : [`numbers to ${law.largest}`]),
    ],
    draw: drawStory,
    // Names and no-op clauses do not make another problem.
    canonical: ({ template, numbers }) => `${template}: ${numbers.join(" ")}`,
    write,
    read,
    nats: (story, law) => {
      if ((story.noOp !== undefined) !== law.noOp || !ofSurface(story, law)) return Infinity;
      const noOp =
        story.noOp === undefined
          ? 0
          : noOpNats + (story.noOp.value >= 1 && story.noOp.value <= NO_OP_LARGEST ? 0 : Infinity);
      return (
        Math.log(TEMPLATES.length) +
        numberNats(templateOf(story), story.numbers, law.largest) +
        surfaceNats(law, hasSecond(story)) +
        noOp
      );
    },
    expected: (law) => {
      const clauses = law.noOp
        ? NO_OPS.map((clause, i) => ({ clause: clause as string, noOp: { clause: i, value: 1 } }))
        : [{ clause: "", noOp: undefined }];
      let nats = Math.log(TEMPLATES.length) + (law.noOp ? noOpNats : 0);
      let prompt = 0;
      let completion = 0;
      for (const [template, { text, question, steps }] of TEMPLATES.entries()) {
        const share = 1 / TEMPLATES.length;
        nats += share * meanNumberNats(TEMPLATES[template] as Template, law.largest);
        completion += share * (6 * steps([4, 2, 2]).length + 2);
        for (const { clause, noOp } of clauses) {
          const story: Story = { template, numbers: [], people: ["", ""], thing: "", noOp };
          nats += (share / clauses.length) * surfaceNats(law, hasSecond(story));
          prompt +=
            (share / clauses.length) * (wordsOf(`${text} ${question}`) + (clause === "" ? 0 : wordsOf(clause)) + 3);
        }
      }
      return {
        completionNats: 0,
        completionTokens: completion,
        exampleNats: nats,
        exampleTokens: prompt - 1 + completion,
      };
    },
    distance: (story) => {
      const larger = Math.max(0, ...story.numbers.map((n) => n - o.largest));
      const strange = [story.people[0], ...(hasSecond(story) ? [story.people[1]] : []), story.thing].filter((w) =>
        [...PEOPLE.held, ...THINGS.held].includes(w as "jon"),
      ).length;
      return { structural: (story.noOp ? 1 : 0) + strange, surprisal: Math.log1p(larger) };
    },
    longest: (law) => ({
      prompt:
        Math.max(...TEMPLATES.map((t) => wordsOf(`${t.text} ${t.question}`))) +
        3 +
        (law.noOp ? Math.max(...NO_OPS.map((c) => wordsOf(c))) : 0),
      completion: Math.max(...TEMPLATES.map((t) => 6 * t.steps([4, 2, 2]).length)) + 2,
    }),
    document: (i, k, shift) => {
      // Stories of the held-out names as well, so that a pre-trained model knows all words; every other one with a no-op clause.
      const shows = drawStory(lawOf({ surface: i % 2 === 0 ? "train" : "held out", noOp: i % 4 >= 2, ...shift }), k);
      return { written: write(shows), shows };
    },
    notes: [
      "Given the prompt the working is deterministic, so the loss on completions can reach 0.",
      "Shifted tests have the templates and, unless numbers change, the numbers of the plain test, problem by problem: compare them in pairs.",
      "Intervals count templates as clusters; there are six, so they are wide. That is honest: six stories are not arithmetic at large.",
      "The pre-training corpus has all names and no-op clauses, and never a problem of prompts or test.",
    ],
  });
}

function vocabularyOf(greatest: number): string[] {
  const text = [...TEMPLATES.flatMap((t) => [t.text, t.question]), ...NO_OPS]
    .join(" ")
    .split(" ")
    .filter((word) => !word.startsWith("{"));
  const numbers = Array.from({ length: greatest + 1 }, (_, i) => `${i}`);
  return [
    ...new Set([
      "problem",
      ":",
      "=",
      "+",
      "-",
      "*",
      ",",
      "####",
      ...text,
      ...PEOPLE.train,
      ...PEOPLE.held,
      ...THINGS.train,
      ...THINGS.held,
      ...numbers,
    ]),
  ];
}
