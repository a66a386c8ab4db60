// All ways to combine numbers, each used once: an exact solver, and the source of problems with a known number of solutions.

import { add, divide, multiply, rational, subtract, toText } from "../../data/math/rational.ts";
import type { Rational } from "../../data/math/rational.ts";

interface Part {
  readonly value: Rational;
  readonly text: string;
  /** Strength of its outermost operator: 1 for + and -, 2 for * and /, 3 for a number. */
  readonly binds: 1 | 2 | 3;
}

const bracket = (part: Part, least: number) => (part.binds < least ? `( ${part.text} )` : part.text);

/** What two parts make. Sums and products have one order (by text), so that 3 + 5 and 5 + 3 are one solution. */
function combine(a: Part, b: Part): Part[] {
  const [first, second] = a.text <= b.text ? [a, b] : [b, a];
  const made: Part[] = [
    { value: add(a.value, b.value), text: `${bracket(first, 1)} + ${bracket(second, 1)}`, binds: 1 },
    { value: multiply(a.value, b.value), text: `${bracket(first, 2)} * ${bracket(second, 2)}`, binds: 2 },
    { value: subtract(a.value, b.value), text: `${bracket(a, 1)} - ${bracket(b, 2)}`, binds: 1 },
    { value: subtract(b.value, a.value), text: `${bracket(b, 1)} - ${bracket(a, 2)}`, binds: 1 },
  ];
  if (b.value.n !== 0n)
    made.push({ value: divide(a.value, b.value), text: `${bracket(a, 2)} / ${bracket(b, 3)}`, binds: 2 });
  if (a.value.n !== 0n)
    made.push({ value: divide(b.value, a.value), text: `${bracket(b, 2)} / ${bracket(a, 3)}`, binds: 2 });
  return made;
}

function combineAll(parts: readonly Part[], found: Map<string, Set<string>>): void {
  const [only] = parts;
  if (parts.length === 1 && only) {
    const value = toText(only.value);
    found.set(value, (found.get(value) ?? new Set()).add(only.text));
    return;
  }
  for (let i = 0; i < parts.length; i++)
    for (let j = i + 1; j < parts.length; j++) {
      const rest = parts.filter((_, at) => at !== i && at !== j);
      for (const made of combine(parts[i] as Part, parts[j] as Part)) combineAll([...rest, made], found);
    }
}

/**
 * Value -> the different expressions with that value, sorted; every number is used exactly once. Four numbers take about 10 ms, five a second.
 * @example solutions([1, 2]).get("3") // ["1 + 2"]
 */
export function solutions(numbers: readonly number[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, Set<string>>();
  combineAll(
    numbers.map((n) => ({ value: rational(BigInt(n)), text: `${n}`, binds: 3 })),
    found,
  );
  return new Map([...found].map(([value, texts]) => [value, [...texts].sort()]));
}
