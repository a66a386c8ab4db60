// A generation of the laboratory: prompts of their own for all rows, as many tokens for each.
import { key } from "../../../lib/core/rng.ts";
import { generate } from "../../../lib/model/generate.ts";
import type { Tokenizer } from "../../../lib/tokenizer/tokenizer.ts";
import type { GenerationCase, Running } from "./cases.ts";
import { modelOf } from "./inputs.ts";

export async function generation(one: GenerationCase): Promise<Running> {
  const { rows, prompt, tokens } = one;
  const model = await modelOf(one);
  const V = model.config.vocabSize;
  // Nobody ends early: every row says as many tokens, as PyTorch's do.
  const endless = { ...model, tokenizer: Object.create(model.tokenizer, { eosId: { value: -1 } }) as Tokenizer };
  const prompts = Array.from({ length: rows }, (_, r) =>
    Array.from({ length: prompt }, (_, i) => (r * prompt + i) % V),
  );
  let n = 0;
  return {
    steps: tokens,
    async run() {
      const said = await generate(endless, prompts, { maxNewTokens: tokens, temperature: 1, key: key(n++) });
      if (said.tokens.some((row) => row.length !== tokens)) throw new Error("a row ended early");
    },
    describe: () => Promise.resolve({ parameters: model.parameterCount, tokens: rows, captured: "captured" }),
    dispose: () => model.dispose(),
  };
}
