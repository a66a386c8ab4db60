// Modular arithmetic, worked from left to right: a world whose rule every reader knows, so that a wrong answer explains itself.
//
//   mod 23 : 3 + 5 * 2 =       prompt, no precedence: ((3 + 5) * 2)
//   8 16                       completion: every intermediate result ("steps"), or the last alone ("answer")
//
// Out-of-distribution axes: number of operations (depth); operators ("uniform": products, rare in training, become common).
// The pre-training corpus shows other moduli. Its form follows Power et al., "Grokking", arXiv 2201.02177; it differs: chains instead of single
// operations, and a number is one token in every modulus.
import { checkOptions, listOf, oneOf, type Rules, seed } from "../core/options.ts";
import { draw, fold, key } from "../core/rng.ts";
import type { Example } from "../data/example.ts";
import { wordTokenizer } from "../tokenizer/word.ts";
import { choice, USAGE } from "./choice.ts";
import type { Usage } from "./choice.ts";
import { makeWorld } from "./procedural.ts";
import type { Written } from "./procedural.ts";
import {
  changedRange,
  checkRange,
  checkWhole,
  drawFrom,
  meanOver,
  outside,
  rangeNats,
  sizeOf,
  RANGE,
  SIZE,
} from "./range.ts";
import type { Range } from "./range.ts";
import type { World } from "./world.ts";

export interface ModularOptions {
  /** Of everything that the world draws: its rule, its problems, its splits. Default 0. */
  readonly seed?: number | string;
  /** All arithmetic is modulo this; default 23. */
  readonly modulus?: number;
  /** Operations in a problem, in training. */
  readonly depth?: Range;
  /** "steps": the completion shows every intermediate result; "answer": the last alone. */
  readonly show?: "steps" | "answer";
  /** Moduli of the pre-training corpus. */
  readonly otherModuli?: readonly number[];
}

export interface ModularShift {
  readonly depth?: Range;
  readonly operators?: Usage;
}

interface Law {
  readonly depth: Range;
  readonly operators: Usage;
}
interface Chain {
  readonly first: number;
  readonly steps: readonly (readonly [operator: Operator, operand: number])[];
}

const OPERATORS = choice({ "+": 0.475, "-": 0.475, "*": 0.05 });
type Operator = (typeof OPERATORS.names)[number];
const DEFAULTS = {
  seed: 0,
  modulus: 23,
  depth: [1, 4] as Range,
  show: "steps" as "steps" | "answer",
  otherModuli: [7, 11, 13] as readonly number[],
};
const RULES: Rules<ModularOptions> = {
  seed,
  modulus: SIZE,
  depth: RANGE,
  show: oneOf("steps", "answer"),
  otherModuli: listOf(SIZE, 0),
};
const SHIFT: Rules<ModularShift> = { depth: RANGE, operators: USAGE };

function resultsOf(modulus: number, { first, steps }: Chain): number[] {
  let value = first;
  return steps.map(([operator, operand]) => {
    const raw = operator === "+" ? value + operand : operator === "-" ? value - operand : value * operand;
    return (value = ((raw % modulus) + modulus) % modulus);
  });
}

/**
 * Modular arithmetic, worked from left to right. Its law, axes and a figure: notebooks/worlds/modular.md.
 * @throws BAD_WORLD
 * @example world.modular({ modulus: 11, depth: [1, 3] }).train(1).examples[0]
 */
export function modular(options: ModularOptions = {}): World<ModularShift> {
  const o = { ...DEFAULTS, ...checkOptions("world.modular", options, RULES) };
  checkRange("depth", o.depth);
  for (const modulus of [o.modulus, ...o.otherModuli]) checkWhole("modulus", modulus, 2);
  const largest = Math.max(o.modulus, ...o.otherModuli);
  const lawOf = (shift: ModularShift): Law => ({
    depth: checkRange("depth", shift.depth ?? o.depth),
    operators: shift.operators ?? "train",
  });
  const drawChain = (modulus: number, law: Law, drawer: ReturnType<typeof draw>): Chain => {
    const first = drawer.integer(modulus);
    const depth = drawFrom(drawer, law.depth);
    return {
      first,
      steps: Array.from(
        { length: depth },
        () => [OPERATORS.draw(drawer, law.operators), drawer.integer(modulus)] as const,
      ),
    };
  };
  const write = (modulus: number, chain: Chain): Written => {
    const results = resultsOf(modulus, chain);
    return {
      prompt: `mod ${modulus} : ${chain.first} ${chain.steps.map((step) => step.join(" ")).join(" ")} =`,
      completion: (o.show === "steps" ? results : results.slice(-1)).join(" "),
      meta: { depth: chain.steps.length, modulus },
    };
  };
  const shown = (depth: number) => (o.show === "steps" ? depth : 1);
  const operatorsOf = ({ steps }: Chain) => steps.map(([operator]) => operator);

  return makeWorld<Chain, Law, ModularShift>({
    name: "modular arithmetic",
    rule: `Sums, differences and products modulo ${o.modulus}, worked from left to right.`,
    axes: { depth: "operations in a problem", operators: '"uniform": products, rare in training, become common' },
    shift: SHIFT,
    options: o,
    key: fold(key(o.seed), "modular"),
    vocab: wordTokenizer([
      "mod",
      ":",
      "=",
      ...OPERATORS.names,
      ...Array.from({ length: largest + 1 }, (_, i) => `${i}`),
    ]),
    // Blind guesses of the last result; with the steps shown, all of them must be right.
    chance: () => meanOver(o.depth, (depth) => o.modulus ** -shown(depth)),
    lawOf,
    changes: (law) => [
      ...changedRange(law.depth, o.depth, (depth) => `depth ${depth}`),
      ...(law.operators === "train" ? [] : ["uniform operators"]),
    ],
    draw: (law, k) => drawChain(o.modulus, law, draw(k)),
    canonical: ({ first, steps }) =>
      `${first} ${steps.map(([op, x]) => `${OPERATORS.names.indexOf(op)} ${x}`).join(" ")}`,
    write: (chain) => write(o.modulus, chain),
    read: ({ prompt, completion }: Example) => {
      const match = /^mod (\d+) : (\d+)((?: [-+*] \d+)+) =$/u.exec(prompt);
      if (!match || Number(match[1]) !== o.modulus) return undefined;
      const parts = Array.from(
        (match[3] as string).matchAll(/ ([-+*]) (\d+)/gu),
        (m) => [m[1] as Operator, Number(m[2])] as const,
      );
      const chain: Chain = { first: Number(match[2]), steps: parts };
      const exists = chain.first < o.modulus && parts.every(([, x]) => x < o.modulus);
      return exists && write(o.modulus, chain).completion === completion ? chain : undefined;
    },
    nats: (chain, law) =>
      rangeNats(chain.steps.length, law.depth) +
      (1 + chain.steps.length) * Math.log(o.modulus) +
      OPERATORS.nats(operatorsOf(chain), law.operators),
    expected: (law) => {
      const exampleNats =
        Math.log(sizeOf(law.depth)) +
        meanOver(law.depth, (d) => (1 + d) * Math.log(o.modulus) + d * OPERATORS.entropy(law.operators));
      const completionTokens = meanOver(law.depth, shown) + 1;
      // 2d + 5 words of prompt, less the first.
      return {
        completionNats: 0,
        completionTokens,
        exampleNats,
        exampleTokens: meanOver(law.depth, (d) => 2 * d + 4) + completionTokens,
      };
    },
    distance: (chain) => ({
      structural: outside(chain.steps.length, o.depth),
      surprisal: OPERATORS.surprisal(operatorsOf(chain)),
    }),
    longest: ({ depth: [, deepest] }) => ({ prompt: 2 * deepest + 5, completion: shown(deepest) + 1 }),
    document: (i, k, shift) => {
      const modulus = o.otherModuli[i % o.otherModuli.length] ?? o.modulus;
      const chain = drawChain(modulus, lawOf(shift), draw(k));
      return { written: write(modulus, chain), ...(modulus === o.modulus ? { shows: chain } : {}) };
    },
    notes: [
      "Given the prompt the results are deterministic, so the loss on completions can reach 0.",
      "Products are 5 % of the operators in training and a third of them under uniform operators.",
      `The pre-training corpus shows arithmetic modulo ${o.otherModuli.join(", ")}, with the same words.`,
    ],
  });
}
