// Small worlds written out: every text that their words could form is asked for its probability. What the law says of itself (entropies, mean lengths)
// is worked out again from these alone, and draws are counted against them.
import { describe, expect, test } from "vitest";
import type { Example } from "../../../lib/data/example.ts";
import type { World } from "../../../lib/world/world.ts";
import { world } from "../../../lib/world/worlds.ts";

/** All lists that take one of each part. */
function* lists<T>(...parts: readonly (readonly T[])[]): Generator<readonly T[]> {
  const [first, ...others] = parts;
  if (!first) yield [];
  else for (const one of first) for (const rest of lists(...others)) yield [one, ...rest];
}
const times = <T>(n: number, part: readonly T[]) => Array.from({ length: n }, () => part);
const words = (...parts: readonly (readonly string[])[]) => Array.from(lists(...parts), (list) => list.join(" "));
const numbers = (n: number, letter = "", from = 0) => Array.from({ length: n }, (_, i) => `${letter}${i + from}`);

interface Row {
  readonly name: string;
  readonly make: () => World;
  /** Every one of them with every completion; or, where that would be too many, the texts themselves, right and wrong ones. */
  readonly prompts: readonly string[];
  /** Whether or not they are right. */
  readonly completions: readonly string[];
  readonly texts?: (shift: object) => Iterable<readonly [prompt: string, completion: string]>;
  /** What of a prompt makes the problem, for whose split draws are counted. */
  readonly problem?: (prompt: string) => string;
  readonly shifts?: readonly object[];
}
const MODULAR = { seed: 4, modulus: 3, depth: [1, 2], otherModuli: [2] } as const;
const STRINGS = { seed: 4, letters: 2, depth: [1, 2], length: [2, 3] } as const;
const modularPrompts = [1, 2].flatMap((depth) =>
  words(["mod 3 :"], numbers(3), ...times(depth, [["+", "-", "*"], numbers(3)]).flat(), ["="]),
);
const modularCompletions = [...numbers(3), ...words(numbers(3), numbers(3))];
const commands = ["rev", "rot", "swap", "sort", "dup", "ends"];
const stringPrompts = [1, 2].flatMap((depth) =>
  [2, 3].flatMap((length) => words(["run"], ...times(depth, commands), [":"], ...times(length, ["a", "b"]), ["="])),
);
const stringCompletions = [2, 3, 4, 5].flatMap((length) => words(...times(length, ["a", "b"])));
const names = ["x0", "x1", "x2"];
const definitions = (name: string) => [
  ...words([name], ["="], ["0", "1"], [";"]),
  ...words([name], ["="], names, ["+", "-", "*"], ["0", "1", ...names], [";"]),
];
const cards = numbers(4, "", 1);
/** The six stories once more, in words of this file: what is told with two or three numbers, and how it is worked out. */
const some = [2, 8] as const;
const two = [2, 2] as const;
interface Told {
  readonly story: string;
  readonly question: string;
  /** Smallest and largest of the numbers, the later ones by those before; [0, 0]: there is none. */
  readonly ranges: (a: number, b: number) => readonly (readonly [least: number, most: number])[];
  readonly working: (a: number, b: number, c: number) => string;
}
const STORIES: readonly Told[] = [
  {
    story: "P has A T . Q gives P B more .",
    question: "how many T does P have ?",
    ranges: () => [some, some, [0, 0]],
    working: (a, b) => `${a} + ${b} = ${a + b} #### ${a + b}`,
  },
  {
    story: "P has A T and loses B of them .",
    question: "how many T does P have ?",
    ranges: (a) => [some, [1, a], [0, 0]],
    working: (a, b) => `${a} - ${b} = ${a - b} #### ${a - b}`,
  },
  {
    story: "P fills A bags with B T each .",
    question: "how many T are in the bags ?",
    ranges: () => [two, two, [0, 0]],
    working: (a, b) => `${a} * ${b} = ${a * b} #### ${a * b}`,
  },
  {
    story: "P has A T . Q has B more than P .",
    question: "how many T do they have together ?",
    ranges: () => [some, some, [0, 0]],
    working: (a, b) => `${a} + ${b} = ${a + b} , ${a} + ${a + b} = ${2 * a + b} #### ${2 * a + b}`,
  },
  {
    story: "P buys A bags with B T each and gives C T to Q .",
    question: "how many T does P keep ?",
    ranges: (a, b) => [two, two, [1, a * b]],
    working: (a, b, c) => `${a} * ${b} = ${a * b} , ${a * b} - ${c} = ${a * b - c} #### ${a * b - c}`,
  },
  {
    story: "P finds A T on monday , B more on tuesday and loses C on friday .",
    question: "how many T does P have ?",
    ranges: (a, b) => [some, some, [1, a + b]],
    working: (a, b, c) => `${a} + ${b} = ${a + b} , ${a + b} - ${c} = ${a + b - c} #### ${a + b - c}`,
  },
];
const CLAUSES = ["K of the T are old .", "Q is K years old .", "there are K trees nearby ."];
const NAMES = { train: "ada ben cleo dan eva finn gus hana", held: "ines jon kai lea" };
const COUNTED = { train: "apples books coins shells stamps marbles", held: "kites lamps pearls" };
/** All texts; of the first names also those whose numbers are one beyond their range, which are none. */
function* stories({ surface = "train" }: { surface?: string }) {
  const which = surface === "train" ? "train" : "held";
  const [people, things] = [NAMES[which].split(" "), COUNTED[which].split(" ")];
  for (const { story, question, ranges, working } of STORIES) {
    const frame = `problem : ${story} ${question} =`;
    for (const [P, Q, T] of lists(people, frame.includes("Q") ? people : [""], things)) {
      if (P === Q) continue;
      const told = { P, Q, T } as Readonly<Record<string, string>>;
      const named = frame.replace(/\b[PQT]\b/gu, (slot) => told[slot] ?? "");
      const beyond = P === people[0] && T === things[0] ? 1 : 0;
      const values = (a: number, b: number, which: number) => {
        const [least, most] = ranges(a, b)[which] as readonly [number, number];
        return most === 0 ? [0] : numbers(most - least + 1 + 2 * beyond, "", least - beyond).map(Number);
      };
      for (const a of values(0, 0, 0))
        for (const b of values(a, 0, 1))
          for (const c of values(a, b, 2))
            yield [
              named.replace(/\b[ABC]\b/gu, (slot) => `${{ A: a, B: b, C: c }[slot as "A"]}`),
              working(a, b, c),
            ] as const;
    }
  }
}
const storyOf = (prompt: string) =>
  prompt
    .replace(/\b(?:ada|ben|cleo|dan|eva|finn|gus|hana)\b/gu, "P")
    .replace(/\b(?:apples|books|coins|shells|stamps|marbles)\b/gu, "T");
const ROWS: readonly Row[] = [
  {
    name: "modular arithmetic modulo 3",
    make: () => world.modular(MODULAR),
    prompts: modularPrompts,
    completions: modularCompletions,
    shifts: [{ operators: "uniform" }, { depth: [2, 2] }],
  },
  {
    name: "modular arithmetic, answers alone",
    make: () => world.modular({ ...MODULAR, show: "answer" }),
    prompts: modularPrompts,
    completions: modularCompletions,
  },
  {
    name: "string programs of two letters",
    make: () => world.strings(STRINGS),
    prompts: stringPrompts,
    completions: stringCompletions,
    shifts: [{ commands: "uniform" }, { length: [3, 3] }],
  },
  {
    name: "a state machine of two states and two actions",
    make: () => world.stateMachine({ seed: 4, states: 2, actions: 2, cues: 2, depth: [1, 3], otherMachines: 0 }),
    prompts: [1, 2, 3].flatMap((depth) =>
      words(["m0"], numbers(2, "s"), ...times(depth, [numbers(2, "c"), numbers(2, "a")]).flat(), ["="]),
    ),
    completions: [1, 2, 3].flatMap((depth) => words(...times(depth, numbers(2, "s")))),
    problem: (prompt) => prompt.replace(/c\d /gu, ""),
    shifts: [{ nuisance: "uniform" }, { policy: "uniform" }],
  },
  {
    name: "operation graphs of three names modulo 2",
    make: () => world.graph({ seed: 4, names: 3, modulus: 2, depth: [1, 1], distractors: [0, 0] }),
    prompts: names.flatMap((one) =>
      names
        .filter((name) => name !== one)
        .flatMap((two) => words(["given"], definitions(one), definitions(two), ["?"], names, ["="])),
    ),
    completions: names.flatMap((one) => names.flatMap((two) => words([one], ["0", "1"], [two], ["0", "1"]))),
    problem: (prompt) =>
      prompt
        .replace(/given | \?.*/gu, "")
        .split(" ;")
        .map((line) => line.trim())
        .sort()
        .join(";"),
  },
  {
    name: "countdown with two numbers up to 4",
    make: () => world.countdown({ seed: 4, largest: 4, operands: [2, 2], targets: [1, 6] }),
    prompts: words(["use"], cards, cards, ["->"], numbers(7), ["="]),
    completions: words(cards, ["+", "-", "*", "/"], cards),
    problem: (prompt) => `${prompt.slice(4, 7).split(" ").sort().join(" ")}${prompt.slice(7)}`,
    shifts: [{ targets: [3, 4] }],
  },
  {
    name: "word problems with numbers to 8",
    make: () => world.stories({ seed: 4, largest: 8 }),
    prompts: [],
    completions: ["2 + 2 = 4 #### 4", "2 * 2 = 4 #### 4", "2 * 2 = 4 #### 5", "2 + 2 = 4 , 2 + 4 = 6 #### 6", "4", ""],
    texts: stories,
    problem: storyOf,
    shifts: [{ surface: "held out" }],
  },
];

interface Text {
  readonly prompt: string;
  readonly completion: string;
  readonly p: number;
}
function everything(one: World, { prompts, completions, texts }: Row, shift: object = {}): Text[] {
  // Which rule holds stands in an example's meta where the prompt does not say it; of these worlds none needs it.
  const cost = (prompt: string, completion: string) =>
    one.logProb({ id: "", prompt, completion, meta: {} } satisfies Example, shift);
  if (texts)
    return Array.from(texts(shift), ([prompt, completion]) => ({
      prompt,
      completion,
      p: Math.exp(cost(prompt, completion)),
    })).filter(({ p }) => p > 0);
  return prompts.flatMap((prompt) =>
    completions.flatMap((completion) => {
      const p = Math.exp(cost(prompt, completion));
      return p > 0 ? [{ prompt, completion, p }] : [];
    }),
  );
}
const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

/** Upper tail of chi-square by Wilson and Hilferty's cube root. */
function chiSquareTail(value: number, degrees: number): number {
  const z = ((value / degrees) ** (1 / 3) - (1 - 2 / (9 * degrees))) / Math.sqrt(2 / (9 * degrees));
  return z < 0 ? 0.5 : 0.5 * Math.exp(-0.717 * z - 0.416 * z * z);
}

describe.each(ROWS)("$name", (row) => {
  const one = row.make();

  test("probabilities of all texts add up to 1, under every law; entropies and mean lengths are what they give", () => {
    for (const shift of [{}, ...(row.shifts ?? [])]) {
      const texts = everything(one, row, shift);
      expect(sum(texts.map(({ p }) => p)), JSON.stringify(shift)).toBeCloseTo(1, 9);
      const floor = one.entropyFloor(shift);
      expect(sum(texts.map(({ p }) => -p * Math.log(p)))).toBeCloseTo(floor.exampleNats, 9);
      const ofPrompts = new Map<string, number>();
      for (const { prompt, p } of texts) ofPrompts.set(prompt, (ofPrompts.get(prompt) ?? 0) + p);
      const given = texts.map(({ prompt, p }) => -p * Math.log(p / (ofPrompts.get(prompt) as number)));
      expect(sum(given)).toBeCloseTo(floor.completionNats, 9);
      const tokens = (text: string) => text.split(" ").length;
      expect(sum(texts.map(({ completion, p }) => p * (tokens(completion) + 1)))).toBeCloseTo(
        floor.completionTokens,
        9,
      );
      expect(sum(texts.map(({ prompt, completion, p }) => p * (tokens(prompt) + tokens(completion))))).toBeCloseTo(
        floor.exampleTokens,
        9,
      );
    }
  });

  test("20,000 draws are spread as the probabilities of the training problems say (chi-square, p above 1e-3), and are nothing else", () => {
    const problem = row.problem ?? ((prompt: string) => prompt);
    const drawn = one.train(20_000).examples;
    const counts = new Map<string, number>();
    const trained = new Set<string>();
    for (const { prompt, completion } of drawn) {
      counts.set(`${prompt} ${completion}`, (counts.get(`${prompt} ${completion}`) ?? 0) + 1);
      trained.add(problem(prompt));
    }
    const texts = everything(one, row).filter(({ prompt }) => trained.has(problem(prompt)));
    const mass = sum(texts.map(({ p }) => p));
    expect(sum(texts.map(({ prompt, completion }) => counts.get(`${prompt} ${completion}`) ?? 0))).toBe(drawn.length);
    let [value, cells, rare, seldom] = [0, 0, 0, 0];
    for (const { prompt, completion, p } of texts) {
      const [expected, count] = [(p / mass) * drawn.length, counts.get(`${prompt} ${completion}`) ?? 0];
      if (expected < 5) {
        rare += expected;
        seldom += count;
      } else {
        value += (count - expected) ** 2 / expected;
        cells += 1;
      }
    }
    if (rare >= 5) {
      value += (seldom - rare) ** 2 / rare;
      cells += 1;
    }
    expect(cells).toBeGreaterThan(5);
    expect(chiSquareTail(value, cells - 1)).toBeGreaterThan(1e-3);
  });

  test("of all completions of a drawn prompt those and no others verify that the law gives a probability, and two texts more", () => {
    for (const example of one.train(40).examples)
      for (const completion of row.completions) {
        const isGiven = one.logProb({ ...example, completion }) > -Infinity;
        // Of sums and products the law writes one order; the other is as true.
        const [a, sign, b] = completion.split(" ");
        const isTurned =
          /^[+*]$/u.test(sign ?? "") && one.logProb({ ...example, completion: `${b} ${sign} ${a}` }) > -Infinity;
        expect(one.verify(example, completion), `${example.prompt} ${completion}`).toBe(isGiven || isTurned);
      }
    const [example] = one.train(1).examples as [Example];
    for (const text of [`${example.completion} =`, `= ${example.completion}`])
      expect(one.verify(example, text)).toBe(false);
  });
});

test("a mixture's probabilities are its parts' by share, and add up to 1", () => {
  const mixed = world.mixture({ sums: world.modular(MODULAR), words: world.strings(STRINGS) }, { sums: 3, words: 1 });
  const [sums, , programs] = ROWS as [Row, Row, Row];
  expect(sum(everything(mixed, sums).map(({ p }) => p))).toBeCloseTo(0.75, 9);
  expect(sum(everything(mixed, programs).map(({ p }) => p))).toBeCloseTo(0.25, 9);
});

test("the structural distance is the number of steps to the nearest of 4,000 training examples along every axis of size", () => {
  const cases: readonly (readonly [World, readonly object[], readonly string[]])[] = [
    [world.modular({ seed: 4 }), [{}, { depth: [5, 8] }], ["depth"]],
    [world.stateMachine({ seed: 4 }), [{}, { depth: [1, 4] }, { depth: [11, 13] }], ["depth"]],
    [
      world.strings({ seed: 4 }),
      [{ depth: [4, 5] }, { length: [7, 9] }, { depth: [5, 5], length: [2, 2] }],
      ["depth", "length"],
    ],
    [world.graph({ seed: 4 }), [{}, { depth: [5, 6] }, { distractors: [3, 4] }], ["depth", "distractors"]],
  ];
  for (const [one, shifts, axes] of cases) {
    const train = one.train(4000).examples;
    for (const shift of shifts)
      for (const example of one.test({ n: 40, ...shift }).examples) {
        const apart = (other: Example) =>
          sum(axes.map((axis) => Math.abs(Number(example.meta[axis]) - Number(other.meta[axis]))));
        expect(one.distanceToTrain(example).structural, example.prompt).toBe(Math.min(...train.map(apart)));
      }
  }
});

test("a no-op clause makes 27 texts of a story, all as likely, or 9 for each of three where it names another person; wrong answers, zeros before numbers and strangers are none", () => {
  const one = world.stories({ seed: 4, largest: 8 });
  const cost = (prompt: string, completion: string, shift: object) =>
    Math.exp(one.logProb({ id: "", prompt, completion, meta: {} }, shift));
  const { story, question, working } = STORIES[1] as Told;
  const tell = (clause: string) =>
    ["problem :", story, clause, question, "="]
      .filter((part) => part !== "")
      .join(" ")
      .replace(/\b[PTAB]\b/gu, (slot) => ({ P: "ada", T: "books", A: "5", B: "3" })[slot] ?? "");
  const plain = cost(tell(""), working(5, 3, 0), {});
  expect(plain).toBeCloseTo(1 / 6 / 7 / 5 / 8 / 6, 15);
  const told = CLAUSES.flatMap((clause) =>
    numbers(12).flatMap((k) =>
      (clause.includes("Q") ? NAMES.train.split(" ").slice(1) : [""]).map((Q) =>
        tell(clause).replace("K", k).replace("Q", Q),
      ),
    ),
  );
  expect(sum(told.map((prompt) => cost(prompt, working(5, 3, 0), { noOp: true })))).toBeCloseTo(plain, 15);
  expect(sum(told.map((prompt) => cost(prompt, working(5, 3, 0), {})))).toBe(0);
  for (const [prompt, completion] of [
    [tell(""), "5 - 3 = 2 #### 3"],
    [tell("").replace("5", "05"), "5 - 3 = 2 #### 2"],
    [tell("").replace("ada", "zoe"), "5 - 3 = 2 #### 2"],
    [tell("").replace("3", "6"), "5 - 6 = -1 #### -1"],
  ] as const)
    expect(cost(prompt, completion, {}), prompt).toBe(0);
});
