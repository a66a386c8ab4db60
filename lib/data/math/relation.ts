// Inequalities: of one variable as the interval they say, of several as a difference that is less than 0. What it does not do: solve them.
import type { Answer } from "./answer.ts";
import { subtract } from "./ring.ts";
import type { Expression } from "./ring.ts";

type Sign = "<" | "\\le" | ">" | "\\ge" | "\\ne";
const SIGNS = /\s*(<|>|\\le(?![a-zA-Z])|\\ge(?![a-zA-Z])|\\ne(?![a-zA-Z]))\s*/u;
const VARIABLE = /^(?:[a-zA-Z]|\\[a-z]+)(?:_\{?\w+\}?)?$/u;
const MINUS_INFINITY: Answer = { kind: "literal", text: "-infinity" };
const INFINITY: Answer = { kind: "literal", text: "infinity" };
const isVariable = (text: string) => VARIABLE.test(text) && !/^(?:\\pi|\\infty|e|i)$/u.test(text);

/** Whether a text holds a sign of inequality. */
export const isRelation = (text: string): boolean => SIGNS.test(text);

/**
 * @param read reads a side
 * @returns undefined for what is no inequality of these kinds
 */
export function readRelation(text: string, read: (side: string) => Answer | undefined): Answer | undefined {
  const parts = text.split(new RegExp(SIGNS.source, "gu")).map((part) => part.trim());
  const sides = parts.filter((_, i) => i % 2 === 0);
  const signs = parts.filter((_, i) => i % 2 === 1) as Sign[];
  const values = sides.map((side) => (isVariable(side) ? undefined : read(side)));
  if (sides.some((side) => side === "")) return undefined;
  const [a, b, c] = sides as [string, string, string?];
  const [first, second] = signs as [Sign, Sign?];
  if (second !== undefined && c !== undefined && signs.length === 2) {
    // low < x < high, or the other way round.
    if (!isVariable(b) || !values[0] || !values[2] || isUp(first) !== isUp(second) || first === "\\ne")
      return undefined;
    if (second === "\\ne") return undefined;
    const interval = isUp(first)
      ? between(values[0], values[2], first, second)
      : between(values[2], values[0], second, first);
    return { kind: "inequality", variable: b, region: interval };
  }
  if (signs.length !== 1) return undefined;
  if (first !== "\\ne" && isVariable(a) && values[1]?.kind === "expression")
    return { kind: "inequality", variable: a, region: ray(values[1], first) };
  if (first !== "\\ne" && isVariable(b) && values[0]?.kind === "expression")
    return { kind: "inequality", variable: b, region: ray(values[0], flipped(first)) };
  const [left, right] = [read(a), read(b)];
  if (left?.kind !== "expression" || right?.kind !== "expression") return undefined;
  const difference = (x: Expression, y: Expression) => subtract(x, y);
  if (first === "\\ne") return { kind: "relation", sign: "\\ne", difference: difference(left.value, right.value) };
  const up = isUp(first);
  return {
    kind: "relation",
    sign: first === "<" || first === ">" ? "<" : "\\le",
    difference: up ? difference(left.value, right.value) : difference(right.value, left.value),
  };
}

const isUp = (sign: Sign) => sign === "<" || sign === "\\le";
const flipped = (sign: Sign): Sign =>
  ({ "<": ">", "\\le": "\\ge", ">": "<", "\\ge": "\\le", "\\ne": "\\ne" })[sign] as Sign;
const isStrict = (sign: Sign) => sign === "<" || sign === ">";

const between = (low: Answer, high: Answer, left: Sign, right: Sign): Answer => ({
  kind: "tuple",
  brackets: `${isStrict(left) ? "(" : "["}${isStrict(right) ? ")" : "]"}`,
  items: [low, high],
});

/** x sign value. */
const ray = (value: Answer, sign: Sign): Answer =>
  isUp(sign) ? between(MINUS_INFINITY, value, "<", sign) : between(value, INFINITY, sign, "<");
