// Ranges of whole numbers as laws: how many steps, operands or letters a problem has, uniform between both ends inclusive.
import { fault } from "../core/errors.ts";
import type { Rule } from "../core/options.ts";
import type { Drawer } from "../core/rng.ts";

export type Range = readonly [smallest: number, largest: number];

/** As options; which of them there are, each world says itself. */
export const RANGE: Rule = {
  may: "[smallest, largest]",
  holds: (value) => Array.isArray(value) && value.length === 2,
};
export const SIZE: Rule = { may: "a whole number", holds: (value) => typeof value === "number" };

/** @throws BAD_WORLD unless least <= smallest <= largest, all whole */
export function checkRange(name: string, [low, high]: Range, least = 1): Range {
  if (!Number.isInteger(low) || !Number.isInteger(high) || low < least || high < low)
    throw fault(
      "BAD_WORLD",
      `${name} is [${low}, ${high}], expected whole numbers ${least} <= smallest <= largest.`,
      `for example ${name}: [${least + 1}, ${least + 4}].`,
    );
  return [low, high];
}

/** @throws BAD_WORLD unless a whole number of at least `least` */
export function checkWhole(name: string, value: number, least: number): number {
  if (!Number.isInteger(value) || value < least)
    throw fault(
      "BAD_WORLD",
      `${name} is ${value}, expected a whole number of at least ${least}.`,
      "see the options of this world.",
    );
  return value;
}

export const sizeOf = ([low, high]: Range) => high - low + 1;
export const drawFrom = (drawer: Drawer, range: Range) => range[0] + drawer.integer(sizeOf(range));
/** -log of the probability of a value; infinite outside. */
export const rangeNats = (value: number, range: Range) =>
  value >= range[0] && value <= range[1] ? Math.log(sizeOf(range)) : Infinity;
export const outside = (value: number, [low, high]: Range) => Math.max(0, low - value, value - high);
export const valuesOf = (range: Range) => Array.from({ length: sizeOf(range) }, (_, i) => range[0] + i);
export const meanOver = (range: Range, f: (value: number) => number) =>
  valuesOf(range).reduce((sum, v) => sum + f(v), 0) / sizeOf(range);
/** @example rangeText([5, 10]) // "5-10" */
export const rangeText = ([low, high]: Range) => (low === high ? `${low}` : `${low}-${high}`);
/** What a set's name says of a range that is not training's; nothing where it is. @example changedRange([5, 6], [1, 4], (r) => `depth ${r}`) // ["depth 5-6"] */
export const changedRange = (law: Range, trained: Range, say: (range: string) => string): readonly string[] =>
  law[0] === trained[0] && law[1] === trained[1] ? [] : [say(rangeText(law))];

export const entropyOf = (p: readonly number[]) => p.reduce((h, x) => (x > 0 ? h - x * Math.log(x) : h), 0);
