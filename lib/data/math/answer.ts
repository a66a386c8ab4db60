// The shape of an answer: one expression, or a tuple, interval, set, list, union, matrix, equation, time, numeral in a base, or words.
import { parseExpression } from "./expression.ts";
import { cleanAnswer, wordsOfAnswer } from "./notation.ts";
import { intersection, isRelation, readRelation } from "./relation.ts";
import { Undecided, asRational, atom, divide, equal, multiply, number, subtract } from "./ring.ts";
import type { Expression } from "./ring.ts";
import { rational } from "./rational.ts";

export type Answer =
  | { readonly kind: "expression"; readonly value: Expression }
  /** left - right = 0; `alone` is the other side when one is a single letter, its `name` */
  | { readonly kind: "equation"; readonly difference: Expression; readonly name?: string; readonly alone?: Answer }
  /** ordered, with its brackets: a point, or an interval with its ends */
  | { readonly kind: "tuple"; readonly brackets: string; readonly items: readonly Answer[] }
  /** without order: { } and unbracketed lists, unions of intervals, and both values of a plus-minus */
  | { readonly kind: "set" | "union"; readonly items: readonly Answer[]; readonly isPlusMinus?: true }
  | { readonly kind: "matrix"; readonly rows: readonly (readonly Answer[])[] }
  /** of one variable: where it lies, an interval or a union of such */
  | { readonly kind: "inequality"; readonly variable: string; readonly region: Answer }
  /** difference < 0, <= 0 or not 0 */
  | { readonly kind: "relation"; readonly sign: "<" | "\\le" | "\\ne"; readonly difference: Expression }
  /** equal as texts only: infinities, times, numerals in a base, words */
  | { readonly kind: "literal"; readonly text: string };

/** Splits at a separator outside all brackets. Half-open intervals make every bracket close every other. */
function splitTop(text: string, separator: RegExp): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    const rest = text.slice(i);
    const escaped = /^\\[{}]/u.test(rest);
    const c = escaped ? text[i + 1] : text[i];
    if (c === "(" || c === "[" || c === "{") depth += 1;
    else if (c === ")" || c === "]" || c === "}") depth -= 1;
    else {
      // A separator that is a word is no end of another one: "floor".
      const inWord = /[a-zA-Z]/u.test(text[i - 1] ?? "") && /[a-zA-Z]/u.test(c ?? "");
      const match = depth === 0 && !inWord ? separator.exec(rest) : null;
      if (match) {
        parts.push(text.slice(start, i));
        start = i + match[0].length;
        i = start - 1;
      }
    }
    if (escaped) i += 1;
  }
  return [...parts, text.slice(start)].map((part) => part.trim());
}

const COMMA = /^(?:,|;)/u;
const LIST =
  /^(?:,|;|\\text\s*\{\s*(?:,\s*)?(?:and|or)\s*\}|(?<![a-zA-Z])(?:and|or)(?![a-zA-Z]))\s*(?:\\text\s*\{\s*(?:and|or)\s*\}|(?:and|or)(?![a-zA-Z]))?/u;
const UNION = /^\\cup(?![a-zA-Z])/u;

/** The inside of `text` when its first and last characters are one pair of brackets. */
function insideOf(text: string, open: RegExp, close: RegExp): string | undefined {
  const first = open.exec(text);
  const last = close.exec(text);
  if (!first || !last || first[0].length + last[0].length > text.length) return undefined;
  let depth = 0;
  const end = text.length - last[0].length;
  for (let i = 0; i < end; i++) {
    const c = text[i] as string;
    if ("([{".includes(c)) depth += 1;
    else if (")]}".includes(c)) depth -= 1;
    if (depth === 0 && i >= first[0].length) return undefined;
  }
  return text.slice(first[0].length, end);
}

const all = (parts: readonly string[], read: (part: string) => Answer | undefined): Answer[] | undefined => {
  const items = parts.map(read);
  return items.every((item) => item !== undefined) ? items : undefined;
};

function readExpression(text: string): Answer | undefined {
  if (/^[-+]?\s*\\infty$/u.test(text))
    return { kind: "literal", text: text.startsWith("-") ? "-infinity" : "infinity" };
  try {
    const percent = /^(.*)%$/su.exec(text);
    const amount = percent?.[1] ?? text;
    const mixed = /^([-+]?)(\d+)\s+(\d+)\s*\/\s*(\d+)\s*$/u.exec(amount);
    const plain = mixed ? `${mixed[1]}(${mixed[2]}+${mixed[3]}/${mixed[4]})` : amount;
    if (/\\[pm][pm](?![a-zA-Z])/u.test(plain)) {
      return {
        kind: "set",
        isPlusMinus: true,
        items: ([1, -1] as const).map((sign) => ({ kind: "expression", value: parseExpression(plain, sign) })),
      };
    }
    const value = parseExpression(plain);
    return { kind: "expression", value: percent ? divide(value, number(rational(100n))) : value };
  } catch (error) {
    // Not understood is an outcome here, not a failure: the answer has no reading.
    if (error instanceof Undecided) return undefined;
    throw error;
  }
}

const LETTER = /^(?:[a-zA-Z]|\\[a-z]+)(?:_\{?\w+\}?)?(?:\^\{?-1\}?(?=\())?(?:\([a-z]\))?$/u;
/** What names one value: \angle ABC, AB, |AB|, f(2), \text{Area}, \vec{v}, \det A. */
const NAME =
  /^(?:m?\s*\\angle\s*\w+|\\text\s*\{[^{}]*\}|[A-Z]{2,3}|\|\s*[A-Z]{2}\s*\||[fghpqFGHPQ]\(\s*-?\d+\s*\)|\\(?:vec|overline|overrightarrow|hat|det)\s*\{?\s*\w+\s*\}?)$/u;

function readEquation(text: string): Answer | undefined {
  const sides = text.split("=").map((side) => side.trim());
  const last = sides.at(-1) as string;
  if (sides.length !== 2 || NAME.test(sides[0] as string)) return readChain(sides);
  if (LETTER.test(last) && !LETTER.test(sides[0] as string)) sides.reverse();
  const [left, right] = sides as [string, string];
  // A point's coordinates named in order: (x, y) = (2, 3).
  if (/^\(\s*[a-z](?:\s*,\s*[a-z])+\s*\)$/u.test(left)) return readShape(right);
  const [a, b] = [readExpression(left.replace(/\^\{?-1\}?(?=\([a-z]\)$)/u, "")), readShape(right)];
  if (a?.kind !== "expression" || !b) return undefined;
  const alone = LETTER.test(left);
  if (b.kind !== "expression") return alone ? b : undefined;
  if (!alone && asRational(a.value) && equal(a.value, b.value)) return b;
  const difference = subtract(a.value, b.value);
  return alone ? { kind: "equation", difference, name: left, alone: b } : { kind: "equation", difference };
}

/** A name, or nothing, and then numbers that are one another: AB = 10/2 = 5. */
function readChain(sides: readonly string[]): Answer | undefined {
  const [first, ...others] = sides as [string, ...string[]];
  const values = (NAME.test(first) || LETTER.test(first) ? others : sides).map(readShape);
  const value = values.at(-1);
  if (values.length === 1 && value?.kind === "expression")
    return {
      kind: "equation",
      difference: subtract(atom(`variable ${first}`), value.value),
      name: first,
      alone: value,
    };
  if (values.length === 1) return value;
  const isOne = (other: Answer | undefined) =>
    other?.kind === "expression" &&
    value?.kind === "expression" &&
    asRational(value.value) &&
    equal(other.value, value.value);
  return values.every(isOne) ? value : undefined;
}

function readMatrix(text: string): Answer | undefined {
  // Between bars it is a determinant, which is a number.
  const match = /^(.*?)\\begin\{([pb]?matrix)\}(.*)\\end\{\2\}$/su.exec(text);
  if (!match || (match[3] as string).includes("\\begin")) return undefined;
  const before = (match[1] as string).trim();
  const factor = before === "" ? undefined : readExpression(before === "-" ? "-1" : before);
  if (before !== "" && factor?.kind !== "expression") return undefined;
  const rows = (match[3] as string).split("\\\\").map((row) =>
    all(
      row.split("&").map((cell) => cell.trim()),
      (cell) => {
        const value = readShape(cell);
        if (factor?.kind !== "expression") return value;
        return value?.kind === "expression"
          ? { kind: "expression", value: multiply(factor.value, value.value) }
          : undefined;
      },
    ),
  );
  return rows.every((row) => row !== undefined) ? { kind: "matrix", rows } : undefined;
}

function readShape(text: string): Answer | undefined {
  if (text === "") return undefined;
  const element = /^[a-zA-Z]\s*\\in(?![a-z])(.*)$/su.exec(text);
  if (element) return readShape((element[1] as string).trim());
  const time = /^(\d{1,2}):(\d{2})\s*(?:\\text\s*\{)?\s*(?:([ap])\.?\s?m\.?)?\s*\}?$/iu.exec(text);
  if (time) return { kind: "literal", text: `${Number(time[1])}:${time[2]}${(time[3] ?? "").toLowerCase()}` };
  if (/^\d+(?::\d+)+$/u.test(text)) return { kind: "literal", text };
  if (/^(?:\\emptyset|(?:\\text\s*\{\s*)?no solutions?\s*\}?)$/iu.test(text.trim()))
    return { kind: "literal", text: "empty set" };
  const based = /^\(?\s*([0-9A-Fa-f]+)\s*\)?\s*_\s*\{?\s*(\d{1,2})\s*\}?$/u.exec(text);
  if (based && /\d/u.test(based[1] as string))
    return { kind: "literal", text: `${(based[1] as string).toLowerCase()} base ${based[2]}` };
  if (/\\end\{[pb]?matrix\}$/u.test(text) && !text.includes("=")) return readMatrix(text);
  const described = /^\\\{\s*[a-z]\s*(?:\\in\s*\(-\\infty,\\infty\))?\s*(?:\\mid|:|\|)(.*)\\\}$/su.exec(text)?.[1];
  if (described !== undefined && isRelation(described)) return readShape(described.trim());
  const lacking = /^\(-\\infty,\\infty\)\s*(?:\\setminus|\\backslash|-|\\)\s*\\\{([^{},]*)\\\}$/u.exec(text)?.[1];
  if (lacking !== undefined) return readShape(`x \\ne ${lacking}`);

  const united = splitTop(text, UNION);
  if (united.length > 1) {
    const items = all(united, readShape);
    return items && { kind: "union", items };
  }
  const listed = splitTop(text, LIST);
  if (listed.length > 1)
    return /\band\b/u.test(text) && isRelation(text)
      ? intersection(all(listed, readShape))
      : toSet(all(listed, readShape));
  const braced = insideOf(text, /^\\\{/u, /\\\}$/u) ?? insideOf(text, /^\{(?=.*,)/u, /\}$/u);
  if (braced !== undefined) return toSet(all(splitTop(braced, COMMA), readShape));
  const turned = text
    .replace(/^\](?=[^,]*,[^,]*$)/u, "(")
    .replace(/(?<=^[([][^,]*,[^,]*)\[$/u, ")")
    .replace(/^<(.*,.*)>$/u, "($1)");
  if (turned !== text) return readShape(turned);
  const bracketed = insideOf(text, /^[([]/u, /[)\]]$/u);
  const items = bracketed === undefined ? [] : splitTop(bracketed, COMMA);
  if (items.length > 1) {
    const read = all(items, readShape);
    return read && { kind: "tuple", brackets: `${text[0]}${text.at(-1)}`, items: read };
  }
  if (isRelation(text)) return text.includes("=") ? undefined : readRelation(text, readExpression);
  return text.includes("=") ? readEquation(text) : readExpression(text);
}

/** Both values of a plus-minus are elements: {1 \pm sqrt 5, -2} has three. */
function toSet(items: readonly Answer[] | undefined): Answer | undefined {
  const [first] = items ?? [];
  // "x < -1 or x > 1" is where x lies.
  if (
    items &&
    first?.kind === "inequality" &&
    items.every((item) => item.kind === "inequality" && item.variable === first.variable)
  )
    return {
      kind: "inequality",
      variable: first.variable,
      region: { kind: "union", items: items.flatMap((item) => (item.kind === "inequality" ? [item.region] : [])) },
    };
  return (
    items && {
      kind: "set",
      items: items.flatMap((item) => (item.kind === "set" && item.isPlusMinus ? item.items : [item])),
    }
  );
}

/**
 * Reads an answer as written by a person or a model.
 * @returns undefined when it cannot be read as one; never throws
 */
export function readAnswer(text: string): Answer | undefined {
  const clean = cleanAnswer(text);
  const words = wordsOfAnswer(clean);
  if (words !== undefined && (words.length > 1 || /\\text/u.test(clean))) {
    // "ab" is a product as well as a word: readMathematics has the other reading.
    return { kind: "literal", text: words.length > 2 || /\\text/u.test(clean) ? words : clean };
  }
  return readShape(clean);
}

/** The mathematical reading of what could be a word, e.g. "ab" as a times b; capitals alone are names, four letters a word. */
export function readMathematics(text: string): Answer | undefined {
  const clean = cleanAnswer(text);
  return /^[A-Z]{2,}$|^(?!.*\b(?:and|or|no)\b)[a-zA-Z\s]{4,}$/u.test(clean) ? undefined : readShape(clean);
}
