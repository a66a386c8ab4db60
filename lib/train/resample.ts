// Dynamic sampling: groups whose rewards are all equal teach nothing and are replaced by the groups of further prompts.
// Source: Yu et al. 2025, DAPO (2503.14476), section 3.2.
import type { Example } from "../data/example.ts";
import { groupsOf } from "./advantage.ts";
import type { Experience } from "./rollout.ts";

/** DAPO's limit: batches sampled in one step, the first included. */
const MAX_BATCHES = 10;

export type Sampled = Omit<Experience, "refLogProbs"> & { readonly examples: readonly Example[] };

/**
 * Keeps groups whose rewards differ, until there are enough of them or the limit is reached.
 * @param kept   the step's first batch
 * @param sample completions of so many further prompts; undefined when interrupted
 */
export async function replaceUseless(
  kept: Sampled,
  sample: (count: number) => Promise<Sampled | undefined>,
): Promise<Sampled | undefined> {
  let all = kept;
  for (let batch = 1; batch < MAX_BATCHES; batch++) {
    const useful = groupsOf(all.rewards, all.groupSize).map((group) => group.some((reward) => reward !== group[0]));
    if (useful.every(Boolean)) return all;
    const more = await sample(useful.filter((isUseful) => !isUseful).length);
    if (!more) return undefined;
    all = replaceGroups(all, useful, more, all.groupSize);
  }
  return all;
}

/** Puts the groups of `more` where `kept` has useless ones. */
function replaceGroups(kept: Sampled, useful: readonly boolean[], more: Sampled, G: number): Sampled {
  let next = 0;
  const from = useful.map((isUseful, g) => (isUseful ? { source: kept, g } : { source: more, g: next++ }));
  const rows = <T>(pick: (s: Sampled) => ArrayLike<T>): T[] =>
    from.flatMap(({ source, g }) => Array.from(pick(source)).slice(g * G, (g + 1) * G));
  return {
    groupSize: G,
    examples: from.map(({ source, g }) => source.examples[g] as Example),
    sequences: rows((s) => s.sequences),
    completions: rows((s) => s.completions),
    finished: rows((s) => s.finished),
    oldLogProbs: rows((s) => s.oldLogProbs),
    ...(kept.forced && { forced: rows((s) => s.forced as readonly Uint8Array[]) }),
    rewards: Float64Array.from(rows((s) => s.rewards)),
  };
}
