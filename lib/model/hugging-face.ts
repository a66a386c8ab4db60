// Models as Hugging Face keeps them: config.json to our configuration and back, and weights by name with linear ones turned to [in, out].
// Both generations of config.json are read: transformers 4 (rope_theta, torch_dtype) and 5 (rope_parameters, dtype).
// What a configuration asks for and we do not compute is an error, never ignored: a model that is almost right gives plausible wrong numbers.
import { fault } from "../core/errors.ts";
import { encodeSafetensors, toFloat32 } from "../data/safetensors.ts";
import type { SafetensorsEntry } from "../data/safetensors.ts";
import * as tf from "../tensor/tf.ts";
import { checkConfig } from "./config.ts";
import type { ModelConfig } from "./config.ts";
import type { Model } from "./model.ts";
import { parameterSpecs } from "./parameters.ts";
import type { ParameterSpec } from "./parameters.ts";

type Json = Readonly<Record<string, unknown>>;

const unsupported = (fact: string) =>
  fault("CONFIG_UNSUPPORTED", fact, "this library would compute something else than the model's authors: it refuses.");

function numberAt(json: Json, name: string, otherwise?: number): number {
  const value = json[name] ?? otherwise;
  if (typeof value !== "number")
    throw fault("CONFIG_INVALID", `config.json has ${name} = ${JSON.stringify(json[name])}.`, "it must be a number.");
  return value;
}

/** Fails when a switch stands to something that changes the computation. */
function expect(json: Json, name: string, allowed: readonly unknown[]): void {
  if (name in json && !allowed.includes(json[name]))
    throw unsupported(`config.json has ${name} = ${JSON.stringify(json[name])}.`);
}

/**
 * @param json parsed config.json
 * @throws CONFIG_UNSUPPORTED  a family or a switch that is not computed here
 * @throws CONFIG_INVALID      sizes that are no model
 */
export function parseConfig(json: Json): ModelConfig {
  switch (json["model_type"]) {
    case "gpt2":
      return gpt2Config(json);
    case "llama":
    case "mistral":
      expect(json, "attention_bias", [false]);
      expect(json, "mlp_bias", [false]);
      expect(json, "sliding_window", [null]);
      return llamaConfig(json, "llama", false);
    case "qwen2":
      expect(json, "use_sliding_window", [false]);
      return llamaConfig(json, "qwen2", false);
    default:
      throw unsupported(`config.json has model_type ${JSON.stringify(json["model_type"])}.`);
  }
}

function llamaConfig(json: Json, arch: "llama" | "qwen2", tiedByDefault: boolean): ModelConfig {
  expect(json, "hidden_act", ["silu"]);
  const rope = (json["rope_parameters"] ?? json["rope_scaling"] ?? {}) as Json;
  const ropeType = rope["rope_type"] ?? rope["type"] ?? "default";
  if (ropeType !== "default")
    throw unsupported(`config.json asks for rotary scaling of type ${JSON.stringify(ropeType)}.`);
  const heads = numberAt(json, "num_attention_heads");
  const width = numberAt(json, "hidden_size");
  return checkConfig({
    arch,
    layers: numberAt(json, "num_hidden_layers"),
    width,
    heads,
    kvHeads: numberAt(json, "num_key_value_heads", heads),
    headWidth: numberAt(json, "head_dim", width / heads),
    mlpWidth: numberAt(json, "intermediate_size"),
    vocabSize: numberAt(json, "vocab_size"),
    maxLength: numberAt(json, "max_position_embeddings"),
    tied: (json["tie_word_embeddings"] ?? tiedByDefault) === true,
    normEpsilon: numberAt(json, "rms_norm_eps"),
    ropeTheta: numberAt(rope, "rope_theta", numberAt(json, "rope_theta", 10_000)),
    initStd: numberAt(json, "initializer_range", 0.02),
  });
}

function gpt2Config(json: Json): ModelConfig {
  expect(json, "activation_function", ["gelu_new"]);
  expect(json, "scale_attn_weights", [true]);
  expect(json, "scale_attn_by_inverse_layer_idx", [false]);
  const heads = numberAt(json, "n_head");
  const width = numberAt(json, "n_embd");
  return checkConfig({
    arch: "gpt2",
    layers: numberAt(json, "n_layer"),
    width,
    heads,
    kvHeads: heads,
    headWidth: width / heads,
    mlpWidth: numberAt(json, "n_inner", 4 * width),
    vocabSize: numberAt(json, "vocab_size"),
    maxLength: numberAt(json, "n_positions"),
    tied: (json["tie_word_embeddings"] ?? true) === true,
    normEpsilon: numberAt(json, "layer_norm_epsilon", 1e-5),
    ropeTheta: 0,
    initStd: numberAt(json, "initializer_range", 0.02),
  });
}

/** @returns a config.json that transformers 4 and 5 both read */
export function toConfigJson(config: ModelConfig): Json {
  const common = {
    model_type: config.arch,
    vocab_size: config.vocabSize,
    initializer_range: config.initStd,
    tie_word_embeddings: config.tied,
    torch_dtype: "float32",
    dtype: "float32",
  };
  if (config.arch === "gpt2")
    return {
      ...common,
      architectures: ["GPT2LMHeadModel"],
      activation_function: "gelu_new",
      n_layer: config.layers,
      n_embd: config.width,
      n_head: config.heads,
      n_inner: config.mlpWidth,
      n_positions: config.maxLength,
      layer_norm_epsilon: config.normEpsilon,
    };
  return {
    ...common,
    architectures: [config.arch === "llama" ? "LlamaForCausalLM" : "Qwen2ForCausalLM"],
    hidden_act: "silu",
    hidden_size: config.width,
    intermediate_size: config.mlpWidth,
    num_hidden_layers: config.layers,
    num_attention_heads: config.heads,
    num_key_value_heads: config.kvHeads,
    head_dim: config.headWidth,
    max_position_embeddings: config.maxLength,
    rms_norm_eps: config.normEpsilon,
    rope_theta: config.ropeTheta,
    rope_parameters: { rope_theta: config.ropeTheta, rope_type: "default" },
  };
}

/** @param shape of the matrix in `values` */
function transposed(values: Float32Array, [rows, columns]: readonly [number, number]): Float32Array {
  const out = new Float32Array(values.length);
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++) out[c * rows + r] = values[r * columns + c] as number;
  return out;
}

/** A file's entry by our name; GPT-2's first checkpoints leave out the prefix. */
const entryOf = (tensors: ReadonlyMap<string, SafetensorsEntry>, spec: ParameterSpec, prefix: string) =>
  tensors.get(prefix + spec.name) ?? tensors.get(prefix + spec.name.replace(/^transformer\./, ""));

/** @returns the numbers of one parameter, [in, out] */
function valuesOf(spec: ParameterSpec, entry: SafetensorsEntry): Float32Array {
  const inFile = spec.transposedInFiles ? spec.shape.toReversed() : spec.shape;
  if (entry.shape.join() !== inFile.join())
    throw fault(
      "WEIGHT_SHAPE",
      `${spec.name} has shape [${entry.shape.join(", ")}], config.json asks for [${inFile.join(", ")}].`,
      "config.json and weights are of different models.",
    );
  const values = toFloat32(entry);
  return spec.transposedInFiles ? transposed(values, inFile as [number, number]) : values;
}

/**
 * Parameters from the tensors of a file (or of several).
 * @param prefix before every name, for files that hold more than a model
 * @returns every parameter, as tensors which the caller disposes
 * @throws WEIGHT_MISSING, WEIGHT_SHAPE, WEIGHT_UNKNOWN  the file and the configuration are of different models
 */
export function namedFromFile(
  config: ModelConfig,
  tensors: ReadonlyMap<string, SafetensorsEntry>,
  prefix = "",
): Map<string, tf.Tensor> {
  const named = new Map<string, tf.Tensor>();
  for (const spec of parameterSpecs(config)) {
    const entry = entryOf(tensors, spec, prefix);
    if (!entry) {
      tf.dispose([...named.values()]);
      throw fault(
        "WEIGHT_MISSING",
        `${spec.name} is not in the file.`,
        "config.json and weights are of different models.",
      );
    }
    named.set(spec.name, tf.tensor(valuesOf(spec, entry), [...spec.shape], "float32"));
  }
  return named;
}

/** @returns a safetensors file with the names, shapes and layout of the family, float32 */
export async function encodeModel(model: Model): Promise<Uint8Array> {
  const tensors = new Map<string, SafetensorsEntry>();
  for (const spec of parameterSpecs(model.config)) {
    const values = (await (model.parameters.get(spec.name) as tf.Variable).data()) as Float32Array;
    const inFile = spec.transposedInFiles ? transposed(values, spec.shape as [number, number]) : values;
    tensors.set(spec.name, {
      dtype: "F32",
      shape: spec.transposedInFiles ? spec.shape.toReversed() : spec.shape,
      data: new Uint8Array(inFile.buffer, inFile.byteOffset, inFile.byteLength),
    });
  }
  return encodeSafetensors(tensors, { format: "pt" });
}
