// String programs: a list of editing commands applied to a word of letters, one after the other.
//
//   run rev rot dup : a b c =      prompt: commands, then the letters
//   a c b b                    completion: the letters after the last command
//
// Out-of-distribution axes: number of commands (depth), number of letters (length), commands ("uniform": those that are rare in training become
// common). The pre-training corpus applies one command at a time to words of other lengths: the commands, not their composition.
// Own design, after the list functions of Rule, "The child as hacker" (2020); it differs: a fixed order and no search for the program.
import { checkOptions, type Rules, seed } from "../core/options.ts";
import { draw, fold, key } from "../core/rng.ts";
import type { Drawer } from "../core/rng.ts";
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

export interface StringsOptions {
  /** Of everything that the world draws: its rule, its problems, its splits. Default 0. */
  readonly seed?: number | string;
  /** Different letters, at most 26. */
  readonly letters?: number;
  /** Commands in a program, in training. */
  readonly depth?: Range;
  /** Letters of the word that a program starts with, in training. */
  readonly length?: Range;
}

export interface StringsShift {
  readonly depth?: Range;
  readonly length?: Range;
  readonly commands?: Usage;
}

interface Law {
  readonly depth: Range;
  readonly length: Range;
  readonly commands: Usage;
}
interface Program {
  readonly commands: readonly Command[];
  readonly word: readonly string[];
}

/** None shortens a word, and only dup lengthens it, by one: so every program is defined on every word. */
const COMMANDS = {
  rev: (w: readonly string[]) => w.toReversed(),
  rot: (w: readonly string[]) => [...w.slice(1), ...w.slice(0, 1)],
  swap: (w: readonly string[]) => [...w.slice(0, -2), ...w.slice(-2).toReversed()],
  sort: (w: readonly string[]) => w.toSorted(),
  dup: (w: readonly string[]) => [...w, ...w.slice(-1)],
  ends: (w: readonly string[]) => (w.length < 2 ? [...w] : [...w.slice(-1), ...w.slice(1, -1), ...w.slice(0, 1)]),
} as const;
type Command = keyof typeof COMMANDS;
const USED = choice<Command>({ rev: 0.3, rot: 0.3, swap: 0.2, sort: 0.1, dup: 0.05, ends: 0.05 });
const DEFAULTS = { seed: 0, letters: 8, depth: [1, 3] as Range, length: [3, 6] as Range };
const RULES: Rules<StringsOptions> = { seed, letters: SIZE, depth: RANGE, length: RANGE };
const SHIFT: Rules<StringsShift> = { depth: RANGE, length: RANGE, commands: USAGE };

const run = ({ commands, word }: Program) => commands.reduce<readonly string[]>((w, name) => COMMANDS[name](w), word);

/**
 * String programs: editing commands applied to a word of letters. Their law, axes and a figure: notebooks/worlds/strings.md.
 * @throws BAD_WORLD
 * @example world.strings({ letters: 4 }).train(1).examples[0]
 */
export function strings(options: StringsOptions = {}): World<StringsShift> {
  const o = { ...DEFAULTS, ...checkOptions("world.strings", options, RULES) };
  checkRange("depth", o.depth);
  checkRange("length", o.length, 2);
  const letters = Array.from({ length: Math.min(26, checkWhole("letters", o.letters, 2)) }, (_, i) =>
    String.fromCharCode(97 + i),
  );
  const lawOf = (shift: StringsShift): Law => ({
    depth: checkRange("depth", shift.depth ?? o.depth),
    length: checkRange("length", shift.length ?? o.length, 2),
    commands: shift.commands ?? "train",
  });
  const drawProgram = (law: Law, drawer: Drawer): Program => {
    const depth = drawFrom(drawer, law.depth);
    const length = drawFrom(drawer, law.length);
    const commands = Array.from({ length: depth }, () => USED.draw(drawer, law.commands));
    return { commands, word: Array.from({ length }, () => drawer.pick(letters)) };
  };
  const write = (program: Program): Written => ({
    prompt: `run ${program.commands.join(" ")} : ${program.word.join(" ")} =`,
    completion: run(program).join(" "),
    meta: { depth: program.commands.length, length: program.word.length },
  });

  return makeWorld<Program, Law, StringsShift>({
    name: "string programs",
    rule: "Editing commands, applied to a word of letters one after the other; the answer is the word they leave.",
    axes: {
      depth: "commands in a program",
      length: "letters of the word",
      commands: '"uniform": commands that are rare in training become common',
    },
    shift: SHIFT,
    options: o,
    key: fold(key(o.seed), "strings"),
    vocab: wordTokenizer(["run", ":", "=", ...USED.names, ...letters]),
    // A blind guess of the right length; dup, 5 % of the commands, makes some answers longer, which is neglected (the true chance is lower).
    chance: () => meanOver(o.length, (length) => letters.length ** -length),
    lawOf,
    changes: (law) => [
      ...changedRange(law.depth, o.depth, (depth) => `depth ${depth}`),
      ...changedRange(law.length, o.length, (length) => `length ${length}`),
      ...(law.commands === "train" ? [] : ["uniform commands"]),
    ],
    draw: (law, k) => drawProgram(law, draw(k)),
    canonical: ({ commands, word }) => `${commands.join(" ")}:${word.join("")}`,
    write,
    read: ({ prompt, completion }: Example) => {
      const match = /^run ((?:[a-z]+ )+): ((?:[a-z] )+)=$/u.exec(prompt);
      const commands = (match?.[1] ?? "").trim().split(" ");
      const word = (match?.[2] ?? "").trim().split(" ");
      const exists =
        commands.every((c) => (USED.names as readonly string[]).includes(c)) && word.every((w) => letters.includes(w));
      const program = { commands: commands as Command[], word };
      return match && exists && write(program).completion === completion ? program : undefined;
    },
    nats: (program, law) =>
      rangeNats(program.commands.length, law.depth) +
      rangeNats(program.word.length, law.length) +
      program.word.length * Math.log(letters.length) +
      USED.nats(program.commands, law.commands),
    expected: (law) => {
      const depth = meanOver(law.depth, (d) => d);
      const length = meanOver(law.length, (n) => n);
      const exampleNats =
        Math.log(sizeOf(law.depth)) +
        Math.log(sizeOf(law.length)) +
        length * Math.log(letters.length) +
        depth * USED.entropy(law.commands);
      const completionTokens = length + depth * USED.share("dup", law.commands) + 1;
      // depth + length + 3 words of prompt, less the first.
      return { completionNats: 0, completionTokens, exampleNats, exampleTokens: depth + length + 2 + completionTokens };
    },
    distance: (program) => ({
      structural: outside(program.commands.length, o.depth) + outside(program.word.length, o.length),
      surprisal: USED.surprisal(program.commands),
    }),
    longest: ({ depth: [, deepest], length: [, longest] }) => ({
      prompt: deepest + longest + 3,
      completion: longest + deepest + 1,
    }),
    document: (_, k, shift) => {
      const law = lawOf({ depth: [1, 1], length: [2, o.length[1] + 4], commands: "uniform", ...shift });
      const shows = drawProgram(law, draw(k));
      return { written: write(shows), shows };
    },
    notes: [
      "Given the prompt the word is deterministic, so the loss on completions can reach 0.",
      "dup and ends are 5 % of the commands each in training and a sixth under uniform commands.",
      "The pre-training corpus has programs of one command on words of 2 letters up to four more than in training.",
    ],
  });
}
