// A change of a text as a list of edits, so that a place in the result can be traced back to the places that it came from.
// Places count UTF-16 units; a range has its first place and the place behind its last.

/** What stood in [from, to) is written as `by`; edits of one list are in order and do not overlap. */
export type Edit = readonly [from: number, to: number, by: string];
export type Range = readonly [from: number, to: number];

export function applied(text: string, edits: readonly Edit[]): string {
  if (edits.length === 0) return text;
  let out = "";
  let at = 0;
  for (const [from, to, by] of edits) {
    out += text.slice(at, from) + by;
    at = to;
  }
  return out + text.slice(at);
}

/** @returns the range of the text before the edits that a range of the result came from; what was inserted came from the letter behind it */
export function before(edits: readonly Edit[], [from, to]: Range): Range {
  return [place(edits, from, 0), place(edits, to, 1)];
}

/** @param end 0: the place is the first of a range; 1: it is behind its last */
function place(edits: readonly Edit[], at: number, end: 0 | 1): number {
  let shift = 0;
  for (const [from, to, by] of edits) {
    const start = from + shift;
    if (end === 0 ? at < start : at <= start) break;
    const stop = start + by.length;
    if (end === 0 ? at < stop : at <= stop) return end === 0 ? from : Math.max(to, from + 1);
    shift += by.length - (to - from);
  }
  return at - shift;
}

/** Every letter that changes by itself. @param write undefined: it stays */
export function letterEdits(text: string, write: (letter: string) => string | undefined): Edit[] {
  const edits: Edit[] = [];
  let at = 0;
  for (const letter of text) {
    const by = write(letter);
    if (by !== undefined && by !== letter) edits.push([at, at + letter.length, by]);
    at += letter.length;
  }
  return edits;
}

const GRAPHEMES = new Intl.Segmenter("und", { granularity: "grapheme" });

export const graphemes = (text: string): Iterable<{ readonly segment: string; readonly index: number }> =>
  GRAPHEMES.segment(text);
