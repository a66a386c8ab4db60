// The parameters of a model, in two layouts with the same numbers:
// named: one entry per parameter under its Hugging Face name, linear weights stored [in, out] - what a user sees, saves and hashes;
// fused: matrices that are always multiplied together stand side by side (query|key|value, gate|up) - what the decoder computes with.
import * as tf from "../tensor/tf.ts";
import { familyOf } from "./families.ts";
import type { ModelConfig } from "./config.ts";

export interface ParameterSpec {
  /** Hugging Face name. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly init: "normal" | "ones" | "zeros";
  /** Standard deviation where init is "normal". */
  readonly std: number;
  /** The fused matrix that it is a part of. */
  readonly fused: string;
  /** Whether the file format of the family stores it [out, in]. */
  readonly transposedInFiles: boolean;
}

/** @returns every parameter in the order in which it is used; parts of one fused matrix are neighbours, left to right */
export function parameterSpecs(config: ModelConfig): readonly ParameterSpec[] {
  if (config.arch === "gpt2") return gpt2Specs(config);
  return config.arch === "gpt_neox" ? neoxSpecs(config) : llamaSpecs(config);
}

type Add = (name: string, shape: readonly number[], init: ParameterSpec["init"], fused: string, std?: number) => void;

function collect(
  config: ModelConfig,
  transposes: (name: string) => boolean,
  build: (add: Add) => void,
): ParameterSpec[] {
  const specs: ParameterSpec[] = [];
  build((name, shape, init, fused, std = config.initStd) =>
    specs.push({ name, shape, init, std, fused, transposedInFiles: shape.length === 2 && transposes(name) }),
  );
  return specs;
}

/**
 * Sources: transformers' modeling_llama.py, modeling_mistral.py, modeling_qwen2.py, modeling_qwen3.py and modeling_olmo2.py; N(0, initStd)
 * everywhere, no scaling of residual projections.
 */
function llamaSpecs(config: ModelConfig): ParameterSpec[] {
  const { width, headWidth, mlpWidth, vocabSize } = config;
  const { qkNorm, normsBehind } = familyOf(config);
  const query = config.heads * headWidth;
  const kv = config.kvHeads * headWidth;
  const normed = (size: number) => (qkNorm === "head" ? headWidth : size);
  return collect(
    config,
    (name) => name !== "model.embed_tokens.weight",
    (add) => {
      add("model.embed_tokens.weight", [vocabSize, width], "normal", "embed");
      for (let i = 0; i < config.layers; i++) {
        const at = `model.layers.${i}`;
        const linear = (name: string, shape: readonly [number, number], fused: string) =>
          add(`${at}.${name}.weight`, shape, "normal", `${i}.${fused}`);
        const bias = (name: string, size: number, fused: string) =>
          add(`${at}.${name}.bias`, [size], "zeros", `${i}.${fused}Bias`);
        const norm = (name: string, size: number, fused: string) =>
          add(`${at}.${name}.weight`, [size], "ones", `${i}.${fused}`);
        if (!normsBehind) norm("input_layernorm", width, "attnNorm");
        linear("self_attn.q_proj", [width, query], "qkv");
        linear("self_attn.k_proj", [width, kv], "qkv");
        linear("self_attn.v_proj", [width, kv], "qkv");
        if (config.qkvBias) {
          bias("self_attn.q_proj", query, "qkv");
          bias("self_attn.k_proj", kv, "qkv");
          bias("self_attn.v_proj", kv, "qkv");
        }
        if (qkNorm !== "none") {
          norm("self_attn.q_norm", normed(query), "queryNorm");
          norm("self_attn.k_norm", normed(kv), "keyNorm");
        }
        linear("self_attn.o_proj", [query, width], "out");
        if (config.outBias) bias("self_attn.o_proj", width, "out");
        norm("post_attention_layernorm", width, normsBehind ? "attnNorm" : "mlpNorm");
        linear("mlp.gate_proj", [width, mlpWidth], "up");
        linear("mlp.up_proj", [width, mlpWidth], "up");
        if (config.mlpBias) {
          bias("mlp.gate_proj", mlpWidth, "up");
          bias("mlp.up_proj", mlpWidth, "up");
        }
        linear("mlp.down_proj", [mlpWidth, width], "down");
        if (config.mlpBias) bias("mlp.down_proj", width, "down");
        if (normsBehind) norm("post_feedforward_layernorm", width, "mlpNorm");
      }
      add("model.norm.weight", [width], "ones", "norm");
      if (!config.tied) add("lm_head.weight", [width, vocabSize], "normal", "head");
    },
  );
}

/** Source: transformers' modeling_gpt2.py; projections back into the residual stream start at initStd / sqrt(2 layers). Conv1D is [in, out]. */
function gpt2Specs(config: ModelConfig): ParameterSpec[] {
  const { width, mlpWidth, vocabSize } = config;
  const residualStd = config.initStd / Math.sqrt(2 * config.layers);
  return collect(
    config,
    (name) => name === "lm_head.weight",
    (add) => {
      add("transformer.wte.weight", [vocabSize, width], "normal", "embed");
      add("transformer.wpe.weight", [config.maxLength, width], "normal", "positions");
      for (let i = 0; i < config.layers; i++) {
        const at = `transformer.h.${i}`;
        add(`${at}.ln_1.weight`, [width], "ones", `${i}.attnNorm`);
        add(`${at}.ln_1.bias`, [width], "zeros", `${i}.attnNormBias`);
        add(`${at}.attn.c_attn.weight`, [width, 3 * width], "normal", `${i}.qkv`);
        add(`${at}.attn.c_attn.bias`, [3 * width], "zeros", `${i}.qkvBias`);
        add(`${at}.attn.c_proj.weight`, [width, width], "normal", `${i}.out`, residualStd);
        add(`${at}.attn.c_proj.bias`, [width], "zeros", `${i}.outBias`);
        add(`${at}.ln_2.weight`, [width], "ones", `${i}.mlpNorm`);
        add(`${at}.ln_2.bias`, [width], "zeros", `${i}.mlpNormBias`);
        add(`${at}.mlp.c_fc.weight`, [width, mlpWidth], "normal", `${i}.up`);
        add(`${at}.mlp.c_fc.bias`, [mlpWidth], "zeros", `${i}.upBias`);
        add(`${at}.mlp.c_proj.weight`, [mlpWidth, width], "normal", `${i}.down`, residualStd);
        add(`${at}.mlp.c_proj.bias`, [width], "zeros", `${i}.downBias`);
      }
      add("transformer.ln_f.weight", [width], "ones", "norm");
      add("transformer.ln_f.bias", [width], "zeros", "normBias");
      if (!config.tied) add("lm_head.weight", [width, vocabSize], "normal", "head");
    },
  );
}

/**
 * Source: transformers' modeling_gpt_neox.py; N(0, initStd) as there and in the published config.json. The authors' own trainer drew Pythia's
 * from N(0, 2 / (5 width)), and projections back into the residual stream from N(0, 4 / (layers^2 width)).
 * The output matrix is embed_out in published files.
 */
function neoxSpecs(config: ModelConfig): ParameterSpec[] {
  const { width, mlpWidth, vocabSize } = config;
  return collect(
    config,
    (name) => name !== "gpt_neox.embed_in.weight",
    (add) => {
      add("gpt_neox.embed_in.weight", [vocabSize, width], "normal", "embed");
      const norm = (name: string, fused: string) => {
        add(`${name}.weight`, [width], "ones", fused);
        add(`${name}.bias`, [width], "zeros", `${fused}Bias`);
      };
      for (let i = 0; i < config.layers; i++) {
        const at = `gpt_neox.layers.${i}`;
        const linear = (name: string, shape: readonly [number, number], fused: string, biased: boolean) => {
          add(`${at}.${name}.weight`, shape, "normal", `${i}.${fused}`);
          if (biased) add(`${at}.${name}.bias`, [shape[1]], "zeros", `${i}.${fused}Bias`);
        };
        norm(`${at}.input_layernorm`, `${i}.attnNorm`);
        norm(`${at}.post_attention_layernorm`, `${i}.mlpNorm`);
        linear("attention.query_key_value", [width, 3 * width], "qkv", config.qkvBias);
        linear("attention.dense", [width, width], "out", config.outBias);
        linear("mlp.dense_h_to_4h", [width, mlpWidth], "up", config.mlpBias);
        linear("mlp.dense_4h_to_h", [mlpWidth, width], "down", config.mlpBias);
      }
      norm("gpt_neox.final_layer_norm", "norm");
      if (!config.tied) add("embed_out.weight", [width, vocabSize], "normal", "head");
    },
  );
}

export interface FusedSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly parts: readonly ParameterSpec[];
}

/** @returns the fused matrices, in the order in which their first parts are used */
export function fusedSpecs(config: ModelConfig): readonly FusedSpec[] {
  const groups = Map.groupBy(parameterSpecs(config), (spec) => spec.fused);
  return Array.from(groups, ([name, parts]) => {
    const lead = (parts[0] as ParameterSpec).shape.slice(0, -1);
    return { name, parts, shape: [...lead, parts.reduce((sum, part) => sum + (part.shape.at(-1) as number), 0)] };
  });
}

/** GPT-NeoX's own order of columns is query, key, value of the first head, then of the second, …; fused ones are query|key|value of all heads. */
const interleaved = (config: ModelConfig, fused: string) => config.arch === "gpt_neox" && /\.qkv(Bias)?$/u.test(fused);

/** @returns the columns, which are [a, b, c] in row-major order, as [b, a, c] */
function regroup(tensor: tf.Tensor, [a, b, c]: readonly [number, number, number]): tf.Tensor {
  return tf.tidy(() => tf.reshape(tf.transpose(tf.reshape(tensor, [-1, a, b, c]), [0, 2, 1, 3]), tensor.shape));
}

/** Fused weights by name. */
export type Weights = ReadonlyMap<string, tf.Tensor>;

/**
 * @param only names of fused weights; default: all
 * @returns fused weights; the caller disposes them (a matrix of one part is a clone)
 */
export function fuse(
  config: ModelConfig,
  named: ReadonlyMap<string, tf.Tensor>,
  only?: ReadonlySet<string>,
): Map<string, tf.Tensor> {
  const wanted = fusedSpecs(config).filter(({ name }) => only?.has(name) ?? true);
  return new Map(
    wanted.map(({ name, parts }) => {
      const tensors = parts.map((part) => named.get(part.name) as tf.Tensor);
      if (tensors.length > 1) return [name, tf.concat(tensors, -1)];
      const whole = tensors[0] as tf.Tensor;
      return [name, interleaved(config, name) ? regroup(whole, [config.heads, 3, config.headWidth]) : whole.clone()];
    }),
  );
}

/**
 * @param only names of fused weights; default: all
 * @returns named parameters of fused weights; the caller disposes them
 */
export function unfuse(config: ModelConfig, weights: Weights, only?: ReadonlySet<string>): Map<string, tf.Tensor> {
  const named = new Map<string, tf.Tensor>();
  for (const { name, parts } of fusedSpecs(config)) {
    if (only && !only.has(name)) continue;
    const tensor = weights.get(name) as tf.Tensor;
    const widths = parts.map((part) => part.shape.at(-1) as number);
    const tensors =
      parts.length > 1
        ? tf.split(tensor, widths, -1)
        : [interleaved(config, name) ? regroup(tensor, [3, config.heads, config.headWidth]) : tensor.clone()];
    parts.forEach((part, i) => named.set(part.name, tensors[i] as tf.Tensor));
  }
  return named;
}
