// Takes from an answer what is not its value: delimiters, spacing, sizes, units, thousands commas; and spells the rest in one way.
import { joinDigits, levelSpelling } from "./spelling.ts";

const REPLACEMENTS: readonly (readonly [RegExp, string])[] = [
  [/[−–]/gu, "-"],
  [/×/gu, "\\times "],
  [/·/gu, "\\cdot "],
  [/π/gu, "\\pi "],
  [/∞/gu, "\\infty "],
  [/°/gu, ""],
  [/\\(?:left|right|displaystyle|limits|bigl?|bigr?|Bigl?|Bigr?)(?![a-zA-Z])/gu, ""],
  [/\\[dtc]frac/gu, "\\frac"],
  [/^\s*[([]\s*(\\begin\{matrix\}.*\\end\{matrix\})\s*[)\]]\s*$/gsu, "$1"],
  [/\{,\}|,\\!/gu, ","],
  [/(?<!\\)\\[!,;: ]|\\q?quad|~/gu, " "],
  [/(?<!\\)\\[()[\]]|\\?\$/gu, " "],
  [/\^\{?\\circ\}?|\\degree|\\deg(?![a-z])/gu, ""],
  [/\\(?:%|percent)|(?<=\d)\s*percent\b/gu, "%"],
  [/\\(?:mathrm|mathbf|textbf|textit|textrm|mbox|operatorname|rm|mathit)(?=\s*\{)/gu, "\\text"],
];

/** @example cleanAnswer("$4,\\!844,\\!672$.") // "4844672" */
export function cleanAnswer(text: string): string {
  let clean = levelSpelling(unboxed(text.normalize("NFC")));
  for (const [pattern, replacement] of REPLACEMENTS) clean = clean.replace(pattern, replacement);
  clean = clean
    .trim()
    .replace(/\s*\.$/u, "")
    .trim();
  return dropThousands(joinDigits(dropUnits(clean)));
}

/** What a box around the whole answer holds. */
function unboxed(text: string): string {
  const inside = /^\s*\\boxed\s*\{(.*)\}\s*$/su.exec(text)?.[1];
  if (inside === undefined) return text;
  let depth = 0;
  for (const c of inside) {
    depth += c === "{" ? 1 : c === "}" ? -1 : 0;
    if (depth < 0) return text;
  }
  return inside;
}

/** Commas of a number are dropped outside brackets alone: (12,345) is a pair. */
function dropThousands(text: string): string {
  return /^[-+]?\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\d,])/u.test(text)
    ? text.replace(/^[-+]?\d{1,3}(?:,\d{3})+/u, (m) => m.replaceAll(",", ""))
    : text;
}

const JOINING = /^(?:and|or)$/iu;
/** Words that are mathematics, not units. */
const NAMES = /^(?:pi|sqrt|infty)$/u;

/** Words after a number: "7 \text{ hours}", "864 \text{ inches}^2", "145 degrees". Words that join two answers stay. */
function dropUnits(text: string): string {
  const withoutText = text.replace(
    /(?<=(?:[\d})\]]|\\pi)\s*)\\text\s*\{([^{}]*)\}(?:\^\{?\d\}?)?/gu,
    (whole, words: string) =>
      words
        .trim()
        .split(/\s+/u)
        .some((w) => JOINING.test(w)) || /^\s*\(?[ap]\.?\s?m\.?\)?\s*$/iu.test(words)
        ? whole
        : " ",
  );
  return withoutText.trim().replace(/(?<=^[-+]?[\d.,]+)\s+((?:[a-zA-Z]{2,}\s*)+)$/u, (whole, words: string) =>
    words
      .trim()
      .split(/\s+/u)
      .some((w) => JOINING.test(w) || NAMES.test(w)) || /^[ap]m$/iu.test(words.trim())
      ? whole
      : "",
  );
}

/**
 * An answer in words, its spelling levelled; undefined when it is not words alone.
 * @example wordsOfAnswer("\\text{(C)}") // "c"
 */
export function wordsOfAnswer(clean: string): string | undefined {
  const plain = clean.replace(/\\text\s*\{([^{}]*)\}/gu, "$1").trim();
  const words = plain.replace(/^\(\s*([A-Za-z])\s*\)$/u, "$1");
  return /^[\p{L}][\p{L}\p{M}\s.'-]*$/u.test(words)
    ? words.toLowerCase().replace(/\.$/u, "").replace(/\s+/gu, " ")
    : undefined;
}
