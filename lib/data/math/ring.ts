// Exact expressions in a normal form, in which two expressions are equal exactly when their difference has no terms left.
//
// An expression is numerator / denominator, each a sum of terms: a rational times a product of atoms to rational powers. Atoms are variables,
// pi, e, i (with i^2 = -1), primes to powers between 0 and 1 (so that sqrt(18) is 3 * 2^(1/2)), and whatever is not understood,
// e.g. sin(x), by its own normal text. Products of different radicals of primes are linearly independent over the rationals (Besicovitch 1940),
// so no two of them can cancel unnoticed; not understood things stand for themselves. Hence never "equal" for unequal expressions
// (square roots of variables are read as of positive ones); "unequal" for some equal ones, e.g. sqrt(5 + 2 sqrt(6)) and sqrt(2) + sqrt(3).
import {
  ONE,
  ZERO,
  add as addRational,
  divide as divideRational,
  equals,
  multiply as multiplyRational,
  rational,
  toText,
} from "./rational.ts";
import type { Rational } from "./rational.ts";

interface Term {
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
const MAX_DIGITS = 2_000;
const MAX_POWER = 64;

/** Thrown inside this folder only: the expression is too large or undefined, so nothing is said about it. */
export class Undecided extends Error {}

const PRIME = "prime ";
const keyOf = (powers: ReadonlyMap<string, Rational>) =>
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

/** Powers of primes to [0, 1) and of i to 0 or 1; the rest goes into the coefficient. */
function normalTerm(coefficient: Rational, powers: ReadonlyMap<string, Rational>): Term {
  let factor = coefficient;
  const normal = new Map<string, Rational>();
  for (const [atom, power] of powers) {
    if (power.n === 0n) continue;
    if (atom === "i" && power.d === 1n) {
      const turn = Number(((power.n % 4n) + 4n) % 4n);
      if (turn >= 2) factor = multiplyRational(factor, rational(-1n));
      if (turn % 2 === 1) normal.set("i", ONE);
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
  if (a.size * b.size > MAX_TERMS * 20) throw new Undecided("too many terms");
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
export const number = (value: Rational): Expression => ({ over: sumOf([normalTerm(value, new Map())]), under: UNIT });
export const atom = (name: string): Expression => ({
  over: sumOf([{ coefficient: ONE, powers: new Map([[name, ONE]]) }]),
  under: UNIT,
});

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

const isZero = (a: Expression) => a.over.size === 0;
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

/** Whether a = c b for a rational c that is not 0. */
export function isMultiple(a: Expression, b: Expression): boolean {
  const [first] = [...a.over].sort(([x], [y]) => (x < y ? -1 : 1));
  const other = first && b.over.get(first[0]);
  if (!first || !other || a.under !== UNIT || b.under !== UNIT) return false;
  return equal(multiply(a, number(other.coefficient)), multiply(b, number(first[1].coefficient)));
}

/** Primes and exponents of n > 0 by trial division; a cofactor without small factors stands for itself. */
export function factors(n: bigint): Map<bigint, bigint> {
  const found = new Map<bigint, bigint>();
  let rest = n;
  for (let p = 2n; p * p <= rest && p < 10_000n; p += p === 2n ? 1n : 2n) {
    for (; rest % p === 0n; rest /= p) found.set(p, (found.get(p) ?? 0n) + 1n);
  }
  return rest > 1n ? found.set(rest, 1n) : found;
}

/** A power that is not worked out stands for itself. */
const opaquePower = (a: Expression, exponent: Expression) => atom(`(${toNormalText(a)})^(${toNormalText(exponent)})`);

/**
 * A power whose exponent is no number: 2^(n+1) is 2 * 2^n and 4^n is (2^n)^2, because a positive base's power of a sum is the product of its powers of the
 * terms. (Variables are read as positive, as under roots.) e to half turns of i pi is known.
 */
function symbolicPower(a: Expression, exponent: Expression): Expression {
  const base = a.under === UNIT ? only(a.over) : undefined;
  if (!base || base.coefficient.n <= 0n || base.powers.has("i") || exponent.under !== UNIT)
    return opaquePower(a, exponent);
  const atoms = new Map(base.powers);
  for (const [n, sign] of [
    [base.coefficient.n, 1n],
    [base.coefficient.d, -1n],
  ] as const)
    for (const [p, times] of factors(n)) {
      const name = `${PRIME}${p}`;
      atoms.set(name, addRational(atoms.get(name) ?? ZERO, rational(sign * times)));
    }
  let product = number(ONE);
  for (const term of exponent.over.values()) {
    if (term.powers.size === 0) {
      product = multiply(product, power(a, number(term.coefficient)));
      continue;
    }
    const turns = keyOf(term.powers) === "i^1 pi^1" ? multiplyRational(term.coefficient, rational(2n)) : undefined;
    const plain = { over: sumOf([{ coefficient: ONE, powers: term.powers }]), under: UNIT };
    for (const [name, p] of atoms) {
      const times = multiplyRational(p, term.coefficient);
      const half = turns && multiplyRational(turns, p);
      const [of, by] = name === "e" && half?.d === 1n ? ["i", half] : [`(${name})^(${toNormalText(plain)})`, times];
      product = multiply(product, { over: sumOf([normalTerm(ONE, new Map([[of, by]]))]), under: UNIT });
    }
  }
  return product;
}

export function power(a: Expression, exponent: Expression): Expression {
  const e = asRational(exponent);
  if (!e) return symbolicPower(a, exponent);
  if (e.d === 1n) {
    const size = e.n < 0n ? -e.n : e.n;
    const single = only(a.over);
    if (size > BigInt(single ? MAX_DIGITS : MAX_POWER)) throw new Undecided("too large a power");
    let result = number(ONE);
    for (let i = 0n; i < size; i++) result = multiply(result, a);
    return e.n < 0n ? divide(number(ONE), result) : result;
  }
  // A root: of one term, of a positive rational (or, for square roots, a negative one) times pi, e and first powers of variables.
  const term = a.under === UNIT ? only(a.over) : undefined;
  const plain =
    term &&
    [...term.powers].every(
      ([name, p]) => name !== "i" && (name === "pi" || name === "e" || name.startsWith(PRIME) || equals(p, ONE)),
    );
  const negative = term !== undefined && term.coefficient.n < 0n;
  if (!term || !plain || (negative && e.d !== 2n)) return opaquePower(a, exponent);
  const powers = new Map([...term.powers].map(([name, p]) => [name, multiplyRational(p, e)]));
  const collect = (n: bigint, sign: bigint) => {
    for (const [p, times] of factors(n)) {
      const name = `${PRIME}${p}`;
      powers.set(name, addRational(powers.get(name) ?? ZERO, multiplyRational(rational(sign * times), e)));
    }
  };
  collect(negative ? -term.coefficient.n : term.coefficient.n, 1n);
  collect(term.coefficient.d, -1n);
  if (negative) powers.set("i", rational(e.n));
  return { over: sumOf([normalTerm(ONE, powers)]), under: UNIT };
}
