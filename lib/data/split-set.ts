// Parts of a set that share no prompt. Where an example goes follows from its prompt, the seed and the shares alone: a file that grows keeps its
// test problems, and one that is told twice does not end up on both sides. So the shares hold on average, not to the example.
import { fault } from "../core/errors.ts";
import { checkOptions, seed } from "../core/options.ts";
import { fold, key, uniform } from "../core/rng.ts";
import type { AnyVerify, ExampleSet } from "./example.ts";

export interface SplitOptions {
  /** Another one splits in another way; default 0. */
  readonly seed?: number | string;
}

/**
 * Parts of a set that share no prompt, the same in every run.
 * @param set   e.g. of `data.jsonl`
 * @param parts the share of each part by its name: `{ train: 0.8, prompts: 0.1, test: 0.1 }`; only their ratios count
 * @returns a set for each part, called "tasks.jsonl train"
 * @throws BAD_SHARES a share is no number above 0
 * @throws EMPTY_DATA a part got no example
 * @example const { train, test } = data.split(set, { train: 0.9, test: 0.1 });
 */
export function split<P extends string, V extends AnyVerify>(
  set: ExampleSet<V>,
  parts: Readonly<Record<P, number>>,
  options: SplitOptions = {},
): Record<P, ExampleSet<V>> {
  const names = Object.keys(parts) as P[];
  const ends: number[] = [];
  for (const name of names) {
    if (!(parts[name] > 0 && Number.isFinite(parts[name])))
      throw fault(
        "BAD_SHARES",
        `the share of ${name} is ${parts[name]}.`,
        "a number above 0, e.g. { train: 9, test: 1 }.",
      );
    ends.push((ends.at(-1) ?? 0) + parts[name]);
  }
  const k = key(checkOptions("data.split", options, { seed }).seed ?? 0);
  const partOf = (prompt: string): P => {
    const u = (uniform(fold(k, "split set", prompt), 1)[0] as number) * (ends.at(-1) ?? 0);
    return names[ends.findIndex((end) => u < end)] as P;
  };
  const grouped = Map.groupBy(set.examples, ({ prompt }) => partOf(prompt));
  const sets = {} as Record<P, ExampleSet<V>>;
  for (const name of names) {
    const examples = grouped.get(name);
    if (!examples)
      throw fault("EMPTY_DATA", `${set.name} has no example for ${name}.`, "more examples, or a larger share.");
    sets[name] = { name: `${set.name} ${name}`, examples, verify: set.verify };
  }
  return sets;
}
