// Powers and roots in the ring. What is not worked out stands for itself.
import { pointOfTerm } from "./circle.ts";
import {
  MAX_DIGITS,
  PRIME,
  Undecided,
  add,
  asRational,
  atom,
  divide,
  isZero,
  multiply,
  number,
  onlyTerm,
  single,
  subtract,
  termsOf,
  toNormalText,
} from "./ring.ts";
import type { Expression } from "./ring.ts";
import {
  ONE,
  ZERO,
  add as addRational,
  divide as divideRational,
  multiply as multiplyRational,
  rational,
} from "./rational.ts";
import type { Rational } from "./rational.ts";

/** Of a sum: more factors than an answer has. */
const MAX_POWER = 64;

/** Primes and exponents of n > 0 by trial division; a cofactor without small factors stands for itself. */
function factors(n: bigint): Map<bigint, bigint> {
  const found = new Map<bigint, bigint>();
  let rest = n;
  for (let p = 2n; p * p <= rest && p < 10_000n; p += p === 2n ? 1n : 2n) {
    for (; rest % p === 0n; rest /= p) found.set(p, (found.get(p) ?? 0n) + 1n);
  }
  return rest > 1n ? found.set(rest, 1n) : found;
}

/** Primes of a positive rational, those below with negative exponents. */
export function primesOf({ n, d }: Rational): [bigint, bigint][] {
  return [...factors(n), ...[...factors(d)].map(([p, times]) => [p, -times] as [bigint, bigint])];
}

const opaquePower = (a: Expression, exponent: Expression) => atom(`(${toNormalText(a)})^(${toNormalText(exponent)})`);

/**
 * A power whose exponent is no number: 2^(n+1) is 2 * 2^n and 4^n is (2^n)^2, because a positive base's power of a sum is the product of its powers of the
 * terms. (Variables are read as positive, as under roots.) e^(iu) is a point of the unit circle.
 */
function symbolicPower(a: Expression, exponent: Expression): Expression {
  const base = onlyTerm(a);
  const terms = termsOf(exponent);
  if (!base || base.coefficient.n <= 0n || base.powers.has("i") || !terms) return opaquePower(a, exponent);
  const atoms = new Map(base.powers);
  for (const [p, times] of primesOf(base.coefficient))
    atoms.set(`${PRIME}${p}`, addRational(atoms.get(`${PRIME}${p}`) ?? ZERO, rational(times)));
  let product = number(ONE);
  for (const { coefficient, powers } of terms) {
    if (powers.size === 0) {
      product = multiply(product, power(a, number(coefficient)));
      continue;
    }
    const { i, real } = { i: powers.get("i"), real: new Map([...powers].filter(([name]) => name !== "i")) };
    for (const [name, p] of atoms) {
      const times = multiplyRational(p, coefficient);
      const plain = single(ONE, powers);
      product = multiply(
        product,
        name === "e" && i?.n === 1n && i.d === 1n
          ? pointOfTerm({ coefficient: times, powers: real })
          : single(ONE, [[`(${name})^(${toNormalText(plain)})`, times]]),
      );
    }
  }
  return product;
}

export function power(a: Expression, exponent: Expression): Expression {
  const e = asRational(exponent);
  if (!e) return symbolicPower(a, exponent);
  if (e.d !== 1n) return root(a, e);
  const size = e.n < 0n ? -e.n : e.n;
  if (size > BigInt(onlyTerm(a) ? MAX_DIGITS : MAX_POWER)) throw new Undecided("too large a power");
  const result = repeated(a, size);
  return e.n < 0n ? divide(number(ONE), result) : result;
}

/** a * a * …: of one term by squaring, of a sum one by one, which makes fewer terms on the way. */
function repeated(a: Expression, times: bigint): Expression {
  if (times === 0n) return number(ONE);
  if (!onlyTerm(a)) return multiply(repeated(a, times - 1n), a);
  const half = repeated(a, times / 2n);
  return times % 2n === 0n ? multiply(half, half) : multiply(multiply(half, half), a);
}

/** Of a positive rational (or, for square roots, a negative one) times pi, e, radicals and variables or their inverses; of sums with a rational taken out. */
function root(a: Expression, e: Rational): Expression {
  const term = onlyTerm(a);
  if (!term) return rootOfSum(a, e);
  const plain = [...term.powers].every(
    ([name, p]) =>
      name === "pi" ||
      name === "e" ||
      name.startsWith(PRIME) ||
      (name !== "i" && !name.startsWith("point ") && p.d === 1n && p.n * p.n === 1n),
  );
  const negative = term.coefficient.n < 0n;
  if (!plain || (negative && e.d !== 2n)) return opaquePower(a, number(e));
  const powers = new Map([...term.powers].map(([name, p]) => [name, multiplyRational(p, e)]));
  const size = negative ? multiplyRational(term.coefficient, rational(-1n)) : term.coefficient;
  for (const [p, times] of primesOf(size))
    powers.set(`${PRIME}${p}`, addRational(powers.get(`${PRIME}${p}`) ?? ZERO, multiplyRational(rational(times), e)));
  if (negative) powers.set("i", rational(e.n));
  return single(ONE, powers);
}

function rootOfSum(a: Expression, e: Rational): Expression {
  const terms = termsOf(a);
  if (terms?.length === 0 && e.n > 0n) return a;
  if (!terms || terms.length === 0) return opaquePower(a, number(e));
  const nested = e.d === 2n ? nestedRoot(a) : undefined;
  if (nested) return power(nested, number(rational(e.n)));
  // The greatest common part of the coefficients: sqrt(10 + 2 sqrt 5) is sqrt 2 sqrt(5 + sqrt 5).
  const content = terms
    .map(({ coefficient: { n, d } }) => rational(n < 0n ? -n : n, d))
    .reduce((x, y) => rational(gcd(x.n * y.d, y.n * x.d), x.d * y.d));
  const rest = divide(a, number(content));
  return multiply(root(number(content), e), opaquePower(rest, number(e)));
}

function gcd(a: bigint, b: bigint): bigint {
  return b === 0n ? a : gcd(b, a % b);
}

/** sqrt(p + q sqrt r) is sqrt((p + s) / 2) + sqrt((p - s) / 2), the second with q's sign, where s = sqrt(p^2 - q^2 r) is rational. */
function nestedRoot(a: Expression): Expression | undefined {
  const terms = termsOf(a) ?? [];
  const p = terms.find(({ powers }) => powers.size === 0)?.coefficient;
  const other = terms.find(({ powers }) => powers.size > 0);
  if (
    terms.length !== 2 ||
    !p ||
    p.n <= 0n ||
    !other ||
    ![...other.powers.keys()].every((name) => name.startsWith(PRIME))
  )
    return undefined;
  const part = single(other.coefficient, other.powers);
  const square = asRational(subtract(number(multiplyRational(p, p)), multiply(part, part)));
  if (!square || square.n < 0n) return undefined;
  const s = square.n === 0n ? ZERO : asRational(root(number(square), rational(1n, 2n)));
  if (!s) return undefined;
  const half = (sign: bigint) =>
    root(number(divideRational(addRational(p, multiplyRational(s, rational(sign))), rational(2n))), rational(1n, 2n));
  const value = other.coefficient.n > 0n ? add(half(1n), half(-1n)) : subtract(half(1n), half(-1n));
  return isZero(subtract(multiply(value, value), a)) ? value : undefined;
}
