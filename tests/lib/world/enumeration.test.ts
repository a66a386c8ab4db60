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
  readonly prompts: readonly string[];
  /** Whether or not they are right. */
  readonly completions: readonly string[];
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
];

interface Text {
  readonly prompt: string;
  readonly completion: string;
  readonly p: number;
}
function everything(one: World, { prompts, completions }: Row, shift: object = {}): Text[] {
  // Which rule holds stands in an example's meta where the prompt does not say it; of these worlds none needs it.
  const cost = (prompt: string, completion: string) =>
    one.logProb({ id: "", prompt, completion, meta: {} } satisfies Example, shift);
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
