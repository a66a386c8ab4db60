// What a family of models fixes, and what its members have unless they say otherwise: everything that is not a size.
// Sources: transformers' modeling files and configuration classes; rotary bases and epsilons of Qwen and OLMo 2 are the published
// checkpoints', not the class defaults. SmolLM is a tied llama, Pythia a gpt_neox.

import type { ModelConfig } from "./config.ts";

/** By the names that config.json gives them. */
export type Architecture = "llama" | "mistral" | "qwen2" | "qwen3" | "olmo2" | "gpt_neox" | "gpt2";

interface Family {
  readonly norm: "rms" | "layer";
  /** Where norms stand: before attention and feed-forward part, or behind them, before the residual is added (OLMo 2). */
  readonly normsBehind: boolean;
  /** RMS norm of queries and keys before they turn: of each head (Qwen 3), or of all heads together (OLMo 2). */
  readonly qkNorm: "none" | "head" | "projection";
  /** The feed-forward part multiplies by an activated gate. */
  readonly gated: boolean;
  /** Key/value heads may be fewer than heads. */
  readonly groupedQueries: boolean;
  readonly defaults: Pick<
    ModelConfig,
    "activation" | "qkvBias" | "outBias" | "mlpBias" | "parallel" | "ropeTheta" | "normEpsilon" | "tied"
  > & {
    /** Of a head's columns. */
    readonly rotaryShare: number;
    readonly mlpRatio: number;
  };
}

const LLAMA: Family = {
  norm: "rms",
  normsBehind: false,
  qkNorm: "none",
  gated: true,
  groupedQueries: true,
  defaults: {
    activation: "silu",
    qkvBias: false,
    outBias: false,
    mlpBias: false,
    parallel: false,
    ropeTheta: 1e4,
    rotaryShare: 1,
    normEpsilon: 1e-6,
    tied: false,
    mlpRatio: 8 / 3,
  },
};

/**
 * Qwen2 is untied by default as in Qwen2Config (its small checkpoints are tied): a tied embedding gives every token a head start for
 * repeating itself, which on a vocabulary of 30 is 3 % of the first loss.
 */
export const FAMILIES: Readonly<Record<Architecture, Family>> = {
  llama: LLAMA,
  mistral: LLAMA,
  qwen2: { ...LLAMA, defaults: { ...LLAMA.defaults, qkvBias: true, ropeTheta: 1e6 } },
  qwen3: { ...LLAMA, qkNorm: "head", defaults: { ...LLAMA.defaults, ropeTheta: 1e6 } },
  olmo2: { ...LLAMA, normsBehind: true, qkNorm: "projection", defaults: { ...LLAMA.defaults, ropeTheta: 5e5 } },
  gpt_neox: {
    norm: "layer",
    normsBehind: false,
    qkNorm: "none",
    gated: false,
    groupedQueries: false,
    defaults: {
      activation: "gelu",
      qkvBias: true,
      outBias: true,
      mlpBias: true,
      parallel: true,
      ropeTheta: 1e4,
      rotaryShare: 1 / 4,
      normEpsilon: 1e-5,
      tied: false,
      mlpRatio: 4,
    },
  },
  gpt2: {
    norm: "layer",
    normsBehind: false,
    qkNorm: "none",
    gated: false,
    groupedQueries: false,
    defaults: {
      activation: "gelu_tanh",
      qkvBias: true,
      outBias: true,
      mlpBias: true,
      parallel: false,
      ropeTheta: 0,
      rotaryShare: 0,
      normEpsilon: 1e-5,
      tied: true,
      mlpRatio: 4,
    },
  },
};

export function familyOf({ arch }: { readonly arch: Architecture }): Family {
  return FAMILIES[arch];
}
