// Values of named functions: exactly where they are known, else by the function's own name.
import { angleOf, cosine, sine } from "./circle.ts";
import type { Inverse } from "./circle.ts";
import { power, primesOf } from "./power.ts";
import { PRIME, add, atom, divide, multiply, number, onlyTerm, toNormalText } from "./ring.ts";
import type { Expression } from "./ring.ts";
import { ONE, rational } from "./rational.ts";

const CIRCULAR = ["sin", "cos", "tan", "cot", "sec", "csc"];
const INVERSE = CIRCULAR.map((name) => `arc${name}`);
const NAMES = new Set([...CIRCULAR, ...INVERSE, "log", "ln", "exp", "gcd", "lcm", "min", "max", "det"]);
export const isFunction = (name: string): boolean => NAMES.has(name);
const isAngle = (name: string): name is Inverse => name === "arcsin" || name === "arccos" || name === "arctan";

const inverse = (a: Expression) => divide(number(ONE), a);

/** A function's value; what is made of others is made of them. */
export function callOf(name: string, argument: Expression): Expression {
  const opaque = (of: string) => atom(`${of}(${toNormalText(argument)})`);
  const sin = () => sine(argument) ?? opaque("sin");
  const cos = () => cosine(argument) ?? opaque("cos");
  switch (name) {
    case "sin":
      return sin();
    case "cos":
      return cos();
    case "tan":
      return divide(sin(), cos());
    case "cot":
      return divide(cos(), sin());
    case "sec":
      return inverse(cos());
    case "csc":
      return inverse(sin());
    case "exp":
      return power(atom("e"), argument);
    case "ln":
    case "log":
      return logarithm(name, argument);
    default:
      return (isAngle(name) ? angleOf(name, argument) : undefined) ?? opaque(name);
  }
}

/**
 * Of a positive product of rationals, their roots and e the sum of its factors'. "log" is of any one base: a fixed multiple of ln, so that quotients of
 * two are known.
 */
export function logarithm(name: "ln" | "log", argument: Expression): Expression {
  const scale = name === "log" ? atom("one over ln of log's base") : number(ONE);
  const term = onlyTerm(argument);
  const known =
    term && term.coefficient.n > 0n && [...term.powers.keys()].every((of) => of === "e" || of.startsWith(PRIME));
  if (!known) return multiply(scale, atom(`ln(${toNormalText(argument)})`));
  const powers = [
    ...primesOf(term.coefficient).map(([p, times]) => [`${PRIME}${p}`, rational(times)] as const),
    ...term.powers,
  ];
  return multiply(
    scale,
    powers
      .map(([of, times]) => multiply(number(times), of === "e" ? number(ONE) : atom(`ln(${of})`)))
      .reduce(add, number(rational(0n))),
  );
}
