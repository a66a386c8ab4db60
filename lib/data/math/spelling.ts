// Other spellings of the same mathematics, brought to the one that the readers know: \dbinom, {a \over b}, repeating decimals, signs of relations, spaces
// in large numbers.

const SPELLINGS: readonly (readonly [RegExp, string])[] = [
  [/±/gu, "\\pm "],
  [/[\u00a0\u2000-\u200a\u202f\u3000]/gu, " "],
  [/\\(?:math|text)?(?:bf|rm|it|bm|boldsymbol)\s*\{\s*([-+]?[\d.,]*\d)\s*\}/gu, "$1"],
  [/[⁄∕]/gu, "/"],
  [/√\s*(\d+(?:\.\d+)?|[a-zA-Z])/gu, "\\sqrt{$1}"],
  [/√/gu, "\\sqrt"],
  [/∪|\\bigcup(?![a-zA-Z])/gu, "\\cup "],
  [/∨|\\(?:lor|vee)(?![a-zA-Z])/gu, "\\text{ or }"],
  [/∧|\\(?:land|wedge)(?![a-zA-Z])/gu, "\\text{ and }"],
  [/\\lbrace(?![a-zA-Z])/gu, "\\{"],
  [/\\rbrace(?![a-zA-Z])/gu, "\\}"],
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
  [/\\cr(?![a-zA-Z])|\\\\\s*\[[\w.\s]*\]/gu, "\\\\"],
  [/\{smallmatrix\}/gu, "{matrix}"],
  [/\\\\\s*(?=\\end\{)/gu, ""],
];

/** Longer repetitions than any answer has would only cost time. */
const REPEATING = /(?<![\d.])(\d{0,30})\.(\d{0,30})\\(?:overline|bar|dot)\s*\{?(\d{1,30})\}?/gu;

/** 0.1\overline{6} is 1/6: the digits once with and once without the repetition, over as many nines and noughts. */
const repeating = (_: string, whole: string, fixed: string, period: string) => {
  const [all, before] = [BigInt(`${whole}${fixed}${period}`), BigInt(`${whole}${fixed}` || "0")];
  return `((${all - before})/(${(10n ** BigInt(period.length) - 1n) * 10n ** BigInt(fixed.length)}))`;
};

/** 0.333... is 0.\overline{3}: what is there three times goes on. */
const ELLIPSIS = /(?<![\d.])(\d{0,30}\.\d{0,30}?)(\d{1,6})\2\2+(?:\.{3}|…|\\[lc]?dots(?![a-zA-Z]))/gu;

const VULGAR = "½12⅓13⅔23¼14¾34⅕15⅖25⅗35⅘45⅙16⅚56⅛18⅜38⅝58⅞78";
const vulgar = (sign: string) => {
  const at = VULGAR.indexOf(sign);
  return `\\frac{${VULGAR[at + 1]}}{${VULGAR[at + 2]}}`;
};

/** @example levelSpelling("x \\leqslant 0.\\overline{3}") // "x \\le  ((3)/(9))" */
export function levelSpelling(text: string): string {
  let level = text;
  for (const [pattern, replacement] of SPELLINGS) level = level.replace(pattern, replacement);
  return level
    .replace(/[½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞]/gu, vulgar)
    .replace(ELLIPSIS, "$1\\overline{$2}")
    .replace(REPEATING, repeating);
}

/** Numbers in groups of three digits with spaces between. @example joinDigits("1 000 000") // "1000000" */
export const joinDigits = (text: string): string =>
  /^[-+]?\d{1,3}(?: \d{3})+(?:\.\d+)?$/u.test(text) ? text.replaceAll(" ", "") : text;

const INSIDE = String.raw`\{((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}`;
const DECORATIONS: readonly (readonly [RegExp, string])[] = [
  [/^\s*(?:\*\*(.+)\*\*|`(.+)`)\s*$/gsu, "$1$2"],
  [
    new RegExp(String.raw`\\(?:hspace|vspace|[hv]?phantom|color)\s*${INSIDE}|\\(?:mathstrut|strut)(?![a-zA-Z])`, "gu"),
    " ",
  ],
  [new RegExp(String.raw`\\textcolor\s*\{[^{}]*\}\s*${INSIDE}`, "gu"), "$1"],
  [new RegExp(String.raw`\\(?:underline|ensuremath)\s*${INSIDE}`, "gu"), "$1"],
  [/(?:\\\\\s*)+$/gu, ""],
  [/\*\*/gu, "^"],
  [/(?<=\d)\s+x\s+(?=10\s*\^)/gu, "\\times "],
  [/^\s*(?:\\text\s*\{)?\s*(?:the\s+)?(?:final\s+)?answer\s*(?:is\s*:?|:)\s*(?:\}\s*(?=.)|(?=[^{}]+$))/giu, ""],
  [/^\s*\\text\s*\{([^{}]*\d[^{}]*)\}\s*$/gu, "$1"],
  [/(?<=\d)\s*(?:\\text\s*\{\s*to\s*\}|to)\s*(?=\d)/gu, ":"],
  // Letters of choices in one text.
  [/^\s*\\text\s*\{\s*([A-Z](?:\s*(?:,\s*(?:and\s+)?|and\s+)[A-Z])+)\s*\}\s*$/gu, "$1"],
  [
    /^\s*(?:\\text\s*\{\s*)?(?:option|choice)\s*\}?\s*(?:\\text\s*\{\s*)?\(?\s*([A-Z])\s*\)?\s*\}?\s*$/giu,
    "\\text{$1}",
  ],
  [/^\s*([A-Z])\)\s*$/gu, "\\text{$1}"],
];

/** Takes away what only shows an answer: colours, rules, spaces, Markdown, "the answer is". @example levelDecoration("**5**") // "5" */
export function levelDecoration(text: string): string {
  let level = text;
  for (const [pattern, replacement] of DECORATIONS) level = level.replace(pattern, replacement);
  return level;
}
