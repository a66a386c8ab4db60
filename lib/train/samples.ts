// What the model says while it learns: one greedy completion now and then, beside the loss. Changes nothing of the training.
import { key } from "../core/rng.ts";
import { fault } from "../core/errors.ts";
import type { Example, ExampleSet } from "../data/example.ts";
import { verdictOf } from "../data/verdict.ts";
import { generate } from "../model/generate.ts";
import type { Model } from "../model/model.ts";
import { promptIds } from "../model/prompt.ts";
import type { StepReport } from "./run.ts";
import { checkData } from "./arguments.ts";
import { modelOf } from "./state.ts";
import type { TrainState } from "./state.ts";

export interface SampleOptions {
  /** Asked in turn. */
  readonly set: ExampleSet;
  /** Steps between samples; the last step always has one. */
  readonly every: number;
  /** Default 64; never more than the model has room for behind the prompt. */
  readonly maxNewTokens?: number;
}

/**
 * @throws EMPTY_DATA  no prompt
 * @throws TOO_LONG    a prompt that leaves the model no room for an answer
 * @throws NOT_EXAMPLES
 */
export function checkSamples({ set }: SampleOptions, { tokenizer, config }: Model): void {
  checkData(set, "samples.set", false);
  if (set.examples.length === 0)
    throw fault("EMPTY_DATA", `${set.name} has no examples.`, "samples need a prompt to answer.");
  for (const example of set.examples) {
    const { length } = promptIds(example, tokenizer);
    if (length >= config.maxLength)
      throw fault(
        "TOO_LONG",
        `prompt ${example.id} of samples has ${length} tokens, the model takes ${config.maxLength}.`,
        "leave it out, or initialise the model with a larger maxLength.",
      );
  }
}

/**
 * @returns the sample of step n of `steps`, or undefined where none is due; its reward is 1 when the set verifies it, else 0
 */
export async function sampleOf(
  n: number,
  steps: number,
  { set, every, maxNewTokens = 64 }: SampleOptions,
  like: Model,
  state: TrainState,
): Promise<StepReport["sample"]> {
  if (n % every !== 0 && n !== steps) return undefined;
  const example = set.examples[(Math.ceil(n / every) - 1) % set.examples.length] as Example;
  const model = modelOf(like, state.theta);
  try {
    const prompt = promptIds(example, like.tokenizer);
    const room = like.config.maxLength - prompt.length;
    const { tokens } = await generate(model, [[...prompt]], {
      maxNewTokens: Math.min(maxNewTokens, room),
      temperature: 0,
      key: key(0),
    });
    const completion = like.tokenizer.decode([...(tokens[0] as Int32Array)]);
    return {
      prompt: example.prompt,
      completion,
      reward: verdictOf(await set.verify(example, completion), example) ? 1 : 0,
    };
  } finally {
    model.dispose();
  }
}
