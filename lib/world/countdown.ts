// Countdown: combine the given numbers, each exactly once, to reach a target. Many answers are right, so an answer is valued, not compared.
//
//   use 3 5 2 -> 16 =          prompt: numbers, target
//   ( 3 + 5 ) * 2              completion: one of the solutions
//
// Sources: TinyZero's Countdown (numbers 3-4, each used once); GeneralPoints of "SFT memorizes, RL generalizes", arXiv 2501.17161 (the 24 game:
// J, Q, K count 10 in training and 11, 12, 13 out of distribution). Differs from them: (1) the distribution is known exactly: numbers uniform,
// then a solution uniform among all expressions of theirs whose value is a target; (2) expressions are words, valued by exact fractions;
// (3) brackets are written only where needed and sums and products have one order, so that a solution has one text; any true text is accepted.
import { fault } from "../core/errors.ts";
import { checkOptions, oneOf, type Rules, seed } from "../core/options.ts";
import { draw, fold, key } from "../core/rng.ts";
import type { Key } from "../core/rng.ts";
import { toText } from "../data/math/rational.ts";
import type { Example, Verify } from "../data/example.ts";
import { wordTokenizer } from "../tokenizer/word.ts";
import { solutions } from "./countdown/solve.ts";
import { valueOf } from "./countdown/value.ts";
import { makeWorld } from "./procedural.ts";
import {
  changedRange,
  checkRange,
  checkWhole,
  drawFrom,
  outside,
  rangeNats,
  rangeText,
  sizeOf,
  valuesOf,
  RANGE,
  SIZE,
} from "./range.ts";
import type { Range } from "./range.ts";
import type { World } from "./world.ts";

export interface CountdownOptions {
  /** Of everything that the world draws: its rule, its problems, its splits. Default 0. */
  readonly seed?: number | string;
  /** Numbers in a problem, in training; at most 4, because all their combinations are listed. */
  readonly operands?: Range;
  /** Given numbers are 1 to this. */
  readonly largest?: number;
  /** Targets, in training; [24, 24] is the 24 game. */
  readonly targets?: Range;
  /** What the cards J, Q, K count; without it there are no cards. */
  readonly faces?: "ten" | "rank";
}

export interface CountdownShift {
  readonly operands?: Range;
  readonly targets?: Range;
  /** "ten": J, Q, K count 10; "rank": 11, 12, 13. Only in a world with cards. */
  readonly faces?: "ten" | "rank";
}

interface Law {
  readonly operands: Range;
  readonly targets: Range;
  readonly faces: "ten" | "rank" | undefined;
}
interface Puzzle {
  readonly cards: readonly string[];
  readonly target: number;
  readonly solution: string;
  readonly faces: Law["faces"];
}

const FACES: Readonly<Record<string, number>> = { J: 11, Q: 12, K: 13 };
const DEFAULTS = { seed: 0, operands: [3, 3] as Range, largest: 20, targets: [1, 100] as Range };
const RULES: Rules<CountdownOptions> = {
  seed,
  operands: RANGE,
  largest: SIZE,
  targets: RANGE,
  faces: oneOf("ten", "rank"),
};
const SHIFT: Rules<CountdownShift> = { operands: RANGE, targets: RANGE, faces: oneOf("ten", "rank") };
const valueOfCard = (card: string, faces: Law["faces"]) =>
  card in FACES ? (faces === "ten" ? 10 : (FACES[card] as number)) : Number(card);

/** The rule is not told in the prompt, so it stands in the example's meta and the answer is judged by it. */
const verifyPuzzle: Verify = ({ prompt, meta }, completion) => {
  const [given, target] = prompt.replace(/^use | =$/gu, "").split(" -> ");
  const valued = valueOf(completion);
  if (given === undefined || target === undefined || valued?.value === undefined) return false;
  const wanted = given.split(" ").map((card) => valueOfCard(card, meta["faces"] as Law["faces"]));
  const same = [...valued.numbers].sort((a, b) => a - b).join(" ") === wanted.sort((a, b) => a - b).join(" ");
  return same && toText(valued.value) === target;
};

/**
 * Countdown and the 24 game: combine numbers to reach a target. Their law, axes and a figure: notebooks/worlds/countdown.md.
 * @throws BAD_WORLD
 * @example world.countdown({ targets: [24, 24], operands: [4, 4] }).train(1).examples[0]
 */
export function countdown(options: CountdownOptions = {}): World<CountdownShift> {
  const o = { ...DEFAULTS, ...checkOptions("world.countdown", options, RULES) };
  const least = checkWhole("largest", o.largest, 2);
  const deck = [
    ...Array.from({ length: least }, (_, i) => `${i + 1}`),
    ...(o.faces === undefined ? [] : Object.keys(FACES)),
  ];
  const checkOperands = (range: Range) => {
    checkRange("operands", range, 2);
    if (range[1] > 4)
      throw fault(
        "BAD_WORLD",
        `operands is [${range[0]}, ${range[1]}]; more than 4 have too many combinations to list.`,
        "use at most 4 numbers.",
      );
    return range;
  };
  checkOperands(o.operands);
  /** Targets out of distribution need words too. */
  const greatest = Math.max(2 * o.targets[1], o.largest, 13);
  const checkTargets = (range: Range) => {
    checkRange("targets", range, 0);
    if (range[1] > greatest)
      throw fault(
        "BAD_WORLD",
        `targets go up to ${range[1]}, the vocabulary to ${greatest}.`,
        "make the world with larger targets.",
      );
    return range;
  };
  const lawOf = (shift: CountdownShift): Law => {
    if (shift.faces !== undefined && o.faces === undefined)
      throw fault(
        "BAD_WORLD",
        "this world has no cards, so faces cannot count anything.",
        'world.countdown({ faces: "ten" }) has J, Q and K.',
      );
    return {
      operands: checkOperands(shift.operands ?? o.operands),
      targets: checkTargets(shift.targets ?? o.targets),
      faces: shift.faces ?? o.faces,
    };
  };

  /** Solutions by value, of the numbers that cards stand for; kept, because the same cards come again in any order. */
  const known = new Map<string, ReadonlyMap<string, readonly string[]>>();
  const solved = (cards: readonly string[], faces: Law["faces"]) => {
    const numbers = cards.map((card) => valueOfCard(card, faces)).sort((a, b) => a - b);
    const found = known.get(numbers.join()) ?? solutions(numbers);
    known.set(numbers.join(), found);
    return found;
  };
  /** Every (target, solution) that these cards allow. */
  const allowed = (cards: readonly string[], law: Law) =>
    valuesOf(law.targets).flatMap((target) =>
      (solved(cards, law.faces).get(`${target}`) ?? []).map((solution) => ({ target, solution })),
    );
  /** Share of card lists of a length that allow anything: exact, over all of them without regard to order. */
  const shares = new Map<string, number>();
  const solvableShare = (count: number, law: Law): number => {
    const name = JSON.stringify([count, law.targets, law.faces]);
    const old = shares.get(name);
    if (old !== undefined) return old;
    let total = 0;
    for (const [cards, orders] of hands(deck, count)) if (allowed(cards, law).length > 0) total += orders;
    shares.set(name, total / deck.length ** count);
    return total / deck.length ** count;
  };

  const drawPuzzle = (law: Law, k: Key): Puzzle => {
    const drawer = draw(k);
    const count = drawFrom(drawer, law.operands);
    for (let attempt = 0; attempt < 10_000; attempt++) {
      const cards = Array.from({ length: count }, () => drawer.pick(deck));
      const choices = allowed(cards, law);
      if (choices.length > 0) return { cards, faces: law.faces, ...drawer.pick(choices) };
    }
    throw fault(
      "WORLD_EXHAUSTED",
      `no ${count} numbers up to ${o.largest} reach a target in ${rangeText(law.targets)}.`,
      "widen targets.",
    );
  };
  const frameNats = (count: number, law: Law) =>
    rangeNats(count, law.operands) + count * Math.log(deck.length) + Math.log(solvableShare(count, law));

  return makeWorld<Puzzle, Law, CountdownShift>({
    name: "countdown",
    rule: "Combine the given numbers, each exactly once, to reach the target; every expression of that value is right.",
    axes: {
      operands: "numbers in a problem",
      targets: "numbers to reach; [24, 24] is the 24 game",
      faces: 'what J, Q and K count: "ten", or their "rank" (in a world with cards)',
    },
    shift: SHIFT,
    options: o,
    key: fold(key(o.seed), "countdown"),
    vocab: wordTokenizer([
      "use",
      "value",
      "->",
      "=",
      "(",
      ")",
      "+",
      "-",
      "*",
      "/",
      ...Array.from({ length: greatest + 1 }, (_, i) => `${i}`),
      ...Object.keys(FACES),
    ]),
    // A blind guess: one of all expressions of the given numbers.
    chance: () => {
      const law = lawOf({});
      let right = 0;
      for (const count of valuesOf(law.operands)) {
        const weight = 1 / sizeOf(law.operands) / solvableShare(count, law) / deck.length ** count;
        for (const [cards, orders] of hands(deck, count)) {
          const found = solved(cards, law.faces);
          const all = [...found.values()].reduce((n, texts) => n + texts.length, 0);
          const choices = allowed(cards, law);
          for (const { target } of choices)
            right += ((weight * orders) / choices.length) * ((found.get(`${target}`)?.length ?? 0) / all);
        }
      }
      return right;
    },
    lawOf,
    changes: (law) => [
      ...changedRange(law.operands, o.operands, (count) => `${count} numbers`),
      ...changedRange(law.targets, o.targets, (targets) => `targets ${targets}`),
      ...(law.faces === o.faces ? [] : [`faces count ${law.faces === "ten" ? "ten" : "their rank"}`]),
    ],
    draw: drawPuzzle,
    // Not the solution and not the order of the cards: the same puzzle.
    canonical: ({ cards, target }) => `${[...cards].sort().join(" ")} -> ${target}`,
    write: ({ cards, target, solution, faces }) => ({
      prompt: `use ${cards.join(" ")} -> ${target} =`,
      completion: solution,
      meta: { operands: cards.length, depth: cards.length - 1, target, ...(faces === undefined ? {} : { faces }) },
    }),
    read: (example: Example) => {
      const match = /^use ((?:\S+ )+)-> (\d+) =$/u.exec(example.prompt);
      const cards = (match?.[1] ?? "").trim().split(" ");
      if (
        !match ||
        !cards.every((card) => deck.includes(card)) ||
        cards.length > 4 ||
        !verifyPuzzle(example, example.completion)
      )
        return undefined;
      return {
        cards,
        target: Number(match[2]),
        solution: example.completion,
        faces: example.meta["faces"] as Law["faces"],
      };
    },
    nats: ({ cards, target, solution, faces }, law) => {
      const choices = allowed(cards, law);
      const possible = faces === law.faces && choices.some((c) => c.target === target && c.solution === solution);
      return possible ? frameNats(cards.length, law) + Math.log(choices.length) : Infinity;
    },
    expected: (law) => {
      // Exact, over all hands: how many nats the solution still has once the target is known, and the whole; and how many words that is.
      let total = 0;
      let afterPrompt = 0;
      let completionWords = 0;
      let promptWords = 0;
      for (const count of valuesOf(law.operands)) {
        const frame = frameNats(count, law);
        const weight = 1 / sizeOf(law.operands) / solvableShare(count, law) / deck.length ** count;
        for (const [cards, orders] of hands(deck, count)) {
          const choices = allowed(cards, law);
          for (const { target, solution } of choices) {
            const p = (weight * orders) / choices.length;
            const ways = solved(cards, law.faces).get(`${target}`)?.length ?? 1;
            total += p * (frame + Math.log(choices.length));
            afterPrompt += p * Math.log(ways);
            completionWords += p * (solution.split(" ").length + 1);
            promptWords += p * (count + 4);
          }
        }
      }
      return {
        completionNats: afterPrompt,
        completionTokens: completionWords,
        exampleNats: total,
        exampleTokens: promptWords + completionWords - 1,
      };
    },
    distance: ({ cards, target, faces }) => ({
      structural: outside(cards.length, o.operands) + (faces === o.faces ? 0 : cards.filter((c) => c in FACES).length),
      surprisal: outside(target, o.targets) > 0 ? Math.log(1 + outside(target, o.targets)) : 0,
    }),
    longest: ({ operands: [, most] }) => ({
      prompt: most + 4,
      completion: 2 * most - 1 + 2 * Math.max(0, most - 2) + 1,
    }),
    document: (_, k, shift) => {
      const shows = drawPuzzle(lawOf({ operands: [2, o.operands[1]], ...shift }), k);
      // A true equation, told the other way round: arithmetic, not search.
      return {
        written: {
          prompt: `value ${shows.solution} =`,
          completion: `${shows.target}`,
          meta: { operands: shows.cards.length },
        },
        shows,
      };
    },
    verify: verifyPuzzle,
    notes: [
      "Every puzzle has a solution; most have several, so even a perfect model keeps some loss on completions: the entropy floor.",
      "Answers are valued by exact fractions; every given number must be used exactly once.",
      "The pre-training corpus shows true equations, so that arithmetic is known before search is asked for.",
    ],
  });
}

/** All hands of `count` cards without regard to order, with the number of orders of each. */
function hands(deck: readonly string[], count: number): (readonly [string[], number])[] {
  const made: (readonly [string[], number])[] = [];
  const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1));
  const extend = (hand: readonly string[], from: number) => {
    if (hand.length === count) {
      const times = [...new Set(hand)].map((card) => hand.filter((c) => c === card).length);
      made.push([[...hand], times.reduce((orders, n) => orders / factorial(n), factorial(count))]);
      return;
    }
    for (let i = from; i < deck.length; i++) extend([...hand, deck[i] as string], i);
  };
  extend([], 0);
  return made;
}
