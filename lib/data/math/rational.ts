// Exact fractions of big integers, always in lowest terms with a positive denominator.

export interface Rational {
  readonly n: bigint;
  readonly d: bigint;
}

function gcd(a: bigint, b: bigint): bigint {
  let x = a < 0n ? -a : a;
  let y = b < 0n ? -b : b;
  while (y > 0n) [x, y] = [y, x % y];
  return x;
}

/** @param d not 0 */
export function rational(n: bigint, d = 1n): Rational {
  const g = gcd(n, d) * (d < 0n ? -1n : 1n);
  return g === 1n ? { n, d } : { n: n / g, d: d / g };
}

export const ZERO = rational(0n);
export const ONE = rational(1n);
export const add = (a: Rational, b: Rational) => rational(a.n * b.d + b.n * a.d, a.d * b.d);
export const subtract = (a: Rational, b: Rational) => rational(a.n * b.d - b.n * a.d, a.d * b.d);
export const multiply = (a: Rational, b: Rational) => rational(a.n * b.n, a.d * b.d);
/** @param b not 0 */
export const divide = (a: Rational, b: Rational) => rational(a.n * b.d, a.d * b.n);
export const toText = ({ n, d }: Rational) => (d === 1n ? `${n}` : `${n}/${d}`);

/**
 * A decimal numeral, exactly; undefined for anything else.
 * @example toText(parseDecimal("1.25e-1")) // "1/8"
 */
export function parseDecimal(text: string): Rational | undefined {
  const match = /^(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/u.exec(text);
  if (!match || ((match[1] ?? "") === "" && (match[2] ?? "") === "")) return undefined;
  const fraction = match[2] ?? "";
  const exponent = Number(match[3] ?? 0) - fraction.length;
  const digits = BigInt((match[1] ?? "") + fraction);
  return exponent >= 0 ? rational(digits * 10n ** BigInt(exponent)) : rational(digits, 10n ** BigInt(-exponent));
}
