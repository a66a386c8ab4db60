// The stories of the word-problem world: our own, with slots. {P} {Q} are people, {thing} what is counted, {a} {b} {c} numbers.
// A number's range may depend on the numbers before it, so that every answer is a whole number of at least 0.
import type { Range } from "../range.ts";

export interface Template {
  readonly name: string;
  readonly text: string;
  readonly question: string;
  /** Range of each number given those before it and the largest number of the law. */
  readonly numbers: readonly ((before: readonly number[], largest: number) => Range)[];
  /** Working, step by step: two operands (numbers, or results of earlier steps) and an operator. */
  readonly steps: (numbers: readonly number[]) => readonly (readonly [number, "+" | "-" | "*", number])[];
}

const any = (_: readonly number[], largest: number): Range => [2, largest];
const few = (_: readonly number[], largest: number): Range => [2, Math.max(2, Math.floor(largest / 4))];
const upTo =
  (i: number) =>
  (before: readonly number[]): Range => [1, before[i] as number];
const at = (numbers: readonly number[], i: number) => numbers[i] as number;

export const TEMPLATES: readonly Template[] = [
  {
    name: "gift",
    text: "{P} has {a} {thing} . {Q} gives {P} {b} more .",
    question: "how many {thing} does {P} have ?",
    numbers: [any, any],
    steps: (n) => [[at(n, 0), "+", at(n, 1)]],
  },
  {
    name: "loss",
    text: "{P} has {a} {thing} and loses {b} of them .",
    question: "how many {thing} does {P} have ?",
    numbers: [any, upTo(0)],
    steps: (n) => [[at(n, 0), "-", at(n, 1)]],
  },
  {
    name: "bags",
    text: "{P} fills {a} bags with {b} {thing} each .",
    question: "how many {thing} are in the bags ?",
    numbers: [few, few],
    steps: (n) => [[at(n, 0), "*", at(n, 1)]],
  },
  {
    name: "compare",
    text: "{P} has {a} {thing} . {Q} has {b} more than {P} .",
    question: "how many {thing} do they have together ?",
    numbers: [any, any],
    steps: (n) => [
      [at(n, 0), "+", at(n, 1)],
      [at(n, 0), "+", at(n, 0) + at(n, 1)],
    ],
  },
  {
    name: "shop",
    text: "{P} buys {a} bags with {b} {thing} each and gives {c} {thing} to {Q} .",
    question: "how many {thing} does {P} keep ?",
    numbers: [few, few, (before) => [1, at(before, 0) * at(before, 1)]],
    steps: (n) => [
      [at(n, 0), "*", at(n, 1)],
      [at(n, 0) * at(n, 1), "-", at(n, 2)],
    ],
  },
  {
    name: "days",
    text: "{P} finds {a} {thing} on monday , {b} more on tuesday and loses {c} on friday .",
    question: "how many {thing} does {P} have ?",
    numbers: [any, any, (before) => [1, at(before, 0) + at(before, 1)]],
    steps: (n) => [
      [at(n, 0), "+", at(n, 1)],
      [at(n, 0) + at(n, 1), "-", at(n, 2)],
    ],
  },
];

export const PEOPLE = {
  train: ["ada", "ben", "cleo", "dan", "eva", "finn", "gus", "hana"],
  held: ["ines", "jon", "kai", "lea"],
} as const;
export const THINGS = {
  train: ["apples", "books", "coins", "shells", "stamps", "marbles"],
  held: ["kites", "lamps", "pearls"],
} as const;
/** Clauses that change nothing; {k} is a number. */
export const NO_OPS = [
  "{k} of the {thing} are old .",
  "{Q} is {k} years old .",
  "there are {k} trees nearby .",
] as const;
