// What a decoder-only transformer looks like in numbers, and the checks that make a set of numbers one.
// Words: width = size of the residual stream; heads = query heads; kvHeads = key/value heads, shared by heads / kvHeads query heads each;
// mlpWidth = hidden size of the feed-forward part; tied = the output matrix is the embedding. Parameter names and shapes are in parameters.ts.
import { fault } from "../core/errors.ts";

/** Families whose parameter names, defaults and published initialisation are followed. */
const ARCHITECTURES = ["llama", "qwen2", "gpt2"] as const;
type Architecture = (typeof ARCHITECTURES)[number];

export interface ModelConfig {
  readonly arch: Architecture;
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headWidth: number;
  readonly mlpWidth: number;
  readonly vocabSize: number;
  /** Longest sequence, in tokens. */
  readonly maxLength: number;
  readonly tied: boolean;
  readonly normEpsilon: number;
  /** Base of the rotary frequencies; 0 where positions are learned instead. */
  readonly ropeTheta: number;
  /** Standard deviation of the initial weights. */
  readonly initStd: number;
}

/** What a family fixes: everything that is not a size. */
interface Family {
  readonly norm: "rms" | "layer";
  readonly mlp: "swiglu" | "gelu";
  readonly qkvBias: boolean;
  /** Biases on the output projections and the feed-forward part. */
  readonly linearBias: boolean;
  readonly ropeTheta: number;
  readonly normEpsilon: number;
  readonly tied: boolean;
  readonly mlpRatio: number;
}

/**
 * Sources: transformers' LlamaConfig, Qwen2Config and GPT2Config; Qwen2's rope base is the published checkpoints', not the class default.
 * Qwen2 is untied by default as in Qwen2Config (its small checkpoints are tied): a tied embedding gives every token a head start for
 * repeating itself, which on a vocabulary of 30 is 3 % of the first loss.
 */
const FAMILIES: Readonly<Record<Architecture, Family>> = {
  llama: {
    norm: "rms",
    mlp: "swiglu",
    qkvBias: false,
    linearBias: false,
    ropeTheta: 1e4,
    normEpsilon: 1e-6,
    tied: false,
    mlpRatio: 8 / 3,
  },
  qwen2: {
    norm: "rms",
    mlp: "swiglu",
    qkvBias: true,
    linearBias: false,
    ropeTheta: 1e6,
    normEpsilon: 1e-6,
    tied: false,
    mlpRatio: 8 / 3,
  },
  gpt2: {
    norm: "layer",
    mlp: "gelu",
    qkvBias: true,
    linearBias: true,
    ropeTheta: 0,
    normEpsilon: 1e-5,
    tied: true,
    mlpRatio: 4,
  },
};

export function familyOf(config: Pick<ModelConfig, "arch">): Family {
  return FAMILIES[config.arch];
}

/** The sizes a user chooses; the rest follows from the family. */
export interface ModelSizes {
  /** Default "qwen2". */
  readonly arch?: Architecture;
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  /** Default: heads. */
  readonly kvHeads?: number;
  /** Default: the family's ratio times width, rounded up to a multiple of 16. */
  readonly mlpWidth?: number;
  /** Default 512 tokens. */
  readonly maxLength?: number;
  /** Default: the family's. */
  readonly tied?: boolean;
}

/**
 * The complete configuration of chosen sizes.
 * @throws CONFIG_INVALID  a size that is no positive integer, or sizes that do not divide
 * @example configOf({ layers: 2, width: 64, heads: 2 }, 100).mlpWidth // 176
 */
export function configOf(sizes: ModelSizes, vocabSize: number): ModelConfig {
  const arch = sizes.arch ?? "qwen2";
  if (!ARCHITECTURES.includes(arch))
    throw fault("CONFIG_INVALID", `arch is "${arch}".`, `it may be one of ${ARCHITECTURES.join(", ")}.`);
  const family = FAMILIES[arch];
  return checkConfig({
    arch,
    layers: sizes.layers,
    width: sizes.width,
    heads: sizes.heads,
    kvHeads: sizes.kvHeads ?? sizes.heads,
    headWidth: sizes.width / sizes.heads,
    mlpWidth: sizes.mlpWidth ?? Math.ceil((sizes.width * family.mlpRatio) / 16) * 16,
    vocabSize,
    maxLength: sizes.maxLength ?? 512,
    tied: sizes.tied ?? family.tied,
    normEpsilon: family.normEpsilon,
    ropeTheta: family.ropeTheta,
    initStd: 0.02,
  });
}

/** @throws CONFIG_INVALID  see configOf */
export function checkConfig(config: ModelConfig): ModelConfig {
  const invalid = (fact: string, hint: string) => fault("CONFIG_INVALID", fact, hint);
  const sizes = ["layers", "width", "heads", "kvHeads", "mlpWidth", "vocabSize", "maxLength", "headWidth"] as const;
  for (const name of sizes) {
    const size = config[name];
    if (Number.isSafeInteger(size) && size > 0) continue;
    const hint = name === "headWidth" ? "width must be a multiple of heads." : "it must be a positive integer.";
    throw invalid(`${name} is ${size}.`, hint);
  }
  if (config.heads % config.kvHeads !== 0)
    throw invalid(`heads is ${config.heads} and kvHeads is ${config.kvHeads}.`, "heads must be a multiple of kvHeads.");
  if (config.ropeTheta > 0 && config.headWidth % 2 !== 0)
    throw invalid(
      `a head is ${config.headWidth} wide.`,
      "rotary positions turn pairs, so width / heads must be even: choose other heads.",
    );
  if (config.arch === "gpt2" && config.kvHeads !== config.heads)
    throw invalid(
      "gpt2 with fewer key/value heads than heads.",
      "gpt2 has no grouped-query attention: leave kvHeads out.",
    );
  return config;
}
