// How long a request waits for its first token: a prompt of its own, nothing else in the batch, as a user with one question would see it.
import { key } from "../core/rng.ts";
import type { Example } from "../data/example.ts";
import { generate } from "../model/generate.ts";
import type { Model } from "../model/model.ts";
import { promptIds } from "../model/prompt.ts";

/** Median of these; the first call, which compiles, is thrown away. */
const CALLS = 3;

/** @returns seconds from the request to its first token, median over a few prompts */
export async function firstTokenSeconds(model: Model, problems: readonly Example[]): Promise<number> {
  const times: number[] = [];
  for (let call = 0; call <= CALLS; call++) {
    const prompt = promptIds(problems[call % problems.length] as Example, model.tokenizer);
    const start = performance.now();
    await generate(model, [prompt], { maxNewTokens: 1, temperature: 0, key: key(0) });
    if (call > 0) times.push((performance.now() - start) / 1000);
  }
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] as number;
}
