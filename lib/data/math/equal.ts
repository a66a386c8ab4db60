// Whether two answers are the same. Never true for different ones: exact arithmetic throughout, no tolerance, so a rounded decimal is not
// its exact value. Sometimes false for equal ones, when proving it would need more algebra than ring.ts has.
// Differs from math-verify: (1) exact normal forms in place of sympy with a timeout; (2) no numeric comparison; (3) nothing is thrown or hangs.
import type { Verify } from "../example.ts";
import { readAnswer, readMathematics } from "./answer.ts";
import type { Answer } from "./answer.ts";
import { afterHashes, lastBoxed } from "./extract.ts";
import { areSameTexts, areSameWords, choiceOf, measured } from "./notation.ts";
import { Undecided, equal, isMultiple, withinLimits } from "./ring.ts";

/** Longer than any answer (the longest of MATH-500 has 120 characters); equal only when identical. */
const MAX_LENGTH = 2_000;

/** Multisets: every item of one finds its own partner in the other. */
function sameItems(a: readonly Answer[], b: readonly Answer[]): boolean {
  const left = [...b];
  return (
    a.length === b.length &&
    a.every((item) => {
      const at = left.findIndex((other) => same(item, other));
      if (at >= 0) left.splice(at, 1);
      return at >= 0;
    })
  );
}
const sameOrder = (a: readonly Answer[], b: readonly Answer[]) =>
  a.length === b.length && a.every((item, i) => same(item, b[i] as Answer));

/** Values named by different letters, in the letters' order. */
function pointOf(items: readonly Answer[]): readonly Answer[] | undefined {
  const named = items.flatMap((item) =>
    item.kind === "equation" && item.name !== undefined && item.alone ? [[item.name, item.alone] as const] : [],
  );
  if (named.length !== items.length || new Set(named.map(([name]) => name)).size !== items.length) return undefined;
  return named.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);
}

function same(gold: Answer, candidate: Answer): boolean {
  if (gold.kind === "equation" && candidate.kind === "equation")
    return isMultiple(gold.difference, candidate.difference, "any");
  // "x = 5" answers "5", and the other way round.
  if (gold.kind === "equation") return gold.alone !== undefined && same(gold.alone, candidate);
  if (candidate.kind === "equation") return candidate.alone !== undefined && same(gold, candidate.alone);
  if (gold.kind === "inequality" && candidate.kind === "inequality")
    return gold.variable === candidate.variable && same(gold.region, candidate.region);
  // As with equations, what is said of a variable answers what is asked for.
  if (gold.kind === "inequality") return same(gold.region, candidate);
  if (candidate.kind === "inequality") return same(gold, candidate.region);
  if (gold.kind === "relation" && candidate.kind === "relation")
    return (
      gold.sign === candidate.sign &&
      isMultiple(gold.difference, candidate.difference, gold.sign === "\\ne" ? "any" : "positive")
    );
  if (gold.kind === "expression" && candidate.kind === "expression") return equal(gold.value, candidate.value);
  if (gold.kind === "literal" && candidate.kind === "literal") return gold.text === candidate.text;
  if (gold.kind === "matrix" && candidate.kind === "matrix") {
    return (
      gold.rows.length === candidate.rows.length && gold.rows.every((row, i) => sameOrder(row, candidate.rows[i] ?? []))
    );
  }
  if (gold.kind === "tuple" && candidate.kind === "tuple")
    return gold.brackets === candidate.brackets && sameOrder(gold.items, candidate.items);
  if ((gold.kind === "set" || gold.kind === "union") && gold.kind === candidate.kind)
    return sameItems(gold.items, candidate.items);
  // What is said of x, y, … one by one is a point.
  const [point, other] =
    gold.kind === "set"
      ? [pointOf(gold.items), candidate]
      : candidate.kind === "set"
        ? [pointOf(candidate.items), gold]
        : [];
  return point !== undefined && other?.kind === "tuple" && other.brackets === "()" && sameOrder(point, other.items);
}

/**
 * Whether a bare answer equals the reference: units that do not differ, dollar and degree signs and thousands commas aside; a percentage equals its fraction;
 * lists and sets have no order, tuples do; "x = 5" equals "5"; an equation equals its multiples; the ends of intervals matter.
 * @returns false also for what cannot be read or would take too long; never throws
 * @example mathEqual("3\\sqrt{2}", "\\sqrt{18}") // true
 */
export function mathEqual(gold: string, candidate: string): boolean {
  if (gold === candidate && gold.trim() !== "") return true;
  if (Math.max(gold.length, candidate.length) > MAX_LENGTH) return false;
  const [left, right] = [measured(gold), measured(candidate)];
  if (areSameTexts(left.text, right.text)) return true;
  const [{ value: a, unit }, { value: b, unit: other }] = [left, right];
  if (a === "" || b === "" || (unit !== undefined && other !== undefined && unit !== other)) return false;
  if (a === b || areSameWords(a, b)) return true;
  const [ours, theirs] = [choiceOf(a), choiceOf(b)];
  if (ours && theirs) return ours.letter === theirs.letter && mathEqual(ours.rest, theirs.rest);
  // "(B) or (C)" is more than a choice; "(B) 12" is one and says which.
  const one = ours ?? theirs;
  if (one && readMathematics(one.rest) === undefined) return false;
  if (one) return areSameWords(`\\text{${one.letter}}`, ours ? b : a);
  try {
    return withinLimits(() =>
      [readAnswer, readMathematics].some((read) => {
        const [x, y] = [read(a), read(b)];
        return x !== undefined && y !== undefined && same(x, y);
      }),
    );
  } catch (error) {
    // Too large to decide: not shown to be equal.
    if (error instanceof Undecided) return false;
    throw error;
  }
}

/** A response is right when its last complete box holds the reference answer (which may be boxed itself). */
export const verifyBoxed: Verify = ({ completion: gold }, response) => {
  const answer = lastBoxed(response);
  return answer !== undefined && mathEqual(lastBoxed(gold) ?? gold, answer);
};

/** GSM8K: a response is right when what follows its last "####" equals what follows the reference's. */
export const verifyHashes: Verify = ({ completion: gold }, response) => {
  const [wanted, answer] = [afterHashes(gold), afterHashes(response)];
  return wanted !== undefined && answer !== undefined && mathEqual(wanted, answer);
};
