// The blank slate: random weights from a seed, generated here and not by the engine, so that they are equal bit for bit everywhere.
import { seed as anySeed, checkOptions, flag, required, text } from "../core/options.ts";
import type { Rule, Rules } from "../core/options.ts";
import { fold, key, normal } from "../core/rng.ts";
import { startEngine } from "../tensor/backend.ts";
import { refuseBeyondMemory } from "../tensor/memory.ts";
import * as tf from "../tensor/tf.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import { configOf } from "./config.ts";
import type { ModelConfig, ModelSizes } from "./config.ts";
import { makeModel } from "./model.ts";
import type { Model } from "./model.ts";
import { parameterSpecs } from "./parameters.ts";
import type { ParameterSpec } from "./parameters.ts";

export interface InitOptions extends ModelSizes {
  /** The tokenizer whose ids the model reads and writes. */
  readonly vocab: Tokenizer;
  /** Of the random weights: the same on every machine and engine. */
  readonly seed: number | string;
}

/** Sizes are looked at together, by configOf. */
const size: Rule = { may: "a whole number, at least 1", holds: (value) => typeof value === "number" };
export const INIT_RULES: Rules<InitOptions> = {
  arch: text,
  layers: required(size),
  width: required(size),
  heads: required(size),
  kvHeads: size,
  mlpWidth: size,
  maxLength: size,
  tied: flag,
  vocab: required({
    may: "a tokenizer: task.vocab, or what tokenizer.train and tokenizer.load give, awaited",
    holds: (value) => typeof value === "object" && value !== null && "vocabSize" in value,
  }),
  seed: required(anySeed),
};

/**
 * A randomly initialised decoder-only transformer, as its family's authors publish it: N(0, 0.02) matrices, norms 1, biases 0.
 * @returns the model; the caller disposes it
 * @throws CONFIG_INVALID  sizes that are no model
 * @throws OUT_OF_MEMORY   weights that no engine here can hold, before the first of them is drawn
 * @throws OPTION_UNKNOWN, OPTION_MISSING, OPTION_INVALID
 * @example const blank = await init({ layers: 2, width: 64, heads: 2, vocab: task.vocab, seed: 0 });
 */
export async function init(options: InitOptions): Promise<Model> {
  const { vocab, seed, ...sizes } = checkOptions("model.init", options, INIT_RULES);
  await startEngine();
  return initModel(configOf(sizes, vocab.vocabSize), vocab, seed);
}

/** As `init`, from a complete configuration, on the engine that is running. */
export function initModel(config: ModelConfig, tokenizer: Tokenizer, seed: number | string): Model {
  const specs = parameterSpecs(config);
  const count = specs.reduce((sum, spec) => sum + sizeOf(spec), 0);
  refuseBeyondMemory(4 * count, `a model of ${count.toLocaleString("en")} parameters`);
  const named = new Map(
    specs.map((spec) => [spec.name, tf.tensor(initialValues(spec, seed), [...spec.shape], "float32")]),
  );
  const model = makeModel(config, tokenizer, named);
  tf.dispose([...named.values()]);
  return model;
}

const sizeOf = (spec: ParameterSpec): number => spec.shape.reduce((product, size) => product * size, 1);

/** A parameter's numbers depend on the seed and its own name and shape alone: a deeper model starts with the same first layers. */
function initialValues(spec: ParameterSpec, seed: number | string): Float32Array {
  const count = sizeOf(spec);
  if (spec.init !== "normal") return new Float32Array(count).fill(spec.init === "ones" ? 1 : 0);
  return Float32Array.from(normal(fold(key(seed), "init", spec.name), count), (z) => z * spec.std);
}
