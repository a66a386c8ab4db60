// Inequalities: of one variable as the interval they say, of several as a difference that is less than 0. It solves linear ones.
import type { Answer } from "./answer.ts";
import { add, divide, negate, number, single, subtract, termsOf } from "./ring.ts";
import type { Expression } from "./ring.ts";
import { ZERO } from "./rational.ts";

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
  const up = isUp(first) || first === "\\ne";
  const difference = up ? subtract(left.value, right.value) : subtract(right.value, left.value);
  const sign = first === "\\ne" ? first : isStrict(first) ? "<" : "\\le";
  return solved(difference, sign) ?? { kind: "relation", sign, difference };
}

/** Of one variable, to the first power with a rational factor; undefined for others. */
function solved(difference: Expression, sign: "<" | "\\le" | "\\ne"): Answer | undefined {
  const terms = termsOf(difference) ?? [];
  const isOf = (names: Iterable<string>) => [...names].some((name) => name.includes("variable "));
  const [first, ...others] = terms.filter(({ powers }) => isOf(powers.keys()));
  const [name, power] = [...(first?.powers ?? [])][0] ?? [];
  if (
    !first ||
    others.length > 0 ||
    first.powers.size !== 1 ||
    !name?.startsWith("variable ") ||
    power?.n !== 1n ||
    power.d !== 1n
  )
    return undefined;
  const rest = terms.filter((term) => term !== first).map(({ coefficient, powers }) => single(coefficient, powers));
  const bound: Answer = {
    kind: "expression",
    value: divide(negate(rest.reduce(add, number(ZERO))), number(first.coefficient)),
  };
  const variable = name.slice("variable ".length);
  const up: Sign = sign === "\\ne" ? "<" : sign;
  const region: Answer =
    sign === "\\ne"
      ? { kind: "union", items: [ray(bound, "<"), ray(bound, ">")] }
      : ray(bound, first.coefficient.n > 0n ? up : flipped(up));
  return { kind: "inequality", variable, region };
}

/** Where inequalities of one variable hold together: of a ray upwards and one downwards the interval; undefined for others. */
export function intersection(items: readonly Answer[] | undefined): Answer | undefined {
  const [one, two, ...others] = items ?? [];
  if (one?.kind !== "inequality" || two?.kind !== "inequality" || others.length > 0 || one.variable !== two.variable)
    return undefined;
  const [a, b] = [one.region, two.region];
  if (a.kind !== "tuple" || b.kind !== "tuple") return undefined;
  const [low, high] = a.items[0] === MINUS_INFINITY ? [b, a] : [a, b];
  if (low.items[1] !== INFINITY || high.items[0] !== MINUS_INFINITY) return undefined;
  const region: Answer = {
    kind: "tuple",
    brackets: `${low.brackets[0]}${high.brackets[1]}`,
    items: [low.items[0] as Answer, high.items[1] as Answer],
  };
  return { kind: "inequality", variable: one.variable, region };
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
