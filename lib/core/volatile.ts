// What of an output may differ when the same cell runs again: times and rates. An output that shows some names those texts in a
// representation of its own, which no front end draws; whoever compares two runs (`blankslate run --check`) leaves them out, and
// nothing else. Says nothing about numbers: how close they must be is the comparer's business.
import type { MimeBundle } from "./host.ts";

/** Its data: `{ texts: ["3.2 s"] }`. */
export const VOLATILE_MIME = "application/vnd.blankslate.volatile+json";

/**
 * @param texts as they stand in the output's text
 * @returns what to add to the output's bundle; nothing when there are none
 * @example volatile(["3.2 s", "3.2 s"]) // { "application/vnd.blankslate.volatile+json": { texts: ["3.2 s"] } }
 */
export function volatile(texts: readonly string[]): MimeBundle {
  const unique = [...new Set(texts.filter((text) => text.trim() !== ""))];
  return unique.length === 0 ? {} : { [VOLATILE_MIME]: { texts: unique } };
}

/** Columns that hold times, by the names that carry the unit. */
const TIMES = /^time$|(^|_)seconds($|_)|Seconds$|PerSecond$|per second$/;

/** @example ["time", "tokensPerSecond", "seconds_per_correct", "accuracy"].map(isTimeColumn) // [true, true, true, false] */
export function isTimeColumn(name: string): boolean {
  return TIMES.test(name);
}
