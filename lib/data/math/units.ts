// Units of answers. An answer without its unit is the answer; one with another unit is another: 5 cm is neither 5 m nor 5 cm^2. Units that are not
// known here ("7 apples") say nothing.

const SPELLINGS: Readonly<Record<string, string>> = {
  mm: "mm|millimet(?:er|re)s?",
  cm: "cm|centimet(?:er|re)s?",
  m: "m|met(?:er|re)s?",
  km: "km|kilomet(?:er|re)s?",
  inch: "in|inch|inches",
  foot: "ft|foot|feet",
  yard: "yds?|yards?",
  mile: "mi|miles?",
  milligram: "mg|milligrams?",
  gram: "g|grams?",
  kilogram: "kg|kgs|kilograms?",
  pound: "lbs?|pounds?",
  ounce: "oz|ounces?",
  ton: "tons?|tonnes?",
  millilitre: "ml|millilit(?:er|re)s?",
  litre: "l|lit(?:er|re)s?",
  gallon: "gal|gallons?",
  millisecond: "ms|milliseconds?",
  second: "s|secs?|seconds?",
  minute: "mins?|minutes?",
  hour: "h|hrs?|hours?",
  day: "days?",
  week: "weeks?",
  month: "months?",
  year: "yrs?|years?",
  cent: "cents?|¢",
  dollar: "dollars?|usd",
  euro: "euros?|€|eur",
  degree: "degrees?|°",
  radian: "radians?|rad",
};
const UNITS = Object.entries(SPELLINGS).map(([unit, words]) => [unit, new RegExp(`^(?:${words})$`, "iu")] as const);
const SHORT: Readonly<Record<string, string>> = {
  mph: "mile/hour",
  kph: "kilometer/hour",
  kmh: "km/hour",
  "¢": "cent",
};
const EXPONENTS: Readonly<Record<string, string>> = { square: "2", sq: "2", cubic: "3", cu: "3", "²": "2", "³": "3" };

/** @example oneUnit("square inches") // "inch^2" */
function oneUnit(words: string): string | undefined {
  const [, power, name = "", after] =
    /^(?:(square|sq|cubic|cu)\.?\s*)?([\p{L}¢€°]+?)\s*(?:\^?\{?([23²³])\}?)?$/iu.exec(words.trim()) ?? [];
  const unit = UNITS.find(([, spelling]) => spelling.test(name))?.[0];
  const exponent = EXPONENTS[(power ?? after ?? "").toLowerCase()] ?? after;
  return unit && (exponent ? `${unit}^${exponent}` : unit);
}

/**
 * A unit in one spelling; undefined where it, or a part of it, is not known.
 * @example unitNamed("km/h") // "km/hour"
 */
export function unitNamed(words: string): string | undefined {
  const level = SHORT[words.trim().toLowerCase()] ?? words;
  const parts = level.split(/\s*\/\s*|\s+per\s+/u).map(oneUnit);
  return parts.every((part) => part !== undefined) ? parts.join("/") : undefined;
}

/** What a text in words after a number must not be to be a unit: it would say something else of the number. */
const SAYS_MORE = new Set(
  (
    "and or not no is are was isnt wrong incorrect false more less fewer greater smaller larger than least most at about approximately around to from over " +
    "under out plus minus times squared cubed factorial root negative mod modulo base half halves third thirds quarter quarters fourth fourths fifth fifths " +
    "tenth tenths hundredth hundredths thousandth thousandths th percent infinity pi sqrt except if when where excluding remainder am pm hundred thousand " +
    "million billion trillion dozen undefined per"
  ).split(" "),
);
/** Whether words after a number only say of what it is a number. */
export function isUnit(words: string): boolean {
  if (unitNamed(words) !== undefined) return true;
  const parts = words.toLowerCase().match(/\p{L}+/gu) ?? [];
  const isWords =
    /^[\p{L}\s.,'’/()-]{2,}[23]?$/u.test(words.trim()) && parts.length > 0 && (parts[0] as string).length > 1;
  return isWords && !parts.some((part) => SAYS_MORE.has(part));
}

/** Letters without \\text may be variables: unknown words have three letters, and vowels. */
export const isPlainUnit = (words: string): boolean =>
  unitNamed(words) !== undefined ||
  (words.match(/\p{L}+/gu) ?? []).every((word) => /^of$|^(?=.*[aeiouy]).{3,}$/iu.test(word));
