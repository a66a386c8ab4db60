// Train, RL prompts and test are disjoint by construction: a keyed hash of the problem says where it belongs, whoever draws it, however often.
// The nuisance is not part of what is hashed, so a test problem is never a training problem in other clothes.
import { fault } from "../core/errors.ts";
import { fold, uniform } from "../core/rng.ts";
import type { Key } from "../core/rng.ts";

export type Split = "train" | "prompts" | "test";

/** Upper ends of the shares: 80 % train, 10 % prompts, 10 % test. */
const SHARES: readonly (readonly [Split, number])[] = [
  ["train", 0.8],
  ["prompts", 0.9],
  ["test", 1],
];

/** @param problem canonical text of what makes two problems the same */
export function splitOf(k: Key, problem: string): Split {
  const u = uniform(fold(k, "split", problem), 1)[0] as number;
  return (SHARES.find(([, end]) => u < end) as readonly [Split, number])[0];
}

/** A problem is drawn again until it is of the split (and new): more attempts than this mean that there is none left. */
const MAX_ATTEMPTS = 2_000;

/**
 * The problems of a split, by rejection.
 * @param propose draws problem `i`, attempt `a`; a pure function of both
 * @param distinct no problem twice (prompts, test), or independent draws (train)
 * @throws WORLD_EXHAUSTED fewer than n different problems can be found
 */
export function drawProblems<P>(
  k: Key,
  split: Split,
  range: { readonly from: number; readonly n: number },
  distinct: boolean,
  propose: (i: number, attempt: number) => P,
  canonical: (problem: P) => string,
): P[] {
  const seen = new Set<string>();
  return Array.from({ length: range.n }, (_, offset) => {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const problem = propose(range.from + offset, attempt);
      const text = canonical(problem);
      if (splitOf(k, text) !== split || (distinct && seen.has(text))) continue;
      seen.add(text);
      return problem;
    }
    throw fault(
      "WORLD_EXHAUSTED",
      `only ${seen.size} different ${split} problems were found, ${range.n} are wanted.`,
      "ask for fewer, or make the world larger (more states, actions or depth).",
    );
  });
}

/** 64 bits of a keyed hash, hex: equal content gives an equal id. */
export function contentId(prefix: string, content: string): string {
  const [a, b] = fold([0, 0], "id", content);
  return `${prefix}-${a.toString(16).padStart(8, "0")}${b.toString(16).padStart(8, "0")}`;
}
