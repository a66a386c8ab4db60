// Points of the unit circle, e^(iu), in the ring: sines and cosines are made of them, so that their identities are identities of polynomials.
// Powers of different points e^(ix), e^(iy), … are independent; turns by multiples of 15 degrees are radicals; other turns stand for themselves.
import { PRIME, add, divide, equal, keyOf, multiply, number, single, subtract, termsOf } from "./ring.ts";
import type { Expression, Term } from "./ring.ts";
import { ONE, ZERO, multiply as multiplyRational, rational } from "./rational.ts";
import type { Rational } from "./rational.ts";

const root = (n: bigint, d: bigint, ...primes: bigint[]) =>
  single(
    rational(n, d),
    primes.map((p) => [`${PRIME}${p}`, rational(1n, 2n)] as const),
  );
const quarterTurns = (turns: Rational) => single(ONE, [["i", turns]]);
const I = quarterTurns(ONE);
/** Cosines of 0, 15, …, 90 degrees; the sines are the same from behind. */
const COSINES: readonly Expression[] = [
  root(1n, 1n),
  add(root(1n, 4n, 2n, 3n), root(1n, 4n, 2n)),
  root(1n, 2n, 3n),
  root(1n, 2n, 2n),
  root(1n, 2n),
  subtract(root(1n, 4n, 2n, 3n), root(1n, 4n, 2n)),
  number(ZERO),
];

/** e^(i r pi). */
function turn(r: Rational): Expression {
  const twelfths = multiplyRational(r, rational(12n));
  if (twelfths.d !== 1n) return quarterTurns(multiplyRational(r, rational(2n)));
  const k = Number(((twelfths.n % 24n) + 24n) % 24n);
  const [cosine, sine] = [COSINES[k % 6], COSINES[6 - (k % 6)]] as [Expression, Expression];
  return multiply(quarterTurns(rational(BigInt(Math.floor(k / 6)))), add(cosine, multiply(I, sine)));
}

/** e^(iu) for one real term u. */
export function pointOfTerm({ coefficient, powers }: Term): Expression {
  const name = keyOf(powers);
  return name === "pi^1" ? turn(coefficient) : single(ONE, [[`point ${name}`, coefficient]]);
}

/** e^(iu); undefined where u is not known to be a sum of real terms. */
function point(u: Expression): Expression | undefined {
  const terms = termsOf(u);
  if (!terms || terms.some(({ powers }) => powers.has("i"))) return undefined;
  return terms.map(pointOfTerm).reduce(multiply, number(ONE));
}

/** (e^(iu) + e^(-iu)) / 2; undefined as in point. */
export function cosine(u: Expression): Expression | undefined {
  const z = point(u);
  return z && divide(add(z, divide(number(ONE), z)), number(rational(2n)));
}

/** (e^(iu) - e^(-iu)) / 2i; undefined as in point. */
export function sine(u: Expression): Expression | undefined {
  const z = point(u);
  return z && divide(subtract(z, divide(number(ONE), z)), multiply(number(rational(2n)), I));
}

/** In twelfths of half turns. */
const RANGES = { arcsin: [-6, 6], arccos: [0, 12], arctan: [-5, 5] } as const;
export type Inverse = keyof typeof RANGES;

/** The multiple of 15 degrees with this sine, cosine or tangent; undefined where it is none. */
export function angleOf(name: Inverse, value: Expression): Expression | undefined {
  const [first, last] = RANGES[name];
  for (let k = first; k <= last; k++) {
    const angle = single(rational(BigInt(k), 12n), [["pi", ONE]]);
    const [x, y] = [cosine(angle), sine(angle)] as [Expression, Expression];
    if (equal({ arcsin: y, arccos: x, arctan: name === "arctan" ? divide(y, x) : y }[name], value)) return angle;
  }
  return undefined;
}
