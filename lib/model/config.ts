// What a decoder-only transformer looks like in numbers, and the checks that make a set of numbers one.
// Words: width = size of the residual stream; heads = query heads; kvHeads = key/value heads, shared by heads / kvHeads query heads each;
// mlpWidth = hidden size of the feed-forward part; tied = the output matrix is the embedding. Parameter names and shapes are in parameters.ts,
// config.json is read in config-json.ts.
import { fault } from "../core/errors.ts";
import type { Activation } from "../tensor/ops/activation.ts";
import { familyOf, FAMILIES } from "./families.ts";
import type { Architecture } from "./families.ts";
import type { RopeScaling } from "./rope.ts";

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
  readonly activation: Activation;
  /** Biases on query, key and value. */
  readonly qkvBias: boolean;
  /** Bias on attention's output projection. */
  readonly outBias: boolean;
  readonly mlpBias: boolean;
  /** Attention and feed-forward part both read the block's input, and both are added to it (GPT-NeoX); else one after the other. */
  readonly parallel: boolean;
  /** Base of the rotary frequencies; 0 where positions are learned instead. */
  readonly ropeTheta: number;
  /** Columns of a head that turn, from its first on; 0 where positions are learned. */
  readonly rotaryWidth: number;
  /** How the frequencies are stretched for long texts; null: not. */
  readonly ropeScaling: RopeScaling | null;
  /** Layers (from 0) in which a token sees itself and at most `tokens` - 1 before it; null: every layer sees all before it. */
  readonly window: { readonly tokens: number; readonly layers: readonly number[] } | null;
  /** Whether attention scores are divided by sqrt(headWidth); only GPT-2 can leave it out. */
  readonly scaledScores: boolean;
  /** Whether the scores of layer i are divided by i + 1, too; only GPT-2 can. */
  readonly scoresByLayer: boolean;
  /** Standard deviation of the initial weights. */
  readonly initStd: number;
}

/** The sizes a user chooses; the rest follows from the family. */
export interface ModelSizes {
  /** Default "qwen2". */
  readonly arch?: Architecture;
  /** Transformer blocks. */
  readonly layers: number;
  /** Numbers of the state of a token; a multiple of heads. */
  readonly width: number;
  /** Attention heads of a block. */
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
  if (!Object.hasOwn(FAMILIES, arch))
    throw fault("CONFIG_INVALID", `arch is "${arch}".`, `it may be one of ${Object.keys(FAMILIES).join(", ")}.`);
  const { defaults } = familyOf({ arch });
  const headWidth = sizes.width / sizes.heads;
  return checkConfig({
    arch,
    layers: sizes.layers,
    width: sizes.width,
    heads: sizes.heads,
    kvHeads: sizes.kvHeads ?? sizes.heads,
    headWidth,
    mlpWidth: sizes.mlpWidth ?? Math.ceil((sizes.width * defaults.mlpRatio) / 16) * 16,
    vocabSize,
    maxLength: sizes.maxLength ?? 512,
    tied: sizes.tied ?? defaults.tied,
    normEpsilon: defaults.normEpsilon,
    activation: defaults.activation,
    qkvBias: defaults.qkvBias,
    outBias: defaults.outBias,
    mlpBias: defaults.mlpBias,
    parallel: defaults.parallel,
    ropeTheta: defaults.ropeTheta,
    rotaryWidth: Math.floor(headWidth * defaults.rotaryShare),
    ropeScaling: null,
    window: null,
    scaledScores: true,
    scoresByLayer: false,
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
  const { heads, kvHeads, headWidth, rotaryWidth, ropeTheta, ropeScaling, window } = config;
  if (heads % kvHeads !== 0)
    throw invalid(`heads is ${heads} and kvHeads is ${kvHeads}.`, "heads must be a multiple of kvHeads.");
  if (ropeTheta > 0 && (rotaryWidth < 1 || rotaryWidth + (rotaryWidth % 2) > headWidth))
    throw invalid(
      `a head is ${headWidth} wide and ${rotaryWidth} columns of it turn.`,
      "rotary positions turn pairs, so width / heads must be even: choose other heads.",
    );
  if (ropeScaling && !(ropeScaling.factor > 0))
    throw invalid(`rotary positions are scaled by ${ropeScaling.factor}.`, "the factor must be above 0.");
  if (window && !(Number.isSafeInteger(window.tokens) && window.tokens > 0))
    throw invalid(`the attention window is ${window.tokens}.`, "it must be a positive integer.");
  if (!familyOf(config).groupedQueries && kvHeads !== heads)
    throw invalid(
      `${config.arch} with fewer key/value heads than heads.`,
      `${config.arch} has no grouped-query attention: leave kvHeads out.`,
    );
  return config;
}
