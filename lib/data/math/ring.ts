// Exact expressions in a normal form, in which two expressions are equal exactly when their difference has no terms left.
//
// An expression is numerator / denominator, each a sum of terms: a rational times a product of atoms to rational powers. Atoms are variables,
// pi, e, i (with i^2 = -1), primes to powers between 0 and 1 (so that sqrt(18) is 3 * 2^(1/2)), points of the unit circle (circle.ts), and whatever
// is not understood, e.g. arcsin(x), by its own normal text. Products of different radicals of primes are linearly independent over the rationals
// (Besicovitch 1940), so no two of them can cancel unnoticed; not understood things stand for themselves. Hence never "equal" for unequal expressions
// (square roots of variables are read as of positive ones); "unequal" for some equal ones, e.g. cos(36 degrees) and (1 + sqrt(5)) / 4.
import {
  ONE,
  ZERO,
  add as addRational,
  divide as divideRational,
  multiply as multiplyRational,
  rational,
  toText,
} from "./rational.ts";
import type { Rational } from "./rational.ts";

export interface Term {
  readonly coefficient: Rational;
  /** atom -> exponent, never 0 */
  readonly powers: ReadonlyMap<string, Rational>;
}
/** Normal text of the powers -> term. */
type Sum = ReadonlyMap<string, Term>;

export interface Expression {
  readonly over: Sum;
  readonly under: Sum;
}

/** More terms or digits than an answer has; what exceeds them is not decided, hence not equal. */
const MAX_TERMS = 300;
export const MAX_DIGITS = 2_000;

/** The longest name of an atom: functions of functions of functions have their arguments' texts in theirs. */
const MAX_NAME = 2_000;
/** Products of terms in one comparison; (x + 1)^64 takes 4,200. */
const MAX_PRODUCTS = 12_000;

/** Thrown inside this folder only: the expression is too large or undefined, so nothing is said about it. */
export class Undecided extends Error {}

/** Atoms of primes are named by them. */
export const PRIME = "prime ";
export const keyOf = (powers: ReadonlyMap<string, Rational>) =>
  [...powers]
    .map(([atom, power]) => `${atom}^${toText(power)}`)
    .sort()
    .join(" ");

function sumOf(terms: Iterable<Term>): Sum {
  const sum = new Map<string, Term>();
  for (const term of terms) {
    const k = keyOf(term.powers);
    const coefficient = addRational(sum.get(k)?.coefficient ?? ZERO, term.coefficient);
    if (coefficient.n === 0n) sum.delete(k);
    else sum.set(k, { coefficient, powers: term.powers });
    if (sum.size > MAX_TERMS) throw new Undecided("too many terms");
  }
  return sum;
}

let productsLeft = MAX_PRODUCTS;
/** Runs one comparison with its share of work, after which nothing more is decided in it. */
export function withinLimits<T>(compare: () => T): T {
  productsLeft = MAX_PRODUCTS;
  return compare();
}

/** Powers of primes to [0, 1) and of i to 0 or 1; the rest goes into the coefficient. */
function normalTerm(coefficient: Rational, powers: ReadonlyMap<string, Rational>): Term {
  let factor = coefficient;
  const normal = new Map<string, Rational>();
  for (const [atom, power] of powers) {
    if (power.n === 0n) continue;
    if (atom.length > MAX_NAME) throw new Undecided("too long a name");
    if (atom === "i") {
      // i^2 = -1, also where parts of quarter turns are left.
      const whole = (power.n - (((power.n % power.d) + power.d) % power.d)) / power.d;
      const turn = ((whole % 4n) + 4n) % 4n;
      if (turn >= 2n) factor = multiplyRational(factor, rational(-1n));
      const rest = addRational(power, rational(turn % 2n === 1n ? 1n - whole : -whole));
      if (rest.n !== 0n) normal.set("i", rest);
    } else if (atom.startsWith(PRIME)) {
      const whole = (power.n - (((power.n % power.d) + power.d) % power.d)) / power.d;
      const prime = BigInt(atom.slice(PRIME.length));
      const size = whole < 0n ? -whole : whole;
      if (size > BigInt(MAX_DIGITS)) throw new Undecided("too large a power");
      const scale = prime ** size;
      factor = whole < 0n ? divideRational(factor, rational(scale)) : multiplyRational(factor, rational(scale));
      const rest = rational(power.n - whole * power.d, power.d);
      if (rest.n !== 0n) normal.set(atom, rest);
    } else normal.set(atom, power);
  }
  if (`${factor.n}${factor.d}`.length > MAX_DIGITS) throw new Undecided("too many digits");
  return { coefficient: factor, powers: normal };
}

function multiplyTerms(a: Term, b: Term): Term {
  const powers = new Map(a.powers);
  for (const [atom, power] of b.powers) powers.set(atom, addRational(powers.get(atom) ?? ZERO, power));
  return normalTerm(multiplyRational(a.coefficient, b.coefficient), powers);
}

const multiplySums = (a: Sum, b: Sum): Sum => {
  productsLeft -= a.size * b.size;
  if (a.size * b.size > MAX_TERMS * 20 || productsLeft < 0) throw new Undecided("too many terms");
  return sumOf([...a.values()].flatMap((x) => [...b.values()].map((y) => multiplyTerms(x, y))));
};
const only = (sum: Sum): Term | undefined => (sum.size === 1 ? [...sum.values()][0] : undefined);

/** Denominators of one term go into the numerator as negative powers. */
function make(over: Sum, under: Sum): Expression {
  if (under.size === 0) throw new Undecided("division by zero");
  const single = only(under);
  if (!single) return { over, under };
  const inverse = normalTerm(
    divideRational(ONE, single.coefficient),
    new Map([...single.powers].map(([atom, power]) => [atom, rational(-power.n, power.d)])),
  );
  return { over: multiplySums(over, sumOf([inverse])), under: UNIT };
}

const UNIT: Sum = sumOf([{ coefficient: ONE, powers: new Map() }]);
/** One term: a rational times powers of atoms. */
export const single = (coefficient: Rational, powers: Iterable<readonly [string, Rational]> = []): Expression => ({
  over: sumOf([normalTerm(coefficient, new Map(powers))]),
  under: UNIT,
});
/** Its terms; undefined where it has a denominator. */
export const termsOf = ({ over, under }: Expression): Term[] | undefined =>
  under === UNIT ? [...over.values()] : undefined;
/** Its one term; undefined where it has none, several or a denominator. */
export const onlyTerm = ({ over, under }: Expression): Term | undefined => (under === UNIT ? only(over) : undefined);
export const number = (value: Rational): Expression => single(value);
export const atom = (name: string): Expression => single(ONE, [[name, ONE]]);

export const multiply = (a: Expression, b: Expression) =>
  make(multiplySums(a.over, b.over), multiplySums(a.under, b.under));
export const divide = (a: Expression, b: Expression) =>
  make(multiplySums(a.over, b.under), multiplySums(a.under, b.over));
export const add = (a: Expression, b: Expression) =>
  make(
    sumOf([...multiplySums(a.over, b.under).values(), ...multiplySums(b.over, a.under).values()]),
    multiplySums(a.under, b.under),
  );
export const negate = (a: Expression) => multiply(a, number(rational(-1n)));
export const subtract = (a: Expression, b: Expression) => add(a, negate(b));

export const isZero = (a: Expression) => a.over.size === 0;
export const equal = (a: Expression, b: Expression) => isZero(subtract(a, b));

/** The rational an expression is; undefined when it is anything else. */
export function asRational({ over, under }: Expression): Rational | undefined {
  if (under !== UNIT) return undefined;
  if (over.size === 0) return ZERO;
  const term = only(over);
  return term && term.powers.size === 0 ? term.coefficient : undefined;
}

/** Normal text: equal texts for equal expressions without a denominator. */
export function toNormalText({ over, under }: Expression): string {
  const text = (sum: Sum) =>
    [...sum]
      .map(([k, { coefficient }]) => `${toText(coefficient)} ${k}`)
      .sort()
      .join(" + ");
  return under === UNIT ? text(over) : `(${text(over)}) / (${text(under)})`;
}

/** Whether a = c b for a rational c that is not 0, or above 0. */
export function isMultiple(a: Expression, b: Expression, by: "any" | "positive"): boolean {
  const [first] = [...a.over].sort(([x], [y]) => (x < y ? -1 : 1));
  const other = first && b.over.get(first[0]);
  if (!first || !other || a.under !== UNIT || b.under !== UNIT) return false;
  if (by === "positive" && first[1].coefficient.n * other.coefficient.n < 0n) return false;
  return equal(multiply(a, number(other.coefficient)), multiply(b, number(first[1].coefficient)));
}
