// LoRA: beside some matrices W [in, out] of a frozen model stand two thin ones, A [in, rank] and B [rank, out], and the model computes with
// W + scale A B. Only A and B are trained and saved. Source: Hu et al. 2021; names, scale and initial values as in Hugging Face's peft.
// Differs from it in: no dropout, no biases trained along, one rank for all targets. The sum is formed once per pass, not per token, so a
// frozen matrix costs a training step what a trained one does; what is saved is memory for the optimizer, and disk.
import { fault } from "../core/errors.ts";
import { above, checkOptions, seed as anySeed, texts } from "../core/options.ts";
import type { Rules } from "../core/options.ts";
import { fold, key, uniform } from "../core/rng.ts";
import { startEngine } from "../tensor/backend.ts";
import * as tf from "../tensor/tf.ts";
import type { Architecture } from "./families.ts";
import { makeModel, refuseDisposed } from "./model.ts";
import type { Model } from "./model.ts";
import { fuse, parameterSpecs } from "./parameters.ts";
import type { ParameterSpec } from "./parameters.ts";

export interface AdapterPair {
  /** [in, rank] */
  readonly a: tf.Tensor;
  /** [rank, out] */
  readonly b: tf.Tensor;
}

export interface Adapter {
  readonly rank: number;
  readonly alpha: number;
  /** What A B is multiplied with. */
  readonly scale: number;
  /** Last parts of the names of the layers that have one, e.g. "q_proj". */
  readonly targets: readonly string[];
  /** Name of the parameter that it is added to -> its matrices, which are the model's. */
  readonly pairs: ReadonlyMap<string, AdapterPair>;
}

export interface LoraOptions {
  /** Default 8. */
  readonly rank?: number;
  /** The scale is alpha / rank; default twice the rank. */
  readonly alpha?: number;
  /** Last parts of layer names; default: what peft takes for the family (queries and values, or the fused projection); "all": every matrix of every block. */
  readonly targets?: readonly string[] | "all";
  /** Of A; B starts at zero, so that the adapted model starts as the model itself. Default 0. */
  readonly seed?: number | string;
}

const RULES: Rules<LoraOptions> = {
  rank: { may: "a whole number, at least 1", holds: (value) => typeof value === "number" },
  alpha: above(0),
  targets: {
    may: 'a list of layer names, or "all"',
    holds: (value) => value === "all" || texts.holds(value),
  },
  seed: anySeed,
};

const DEFAULT_TARGETS: Readonly<Record<Architecture, readonly string[]>> = {
  llama: ["q_proj", "v_proj"],
  mistral: ["q_proj", "v_proj"],
  qwen2: ["q_proj", "v_proj"],
  qwen3: ["q_proj", "v_proj"],
  olmo2: ["q_proj", "v_proj"],
  gpt_neox: ["query_key_value"],
  gpt2: ["c_attn"],
};

const moduleOf = (name: string) => name.split(".").at(-2) as string;

/** @returns the matrices of all blocks */
const matricesOf = ({ config }: Model) =>
  parameterSpecs(config).filter(({ name, shape }) => shape.length === 2 && /\.\d+\./u.test(name));

/** @returns the layers' names that LoRA can have as targets */
export const targetNames = (model: Model): string[] => [
  ...new Set(matricesOf(model).map(({ name }) => moduleOf(name))),
];

/**
 * The parameters that targets name.
 * @throws ADAPTER_TARGET  a target that no block of the model has
 */
export function targetedSpecs(model: Model, targets: readonly string[]): ParameterSpec[] {
  const specs = matricesOf(model);
  for (const target of targets)
    if (!specs.some(({ name }) => moduleOf(name) === target))
      throw fault(
        "ADAPTER_TARGET",
        `no block of this model has a matrix called ${target}.`,
        `there are ${targetNames(model).join(", ")}.`,
      );
  return specs.filter(({ name }) => targets.includes(moduleOf(name)));
}

/**
 * The model with a fresh adapter, which is all of it that training changes. It shares the frozen weights' memory with `model`.
 * @returns computes what `model` computes, until it is trained; the caller disposes it
 * @throws ADAPTER_TARGET, CONFIG_INVALID
 * @example const tuned = await sft(await lora(blank, { rank: 8 }), task.train(2_000), { steps: 100, batch: 16, learningRate: 1e-3 });
 */
export async function lora(model: Model, options: LoraOptions = {}): Promise<Model> {
  await startEngine();
  const given = checkOptions("model.lora", options, RULES);
  const { rank = 8, alpha = 2 * rank, targets = DEFAULT_TARGETS[model.config.arch], seed = 0 } = given;
  if (!Number.isSafeInteger(rank) || rank < 1)
    throw fault("CONFIG_INVALID", `rank is ${rank}.`, "it must be a positive integer.");
  if (model.adapter) throw fault("CONFIG_INVALID", "the model has an adapter.", "merge it first.");
  const named = targets === "all" ? targetNames(model) : [...targets];
  const pairs = new Map(
    targetedSpecs(model, named).map(({ name, shape: [rows, columns] }) => {
      // As torch's Linear and peft: U(-1, 1) / sqrt(in).
      const drawn = uniform(fold(key(seed), "lora", name), (rows as number) * rank);
      const a = Float32Array.from(drawn, (u) => (2 * u - 1) / Math.sqrt(rows as number));
      return [name, { a: tf.tensor2d(a, [rows as number, rank]), b: tf.zeros([rank, columns as number]) }];
    }),
  );
  const adapted = withAdapter(model, { rank, alpha, scale: alpha / rank, targets: named, pairs });
  disposePairs(pairs);
  return adapted;
}

/** @param adapter the new model takes its own references to the matrices */
export function withAdapter(model: Model, adapter: Adapter): Model {
  return makeModel(model.config, model.tokenizer, model.parameters, adapter);
}

export function disposePairs(pairs: Adapter["pairs"]): void {
  for (const { a, b } of pairs.values()) tf.dispose([a, b]);
}

/**
 * A plain model with the adapter worked into its weights.
 * @returns the caller disposes it
 */
export function merge(model: Model): Model {
  const named = adapted(model);
  const merged = makeModel(model.config, model.tokenizer, named);
  tf.dispose([...named.values()]);
  return merged;
}

/** W + scale A B. */
export const adaptedMatrix = (weight: tf.Tensor, { a, b }: AdapterPair, scale: number): tf.Tensor =>
  tf.add(weight, tf.mul(tf.matMul(a, b), scale));

/** @returns every parameter, those with an adapter summed; the caller disposes them */
function adapted({ parameters, adapter }: Model): Map<string, tf.Tensor> {
  return new Map(
    Array.from(parameters, ([name, weight]) => {
      const pair = adapter?.pairs.get(name);
      return [name, pair && adapter ? tf.tidy(() => adaptedMatrix(weight, pair, adapter.scale)) : weight.clone()];
    }),
  );
}

/**
 * @returns the weights that a model computes with, fused; the caller disposes them. A recorded gradient reaches the model's variables.
 * @throws MODEL_DISPOSED
 */
export function fusedWeights(model: Model): Map<string, tf.Tensor> {
  refuseDisposed(model);
  if (!model.adapter) return fuse(model.config, model.parameters);
  const named = adapted(model);
  const weights = fuse(model.config, named);
  tf.dispose([...named.values()]);
  return weights;
}
