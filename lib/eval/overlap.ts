// Overlap of n-grams between test items and training documents: GPT-3's rule for contamination, n = 13.
// Source: Brown et al., arXiv 2005.14165, appendix C. Differs from it: words are maximal runs of letters and digits of any script, and items
// shorter than n have no n-grams, hence are never called contaminated by this rule (use the exact and normalised checks for them).
import { fault } from "../core/errors.ts";

export interface Overlap {
  /** Positions of the item's n-grams that occur in a document. */
  readonly hits: readonly number[];
  readonly ngrams: number;
  readonly words: number;
  /** Words inside at least one hit, as a share of all words; 0 for an empty item. */
  readonly coveredShare: number;
}

/** Lower case, then words of letters and digits. @example wordsOf("It's 3!") // ["it", "s", "3"] */
export const wordsOf = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];

/** A separator no word or id contains keeps ["ab", "c"] and ["a", "bc"] apart. */
const gram = (items: readonly (string | number)[], at: number, n: number) => items.slice(at, at + n).join("\u0000");

/**
 * An index of training documents, each a list of words or of token ids; n-grams never cross documents.
 * @throws BAD_COUNT n below 1
 * @example ngramIndex([["a", "b", "c"]], 2).overlap(["x", "b", "c"]).hits // [1]
 */
export function ngramIndex(documents: Iterable<readonly (string | number)[]>, n = 13) {
  if (!(Number.isInteger(n) && n >= 1))
    throw fault("BAD_COUNT", `n is ${n}, expected a whole number of at least 1.`, "13 is the usual one.");
  const grams = new Set<string>();
  for (const document of documents) for (let i = 0; i + n <= document.length; i++) grams.add(gram(document, i, n));
  return {
    size: grams.size,
    overlap(item: readonly (string | number)[]): Overlap {
      const hits: number[] = [];
      const covered = new Set<number>();
      for (let i = 0; i + n <= item.length; i++) {
        if (!grams.has(gram(item, i, n))) continue;
        hits.push(i);
        for (let j = i; j < i + n; j++) covered.add(j);
      }
      return {
        hits,
        ngrams: Math.max(0, item.length - n + 1),
        words: item.length,
        coveredShare: item.length === 0 ? 0 : covered.size / item.length,
      };
    },
  };
}
