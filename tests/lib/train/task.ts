// A task that a two-layer model learns in seconds: say the letters back in reverse.
import type { Example, ExampleSet, Verify } from "../../../lib/data/example.ts";
import { draw, key } from "../../../lib/core/rng.ts";
import { init } from "../../../lib/model/init.ts";
import { wordTokenizer } from "../../../lib/tokenizer/word.ts";

const LETTERS = ["a", "b", "c", "d", "e", "f"];
export const vocab = wordTokenizer([...LETTERS, ">"]);

export function reversals(n: number, seed: number): ExampleSet<Verify> {
  const drawer = draw(key(seed));
  const examples = Array.from({ length: n }, (_, i): Example => {
    const letters = Array.from({ length: 2 + drawer.integer(2) }, () => drawer.pick(LETTERS));
    return {
      id: `${seed}-${i}`,
      prompt: `${letters.join(" ")} >`,
      completion: letters.toReversed().join(" "),
      meta: {},
    };
  });
  return { name: "reversals", examples, verify: (example, completion) => completion === example.completion };
}

export const tinyModel = (seed: number) => init({ layers: 2, width: 32, heads: 2, maxLength: 32, vocab, seed });
