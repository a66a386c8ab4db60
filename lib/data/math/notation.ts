// Takes from an answer what is not its value: delimiters, spacing, sizes, units, thousands commas; and spells the rest in one way.
import { joinDigits, levelDecoration, levelSpelling } from "./spelling.ts";
import { isPlainUnit, isUnit, unitNamed } from "./units.ts";

const REPLACEMENTS: readonly (readonly [RegExp, string])[] = [
  [/[−–]/gu, "-"],
  [/×/gu, "\\times "],
  [/·/gu, "\\cdot "],
  [/π/gu, "\\pi "],
  [/∞/gu, "\\infty "],
  [/\\(?:left|right)\.|\\(?:left|right|displaystyle|textstyle|limits|bigl?|bigr?|Bigl?|Bigr?)(?![a-zA-Z])/gu, ""],
  [/\\[dtc]frac/gu, "\\frac"],
  [/^\s*[([]\s*(\\begin\{matrix\}.*\\end\{matrix\})\s*[)\]]\s*$/gsu, "$1"],
  [/\{,\}|,\\!\s*/gu, ","],
  [/(?<!\\)\\[!,;: ]|\\q?quad|~/gu, " "],
  [/(?<!\\)\\[()[\]]|(?<!\\)\$/gu, " "],
  [/\\(?:%|percent)|(?<=\d)\s*(?:\\text\s*\{)?\s*per\s?cent\b\s*\}?/gu, "%"],
  [/\\(?:mathrm|mathbf|textbf|textit|textrm|mbox|operatorname|rm|mathit)(?=\s*\{)/gu, "\\text"],
  [/\{:\}|\\colon(?![a-zA-Z])/gu, ":"],
  [/(?<=\d)\s*:\s*(?=\d)/gu, ":"],
  // In words without letters there is nothing but their content.
  [/\\text\s*\{\s*([^{}a-zA-Z]*)\s*\}/gu, "$1"],
  [/\\text\s*\{\s*([ie])\s*\}/gu, "$1"],
];
const MULTIPLIERS: Readonly<Record<string, string>> = {
  dozen: "12",
  hundred: "10^{2}",
  thousand: "10^{3}",
  million: "10^{6}",
  billion: "10^{9}",
  trillion: "10^{12}",
};
const MULTIPLIER = new RegExp(
  `(?<=[\\d}])\\s*(\\\\text\\s*\\{)?\\s*(${Object.keys(MULTIPLIERS).join("|")})(?![a-zA-Z])`,
  "giu",
);

export interface Measured {
  /** With its unit. */
  readonly text: string;
  /** Without its unit. */
  readonly value: string;
  /** Where it is one of those known. */
  readonly unit: string | undefined;
}

/** @example measured("$4,\\!844,\\!672\\text{ cm}$.").value // "4844672" */
export function measured(text: string): Measured {
  let clean = levelSpelling(unboxed(text.normalize("NFC")));
  for (const [pattern, replacement] of REPLACEMENTS) clean = clean.replace(pattern, replacement);
  clean = levelDecoration(clean)
    .replace(
      MULTIPLIER,
      (_, open: string | undefined, word: string) => `\\times ${MULTIPLIERS[word.toLowerCase()]} ${open ?? ""}`,
    )
    .replace(/(?<!\\)\\text\s*\{\s*\}/gu, "")
    .replace(/(?<!\.)\s*\.$/u, "")
    .trim();
  const { value, unit } = dropUnits(clean);
  return { text: clean, value: dropThousands(joinDigits(value)), unit };
}

/** @example cleanAnswer("$4,\\!844,\\!672$.") // "4844672" */
export const cleanAnswer = (text: string): string => measured(text).value;

/** What a box around the whole answer, or around what something equals, holds. */
function unboxed(text: string): string {
  const [, before = "", inside] = /^([^{}]*=\s*)?\\boxed\s*\{(.*)\}\s*$/su.exec(text.trim()) ?? [];
  if (inside === undefined) return text;
  let depth = 0;
  for (const c of inside) {
    depth += c === "{" ? 1 : c === "}" ? -1 : 0;
    if (depth < 0) return text;
  }
  return before + inside;
}

/** Commas of a number are dropped outside brackets alone: (12,345) is a pair. */
function dropThousands(text: string): string {
  return /^[-+]?\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\d,])/u.test(text)
    ? text.replace(/^[-+]?\d{1,3}(?:,\d{3})+/u, (m) => m.replaceAll(",", ""))
    : text;
}

const DEGREE =
  /(?:\{\s*\})?\s*(?:\^\s*(?:\{\s*\\circ\s*\}|\\circ(?![a-zA-Z]))|\\degree(?![a-zA-Z])|\\deg(?![a-z])|°)\s*((?:\\text\s*\{)?\s*[CF]\s*\}?(?![a-zA-Z]))?/gu;
/** What degrees can be of: a number, a letter, a bracket; not a power's exponent, nor a function or fraction without its parts. */
const BEFORE_DEGREE =
  /(?<!\^\s*)(?:[\d.)\]|']|(?<!\^\s*\{[^{}]*)\}|(?<!\\[a-zA-Z]*)\p{L}|\\(?:pi|theta|alpha|beta|gamma|phi|varphi|psi|omega|right|[,;:! ]))\s*$/u;
/** What can follow them: nothing, a sign, the end of a bracket, a word. More of a number or of a product cannot. */
const AFTER_DEGREE =
  /^\s*(?:$|[-+=,;:)\]}|<>&/*.~$]|\\(?!sqrt|frac|[dt]frac|pi|sin|cos|tan|log|ln)|\p{L}{2}|[NSEW](?!\p{L}))/u;
/** Characters looked at on either side: a text of degrees alone is not read over and over. */
const NEAR = 32;
const SIGN_OF_MONEY = /\\\$|\\textdollar(?![a-zA-Z])|[€£]|\\(?:pounds|euro)(?![a-zA-Z])|^\s*USD\b/gu;
const MONEY: readonly (readonly [RegExp, string])[] = [
  [/€|\\euro/u, "euro"],
  [/£|\\pounds/u, "pound sterling"],
];

/**
 * Words after a number: "7 \text{ hours}", "864 \text{ inches}^2", "3 km/h"; degrees; signs of money. Words that say more than of what it is a number stay.
 * The unit is that of the end.
 */
function dropUnits(text: string): Omit<Measured, "text"> {
  let unit: string | undefined;
  const take = (words: string) => {
    if (!isUnit(words)) return false;
    unit = unitNamed(words) ?? unit;
    return true;
  };
  // The argument of a function is in radians, so its degrees count there.
  const isAngle = /\\(?:sin|cos|tan|cot|sec|csc)/u.test(text);
  const value = text
    .replace(DEGREE, (sign: string, scale: string | undefined, at: number, all: string) => {
      const end = at + sign.length;
      if (!BEFORE_DEGREE.test(all.slice(Math.max(0, at - NEAR), at)) || !AFTER_DEGREE.test(all.slice(end, end + NEAR)))
        return sign;
      if (isAngle) return "\\degree ";
      unit = `degree${/[CF]/u.exec(scale ?? "")?.[0] ?? ""}`;
      return " ";
    })
    .replace(SIGN_OF_MONEY, (sign) => {
      unit = MONEY.find(([pattern]) => pattern.test(sign))?.[1] ?? "dollar";
      return " ";
    })
    .replace(/\\frac\s*\{\s*\\text\s*\{([^{}]*)\}\s*\}\s*\{\s*\\text\s*\{([^{}]*)\}\s*\}/gu, "\\text{$1/$2}")
    .replace(/\\text\s*\{([^{}]*)\}\s*\/\s*\\text\s*\{([^{}]*)\}/gu, "\\text{$1/$2}")
    .replace(
      /(?<=(?:[\d})\]]|\\pi)\s*)\\text\s*\{([^{}]*)\}(?:\s*(?:\^\{?|\\textsuperscript\{)\s*([23])\}?)?/gu,
      (whole, words: string, exponent: string | undefined, at: number, all: string) =>
        /[\w\\]/u.test(all.slice(0, at).replace(/\\text\s*\{[^{}]*\}/gu, "")) &&
        take(`${words.replace(/\.\s*$/u, "")}${exponent ?? ""}`)
          ? " "
          : whole,
    )
    .trim()
    .replace(
      /(?<=^(?:[^a-zA-Z]|\\[a-zA-Z]+)*(?:[\d})]|\\pi))\s+((?:\p{L}{2,}\s*)+(?:\^?\{?[23²³]\}?)?)$/u,
      (whole, words: string) => (isPlainUnit(words) && take(words) ? "" : whole),
    )
    .replace(
      /(?<=\d)\s*((?:mm|cm|k?m|ft|kg|mg|g|ml)(?:\/(?:s|h|hr|min))?(?:\^?\{?[23²³]\}?)?)$/u,
      (whole, words: string) => (words.length > 1 && !/^[mg]\^?\{?\d/u.test(words) && take(words) ? "" : whole),
    );
  return { value: value.trim(), unit };
}

const flat = (text: string) =>
  text
    .replace(/\\text\s*\{([^{}]*)\}/gu, " $1 ")
    .replace(/\s+/gu, " ")
    .trim();

/** Whether both are the same words and numbers: "\text{March 15}", "March 15". */
export function areSameTexts(a: string, b: string): boolean {
  return /\\text/u.test(a + b) && /\p{L}{3}/u.test(flat(a)) && flat(a).toLowerCase() === flat(b).toLowerCase();
}

/** A choice with what it says: "(B) 12". */
export function choiceOf(clean: string): { readonly letter: string; readonly rest: string } | undefined {
  const [, one, two, rest] = /^(?:\\text\s*\{\s*\(([A-Z])\)\s*\}|\(([A-Z])\)(?=\s))\s*(\S.*)$/su.exec(clean) ?? [];
  const letter = one ?? two;
  return letter === undefined || rest === undefined ? undefined : { letter, rest };
}

/** Whether a text says of itself that it is words: variables have no such signs. */
const isMarked = (clean: string) => /\\text|^\(/u.test(clean);

/** Whether both are the same words. Letters that may be variables keep their case. */
export function areSameWords(a: string, b: string): boolean {
  const [one, two] = [wordsOfAnswer(a), wordsOfAnswer(b)];
  if (one === undefined || one !== two) return false;
  return one.length > 2 || one === "no" || a === b || isMarked(a) || isMarked(b);
}

/**
 * An answer in words, its spelling levelled; undefined when it is not words alone.
 * @example wordsOfAnswer("\\text{(C)}") // "c"
 */
export function wordsOfAnswer(clean: string): string | undefined {
  const plain = clean.replace(/\\text\s*\{([^{}]*)\}/gu, "$1").trim();
  const words = plain.replace(/^\(\s*([A-Za-z])\s*\)$/u, "$1");
  if (!/^[\p{L}][\p{L}\p{M}\s.'-]*$/u.test(words)) return undefined;
  return words.toLowerCase().replace(/\.$/u, "").replace(/\s+/gu, " ");
}
