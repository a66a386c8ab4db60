// The parameters of a model, in two layouts with the same numbers:
// named: one entry per parameter under its Hugging Face name, linear weights stored [in, out] - what a user sees, saves and hashes;
// fused: matrices that are always multiplied together stand side by side (query|key|value, gate|up) - what the decoder computes with.
import * as tf from "../tensor/tf.ts";
import { familyOf } from "./config.ts";
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
  return config.arch === "gpt2" ? gpt2Specs(config) : llamaSpecs(config);
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

/** Source: transformers' modeling_llama.py and modeling_qwen2.py; N(0, initStd) everywhere, no scaling of residual projections. */
function llamaSpecs(config: ModelConfig): ParameterSpec[] {
  const { width, headWidth, mlpWidth, vocabSize } = config;
  const query = config.heads * headWidth;
  const kv = config.kvHeads * headWidth;
  return collect(
    config,
    (name) => name !== "model.embed_tokens.weight",
    (add) => {
      add("model.embed_tokens.weight", [vocabSize, width], "normal", "embed");
      for (let i = 0; i < config.layers; i++) {
        const at = `model.layers.${i}`;
        add(`${at}.input_layernorm.weight`, [width], "ones", `${i}.attnNorm`);
        add(`${at}.self_attn.q_proj.weight`, [width, query], "normal", `${i}.qkv`);
        add(`${at}.self_attn.k_proj.weight`, [width, kv], "normal", `${i}.qkv`);
        add(`${at}.self_attn.v_proj.weight`, [width, kv], "normal", `${i}.qkv`);
        if (familyOf(config).qkvBias) {
          add(`${at}.self_attn.q_proj.bias`, [query], "zeros", `${i}.qkvBias`);
          add(`${at}.self_attn.k_proj.bias`, [kv], "zeros", `${i}.qkvBias`);
          add(`${at}.self_attn.v_proj.bias`, [kv], "zeros", `${i}.qkvBias`);
        }
        add(`${at}.self_attn.o_proj.weight`, [query, width], "normal", `${i}.out`);
        add(`${at}.post_attention_layernorm.weight`, [width], "ones", `${i}.mlpNorm`);
        add(`${at}.mlp.gate_proj.weight`, [width, mlpWidth], "normal", `${i}.up`);
        add(`${at}.mlp.up_proj.weight`, [width, mlpWidth], "normal", `${i}.up`);
        add(`${at}.mlp.down_proj.weight`, [mlpWidth, width], "normal", `${i}.down`);
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

/** Fused weights by name. */
export type Weights = ReadonlyMap<string, tf.Tensor>;

/** @returns fused weights; the caller disposes them (a matrix of one part is a clone) */
export function fuse(config: ModelConfig, named: ReadonlyMap<string, tf.Tensor>): Map<string, tf.Tensor> {
  return new Map(
    fusedSpecs(config).map(({ name, parts }) => {
      const tensors = parts.map((part) => named.get(part.name) as tf.Tensor);
      return [name, tensors.length === 1 ? (tensors[0] as tf.Tensor).clone() : tf.concat(tensors, -1)];
    }),
  );
}

/** @returns named parameters of fused weights; the caller disposes them */
export function unfuse(config: ModelConfig, weights: Weights): Map<string, tf.Tensor> {
  const named = new Map<string, tf.Tensor>();
  for (const { name, parts } of fusedSpecs(config)) {
    const tensor = weights.get(name) as tf.Tensor;
    const widths = parts.map((part) => part.shape.at(-1) as number);
    const tensors = parts.length === 1 ? [tensor.clone()] : tf.split(tensor, widths, -1);
    parts.forEach((part, i) => named.set(part.name, tensors[i] as tf.Tensor));
  }
  return named;
}
