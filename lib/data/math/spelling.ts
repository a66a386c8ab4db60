// Other spellings of the same mathematics, brought to the one that the readers know: \dbinom, {a \over b}, repeating decimals, signs of relations, spaces
// in large numbers.

const SPELLINGS: readonly (readonly [RegExp, string])[] = [
  [/±/gu, "\\pm "],
  [/[€£]|\\(?:pounds|euro)(?![a-zA-Z])/gu, " "],
  [/\\(?:math|text)?(?:bf|rm|it|bm|boldsymbol)\s*\{\s*([-+]?[\d.,]*\d)\s*\}/gu, "$1"],
  [/≤|<=|\\leq?(?:slant)?(?![a-zA-Z])/gu, "\\le "],
  [/≥|>=|\\geq?(?:slant)?(?![a-zA-Z])/gu, "\\ge "],
  [/≠|!=|\\neq?(?![a-zA-Z])/gu, "\\ne "],
  [/\\lt(?![a-zA-Z])/gu, "<"],
  [/\\gt(?![a-zA-Z])/gu, ">"],
  [/\\[lr]?vert(?![a-zA-Z])/gu, "|"],
  [/\\langle(?![a-zA-Z])/gu, "("],
  [/\\rangle(?![a-zA-Z])/gu, ")"],
  [/\\varnothing(?![a-zA-Z])|\\\{\s*\\\}|∅/gu, "\\emptyset "],
  [/\\mathbb\s*\{?\s*R\s*\}?|ℝ/gu, "(-\\infty,\\infty)"],
  [/\\[dt]binom(?![a-zA-Z])/gu, "\\binom"],
  [/\{([^{}]*)\\over(?![a-zA-Z])([^{}]*)\}/gu, "\\frac{$1}{$2}"],
  [/^([^{}]*)\\over(?![a-zA-Z])([^{}]*)$/gu, "\\frac{$1}{$2}"],
  [/\{([^{}]*)\\choose(?![a-zA-Z])([^{}]*)\}/gu, "\\binom{$1}{$2}"],
  [/\\begin\{array\}\s*\{[^{}]*\}/gu, "\\begin{matrix}"],
  [/\\end\{array\}/gu, "\\end{matrix}"],
  [/\\\\\s*(?=\\end\{)/gu, ""],
  [/(?<=\d)\s*:\s*(?=\d)/gu, ":"],
];

/** Longer repetitions than any answer has would only cost time. */
const REPEATING = /(?<![\d.])(\d{0,30})\.(\d{0,30})\\(?:overline|bar|dot)\s*\{?(\d{1,30})\}?/gu;

/** 0.1\overline{6} is 1/6: the digits once with and once without the repetition, over as many nines and noughts. */
const repeating = (_: string, whole: string, fixed: string, period: string) => {
  const [all, before] = [BigInt(`${whole}${fixed}${period}`), BigInt(`${whole}${fixed}` || "0")];
  return `((${all - before})/(${(10n ** BigInt(period.length) - 1n) * 10n ** BigInt(fixed.length)}))`;
};

/** @example levelSpelling("x \\leqslant 0.\\overline{3}") // "x \\le  ((3)/(9))" */
export function levelSpelling(text: string): string {
  let level = text;
  for (const [pattern, replacement] of SPELLINGS) level = level.replace(pattern, replacement);
  return level.replace(REPEATING, repeating);
}

/** Numbers in groups of three digits with spaces between. @example joinDigits("1 000 000") // "1000000" */
export const joinDigits = (text: string): string =>
  /^[-+]?\d{1,3}(?: \d{3})+(?:\.\d+)?$/u.test(text) ? text.replaceAll(" ", "") : text;
