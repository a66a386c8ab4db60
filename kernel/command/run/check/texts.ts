// Two texts of one output, stored and made now: words must be equal, numbers may differ by a tolerance where one is given. Left out
// are the texts that the output itself calls times (lib/core/volatile.ts), and what every run writes anew: durations, dates and the
// folders of absolute paths (the file's name counts). How many were left out is returned, so that it can be said.
import { stripVTControlCharacters } from "node:util";

/** A text ready to be compared. */
export interface Scrubbed {
  readonly text: string;
  /** How many times and paths were replaced. */
  readonly left: number;
}

const UNIT = "(?:ns|[µμ]s|us|ms|s|sec|secs|seconds?|min|minutes?|h|hours?)";
const REPLACED: readonly (readonly [RegExp, string])[] = [
  [/\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?/g, "‹date›"],
  [
    new RegExp(`(?<![\\w.])\\d+(?:[.,]\\d+)* ?${UNIT}(?![\\w/])(?: \\d+(?:\\.\\d+)? ?${UNIT}(?![\\w/]))*`, "g"),
    "‹time›",
  ],
  [/(?<![\w./:-])(?:file:\/\/)?\/(?:[\w.@+~-]+\/)+/g, "‹folder›/"],
  [/(?<!\w)[A-Za-z]:\\(?:[^\\\s:*?"<>|]+\\)+/g, "‹folder›/"],
];

/**
 * @param times the texts that the output itself says are times
 * @example scrub("step 3 · 3.2 s · /home/ada/run/loss.csv", []) // { text: "step 3 · ‹time› · ‹folder›/loss.csv", left: 2 }
 */
export function scrub(text: string, times: readonly string[]): Scrubbed {
  let left = 0;
  let clean = stripVTControlCharacters(text);
  const replace = (pattern: RegExp, by: string) => {
    clean = clean.replace(pattern, () => {
      left++;
      return by;
    });
  };
  // The longest first: "3.2 s" before "3.2".
  for (const time of times.toSorted((a, b) => b.length - a.length)) {
    replace(new RegExp(`(?<![\\w.])${RegExp.escape(time)}(?![\\w.])`, "g"), "‹time›");
  }
  for (const [pattern, by] of REPLACED) replace(pattern, by);
  return { text: clean, left };
}

const NUMBER = /(?<![\w.])([-+−]?(?:\d+(?:,\d{3})*(?:\.\d+)?|\.\d+)(?:e[-+−]?\d+)?)(?![\w])/gi;
const numberOf = (text: string): number => Number(text.replaceAll("−", "-").replaceAll(",", ""));

/** @returns whether two numbers are as close as the tolerance asks, relative to the larger or to `scale` */
export function isClose(a: number, b: number, tolerance: number, scale = 0): boolean {
  if (Object.is(a, b) || a === b) return true;
  return Math.abs(a - b) <= tolerance * Math.max(Math.abs(a), Math.abs(b), scale);
}

/**
 * @param tolerance relative, for numbers; undefined: the texts must be equal
 * @returns whether they say the same; with a tolerance the width of gaps does not count, for a number may be a digit longer
 * @example isSameText("accuracy  0.500", "accuracy 0.5001", 1e-3) // true
 */
export function isSameText(stored: string, now: string, tolerance: number | undefined): boolean {
  if (stored === now) return true;
  if (tolerance === undefined) return false;
  const [a, b] = [stored, now].map((text) => text.trim().split(NUMBER));
  if (!a || !b || a.length !== b.length) return false;
  const words = (text: string) => text.replace(/[\s│─]+/g, " ").trim();
  // split with one group: words at even places, numbers at odd ones.
  return a.every((part, i) =>
    i % 2 === 0 ? words(part) === words(b[i] ?? "") : isClose(numberOf(part), numberOf(b[i] ?? ""), tolerance),
  );
}

/**
 * @returns the first line in which they differ, for a reader
 * @example firstDifference("a\nb 1", "a\nb 2", undefined) // { stored: "b 1", now: "b 2" }
 */
export function firstDifference(
  stored: string,
  now: string,
  tolerance: number | undefined,
): { readonly stored: string; readonly now: string } {
  const [a, b] = [stored.split("\n"), now.split("\n")];
  const at = Math.max(
    0,
    Array.from({ length: Math.max(a.length, b.length) }).findIndex(
      (_, i) => a[i] === undefined || b[i] === undefined || !isSameText(a[i], b[i], tolerance),
    ),
  );
  return { stored: (a[at] ?? "(no such line)").trim(), now: (b[at] ?? "(no such line)").trim() };
}
