// Adapters in folders as Hugging Face's peft lays them out: adapter_config.json and adapter_model.safetensors, which hold the two thin
// matrices and the name of what they belong to; the frozen weights are not in them. A variant that computes something else is refused.
import { fault } from "../core/errors.ts";
import { encodeSafetensors, toFloat32 } from "../data/safetensors.ts";
import type { SafetensorsEntry } from "../data/safetensors.ts";
import * as tf from "../tensor/tf.ts";
import { disposePairs, targetedSpecs, targetNames, withAdapter } from "./adapter.ts";
import type { Adapter, AdapterPair } from "./adapter.ts";
import { Fields } from "./config-fields.ts";
import type { Json } from "./config-fields.ts";
import type { Model } from "./model.ts";

export const ADAPTER_CONFIG = "adapter_config.json";
export const ADAPTER_WEIGHTS = "adapter_model.safetensors";

const PREFIX = "base_model.model.";
const fileNames = (name: string) => {
  const at = PREFIX + name.replace(/\.weight$/u, "");
  return { a: `${at}.lora_A.weight`, b: `${at}.lora_B.weight` };
};

/** Fields that change nothing of what a LoRA adapter computes once it is trained. */
const INERT = new Set(
  `auto_mapping base_model_name_or_path revision inference_mode task_type peft_version init_lora_weights lora_dropout fan_in_fan_out
  loftq_config eva_config corda_config megatron_config megatron_core qalora_group_size runtime_config arrow_config
  velora_config monteclora_config ensure_weight_tying`.split(/\s+/u),
);

/** @returns adapter_config.json that peft reads */
export function adapterConfigJson({ adapter, config }: Model): Json {
  const { rank, alpha, targets } = adapter as Adapter;
  return {
    peft_type: "LORA",
    task_type: "CAUSAL_LM",
    base_model_name_or_path: null,
    r: rank,
    lora_alpha: alpha,
    lora_dropout: 0,
    bias: "none",
    target_modules: targets,
    // GPT-2's layers are stored [in, out] there.
    fan_in_fan_out: config.arch === "gpt2",
    inference_mode: true,
    init_lora_weights: true,
    use_rslora: (adapter as Adapter).scale !== alpha / rank,
    use_dora: false,
    modules_to_save: null,
  };
}

/** @returns adapter_model.safetensors: A as [rank, in], B as [out, rank], float32 */
export async function encodeAdapter(model: Model): Promise<Uint8Array> {
  const tensors = new Map<string, SafetensorsEntry>();
  for (const [name, { a, b }] of (model.adapter as Adapter).pairs) {
    const names = fileNames(name);
    for (const [key, tensor] of [
      [names.a, a],
      [names.b, b],
    ] as const) {
      const turned = tf.tidy(() => tf.transpose(tensor));
      const values = (await turned.data()) as Float32Array;
      const data = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
      tensors.set(key, { dtype: "F32", shape: turned.shape, data });
      turned.dispose();
    }
  }
  return encodeSafetensors(tensors, { format: "pt" });
}

/**
 * @param base   the frozen model that the adapter was trained on
 * @param json   parsed adapter_config.json
 * @param tensors of adapter_model.safetensors
 * @returns base and adapter as one model; the caller disposes it
 * @throws ADAPTER_UNSUPPORTED, CONFIG_UNSUPPORTED  another kind of adapter, or a variant that is not computed here
 * @throws ADAPTER_TARGET, WEIGHT_MISSING, WEIGHT_SHAPE, WEIGHT_UNKNOWN  it belongs to another model
 */
export function adapterFromFiles(base: Model, json: Json, tensors: ReadonlyMap<string, SafetensorsEntry>): Model {
  const fields = new Fields(json, ADAPTER_CONFIG);
  fields.one("peft_type", "", { LORA: true });
  fields.one("bias", "none", { none: true });
  const rank = fields.number("r");
  const alpha = fields.number("lora_alpha", rank);
  const scale = alpha / (fields.flag("use_rslora", false) ? Math.sqrt(rank) : rank);
  const targets = targetsOf(fields.get("target_modules"), base);
  fields.finish(INERT);
  const pairs = new Map<string, AdapterPair>();
  try {
    for (const { name, shape } of targetedSpecs(base, targets)) pairs.set(name, pairFrom(name, shape, rank, tensors));
    const known = new Set(Array.from(pairs.keys(), fileNames).flatMap(({ a, b }) => [a, b]));
    const stranger = [...tensors.keys()].find((name) => !known.has(name));
    if (stranger !== undefined)
      throw fault(
        "WEIGHT_UNKNOWN",
        `${stranger} has no place in this model.`,
        "give the model that it was trained on.",
      );
    return withAdapter(base, { rank, alpha, scale, targets, pairs });
  } finally {
    disposePairs(pairs);
  }
}

/** Names, or peft's word for all linear layers. A pattern over whole names is refused. */
function targetsOf(given: unknown, base: Model): string[] {
  if (given === "all-linear") return targetNames(base);
  if (Array.isArray(given) && given.every((name) => typeof name === "string")) return given;
  throw fault(
    "ADAPTER_UNSUPPORTED",
    `${ADAPTER_CONFIG} has target_modules = ${JSON.stringify(given)}.`,
    "names of layers are read, as a list.",
  );
}

function pairFrom(
  name: string,
  [rows, columns]: readonly number[],
  rank: number,
  tensors: ReadonlyMap<string, SafetensorsEntry>,
): AdapterPair {
  const names = fileNames(name);
  const read = (key: string, shape: readonly [number, number]) => {
    const entry = tensors.get(key);
    const other = "the adapter belongs to another model.";
    if (!entry) throw fault("WEIGHT_MISSING", `${key} is not in the file.`, other);
    if (entry.shape.join() !== shape.join())
      throw fault("WEIGHT_SHAPE", `${key} has shape [${entry.shape.join(", ")}], not [${shape.join(", ")}].`, other);
    return tf.tidy(() => tf.transpose(tf.tensor2d(toFloat32(entry), [...shape])));
  };
  const a = read(names.a, [rank, rows as number]);
  try {
    return { a, b: read(names.b, [columns as number, rank]) };
  } catch (error) {
    a.dispose();
    throw error;
  }
}
