// Units of answers. An answer without its unit is the answer; one with another unit of the same kind is another: 5 cm is not 5 m. Units that are not
// known here, and compound ones (m/s), say nothing.

const SPELLINGS: Readonly<Record<string, string>> = {
  mm: "mm|millimet(?:er|re)s?",
  cm: "cm|centimet(?:er|re)s?",
  m: "m|met(?:er|re)s?",
  km: "km|kilomet(?:er|re)s?",
  inch: "in|inch|inches",
  foot: "ft|foot|feet",
  yard: "yds?|yards?",
  mile: "mi|miles?",
  gram: "g|grams?",
  kilogram: "kg|kilograms?",
  second: "s|secs?|seconds?",
  minute: "mins?|minutes?",
  hour: "h|hrs?|hours?",
  day: "days?",
  cent: "cents?",
  dollar: "dollars?",
  degree: "degrees?",
  radian: "radians?|rad",
};
const UNITS = Object.entries(SPELLINGS).map(([unit, words]) => [unit, new RegExp(`^(?:${words})$`, "iu")] as const);
const POWER = /^(?:square|sq\.?|cubic|cu\.?)\s+/iu;

/** What stands after a number at an answer's end: words in \text{…} and its kin, or plain ones. */
const AFTER_NUMBER =
  /(?:[\d})\]]|\\pi)[\s~]*(?:\\[,;: ]\s*)*(?:\\(?:text|mathrm|textrm|mbox|operatorname)\s*\{\s*([^{}]*?)\.?\s*\}(?:\^\{?\d\}?)?|([a-zA-Z ]{2,}))\s*\.?\$?\s*$/u;

/** Of the units above; undefined where none of them is named. */
function unitOf(answer: string): string | undefined {
  const found = AFTER_NUMBER.exec(answer);
  const words = (found?.[1] ?? found?.[2] ?? "").trim().replace(POWER, "");
  return UNITS.find(([, spelling]) => spelling.test(words))?.[0];
}

/** Whether both name a unit, and not the same. @example unitsDiffer("5\\text{ cm}", "5 m") // true */
export function unitsDiffer(a: string, b: string): boolean {
  const [one, two] = [unitOf(a), unitOf(b)];
  return one !== undefined && two !== undefined && one !== two;
}
