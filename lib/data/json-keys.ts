// The shape of a JSON text before anything is built of it: a key that stands twice in one object (JSON.parse keeps the last one and says nothing, and two readers of one file that keep
// different ones see different files), and more than there may be of anything. One pass over the characters, without recursion and without a regular expression: one of those ran out of stack
// in a string of 90 MB, and took 25 s for as many brackets.

/** The most that a text may have; Infinity where it may have any number. */
export interface JsonBounds {
  /** Objects and lists inside one another. */
  readonly depth: number;
  /** Keys of an object, by how many it lies in; of deeper ones the last number. */
  readonly keys: readonly number[];
  /** Of one list. */
  readonly values: number;
}

export interface JsonKeys {
  /** The first key that stands in its object a second time. */
  readonly twice?: string;
  /** What there is too much of; looking ends there. */
  readonly beyond?: keyof JsonBounds;
}

const NO_BOUNDS: JsonBounds = { depth: Infinity, keys: [Infinity], values: Infinity };
const [QUOTE, BACKSLASH, COLON, COMMA] = [0x22, 0x5c, 0x3a, 0x2c];
const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_LIST, CLOSE_LIST] = [0x7b, 0x7d, 0x5b, 0x5d];

/**
 * @param text what is no JSON is looked at as far as it goes
 * @example surveyKeys('{"a": 1, "a": 2}') // { twice: "a" }
 */
export function surveyKeys(text: string, { depth, keys, values }: JsonBounds = NO_BOUNDS): JsonKeys {
  /** Of every open object its keys, of every open list how many commas it has. */
  const open: (Set<string> | number)[] = [];
  let [begin, end] = [0, 0];
  for (let i = 0; i < text.length; i++) {
    const character = text.charCodeAt(i);
    // Spaces and line ends.
    if (character < QUOTE) continue;
    if (character === QUOTE) {
      begin = i;
      end = endOfString(text, i);
      i = end;
    } else if (character === OPEN_OBJECT || character === OPEN_LIST) {
      open.push(character === OPEN_LIST ? 0 : new Set());
      if (open.length > depth) return { beyond: "depth" };
    } else if (character === CLOSE_OBJECT || character === CLOSE_LIST) open.pop();
    else if (character === COLON) {
      const seen = open.at(-1);
      if (!(seen instanceof Set)) continue;
      const key = keyOf(text.slice(begin, end + 1));
      if (seen.has(key)) return { twice: key };
      seen.add(key);
      if (seen.size > (keys[open.length - 1] ?? keys.at(-1)!)) return { beyond: "keys" };
    } else if (character === COMMA) {
      const commas = open.at(-1);
      if (typeof commas !== "number") continue;
      open[open.length - 1] = commas + 1;
      if (commas + 1 >= values) return { beyond: "values" };
    }
  }
  return {};
}

/** @returns the place of the quote that ends the string that begins at `from`, or of the text's last character */
function endOfString(text: string, from: number): number {
  for (let i = from + 1; i < text.length; i++) {
    const character = text.charCodeAt(i);
    if (character === QUOTE) return i;
    if (character === BACKSLASH) i += 1;
  }
  return text.length - 1;
}

/** @param literal with its quotes; one that is no string counts as it stands, since JSON.parse refuses the text anyway */
function keyOf(literal: string): string {
  if (!literal.includes("\\")) return literal.slice(1, -1);
  try {
    return JSON.parse(literal) as string;
  } catch {
    return literal;
  }
}
