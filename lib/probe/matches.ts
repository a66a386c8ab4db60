// Which runs of words of some texts also stand in a corpus, of every length at once. A trie of all suffixes of the texts is walked by every
// position of the corpus, and the nodes that are reached are runs that the corpus holds: exact, one pass, memory bounded by the texts.

interface Node {
  readonly next: Map<string, Node>;
  seen: boolean;
}
const leaf = (): Node => ({ next: new Map(), seen: false });

/** Of one text. */
export interface Matches {
  readonly words: number;
  /** Longest run of its words that the corpus holds. */
  readonly longest: number;
  /** @returns how many of its runs of n words there are, and how many of them the corpus does not hold */
  runs(n: number): { readonly all: number; readonly fresh: number };
}

/**
 * @param texts, corpus lists of words; runs never cross two of them
 * @example matchesIn([["a", "b", "x"]], [["a", "b", "c"]])[0]?.longest // 2
 */
export function matchesIn(
  texts: readonly (readonly string[])[],
  corpus: Iterable<readonly string[]>,
): readonly Matches[] {
  const root = leaf();
  for (const text of texts)
    for (let i = 0; i < text.length; i++) {
      let at = root;
      for (const word of text.slice(i)) {
        const next = at.next.get(word) ?? leaf();
        at.next.set(word, next);
        at = next;
      }
    }
  for (const document of corpus)
    for (let i = 0; i < document.length; i++) {
      let at: Node | undefined = root;
      for (let j = i; at !== undefined && j < document.length; j++) {
        at = at.next.get(document[j] as string);
        if (at) at.seen = true;
      }
    }
  return texts.map((text) => {
    // reach[i]: how long the run that begins at word i is.
    const reach = text.map((_, i) => {
      let at: Node | undefined = root;
      let length = 0;
      for (let j = i; j < text.length; j++) {
        at = at.next.get(text[j] as string) as Node;
        if (!at.seen) break;
        length += 1;
      }
      return length;
    });
    return {
      words: text.length,
      longest: Math.max(0, ...reach),
      runs: (n) => {
        const starts = reach.slice(0, Math.max(0, text.length - n + 1));
        return { all: starts.length, fresh: starts.filter((length) => length < n).length };
      },
    };
  });
}
