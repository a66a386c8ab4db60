// Arithmetic expressions as words: "( 3 + 5 ) * 2". Read strictly, valued exactly; never by evaluating code.
import { divide, multiply, rational, subtract, add } from "../../data/math/rational.ts";
import type { Rational } from "../../data/math/rational.ts";

export interface Valued {
  /** undefined where something is divided by zero */
  readonly value: Rational | undefined;
  /** The numbers used, in order of writing. */
  readonly numbers: readonly number[];
}

/** More operands than any puzzle has; a longer text is not an answer. */
const MAX_WORDS = 100;
const OPERATIONS: Readonly<Record<string, (a: Rational, b: Rational) => Rational | undefined>> = {
  "+": add,
  "-": subtract,
  "*": multiply,
  "/": (a, b) => (b.n === 0n ? undefined : divide(a, b)),
};

/**
 * @param text words: whole numbers, + - * / and brackets; no signs, no implicit products
 * @returns undefined when the text is not one complete expression
 * @example valueOf("( 3 + 5 ) * 2")?.numbers // [3, 5, 2]
 */
export function valueOf(text: string): Valued | undefined {
  const words = text.trim().split(/\s+/u);
  if (words.length > MAX_WORDS) return undefined;
  let at = 0;
  const numbers: number[] = [];
  type Part = { readonly value: Rational | undefined } | undefined;

  const operand = (): Part => {
    const word = words[at++];
    if (word === "(") {
      const inside = chain(["+", "-"]);
      return words[at++] === ")" ? inside : undefined;
    }
    if (word === undefined || !/^\d{1,9}$/u.test(word)) return undefined;
    numbers.push(Number(word));
    return { value: rational(BigInt(word)) };
  };
  /** Left to right, products before sums. */
  const chain = (operators: readonly string[]): Part => {
    const next = () => (operators.includes("+") ? chain(["*", "/"]) : operand());
    let left = next();
    while (left && operators.includes(words[at] ?? "")) {
      const operation = OPERATIONS[words[at++] as string] as (a: Rational, b: Rational) => Rational | undefined;
      const right = next();
      left = right && { value: left.value && right.value && operation(left.value, right.value) };
    }
    return left;
  };

  const whole = chain(["+", "-"]);
  return whole && at === words.length ? { value: whole.value, numbers } : undefined;
}
