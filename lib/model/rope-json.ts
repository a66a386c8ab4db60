// The rotary part of config.json to ours and back: rope_theta and rope_scaling of transformers 4, rope_parameters of 5.
import { unsupported, Fields } from "./config-fields.ts";
import type { Json } from "./config-fields.ts";
import type { ModelConfig } from "./config.ts";
import type { RopeScaling } from "./rope.ts";

export interface Rope {
  readonly theta: number;
  readonly scaling: RopeScaling | null;
  readonly partial?: number;
}

/** rope_scaling (4.x) wins over rope_parameters (5.x), as in transformers; `theta` where neither has one. */
export function parseRope(fields: Fields, maxLength: number, theta: number): Rope {
  const [older, newer] = [fields.get("rope_scaling"), fields.get("rope_parameters")];
  const json = (older ?? newer ?? {}) as Json;
  const inside = new Fields(json, "rope_parameters");
  const type = inside.get("rope_type") ?? inside.get("type") ?? "default";
  inside.get("type");
  // A file of 5.x may still carry the older name of the length.
  const original = fields.has("original_max_position_embeddings")
    ? fields.number("original_max_position_embeddings")
    : maxLength;
  const scaling = ropeScaling(inside, type, original, maxLength);
  const partial = inside.has("partial_rotary_factor") ? inside.number("partial_rotary_factor") : undefined;
  const found = { theta: inside.number("rope_theta", theta), scaling };
  // Only read by kinds that do not use it.
  inside.finish(new Set(["finetuned", "original_max_position_embeddings", ...(scaling ? [] : ["factor"])]));
  return partial === undefined ? found : { ...found, partial };
}

function ropeScaling(rope: Fields, type: unknown, original: number, maxLength: number): RopeScaling | null {
  const originalLength = () => rope.number("original_max_position_embeddings", original);
  switch (type) {
    case "default":
      return null;
    case "linear":
    case "dynamic":
      return { type, factor: rope.number("factor") };
    case "llama3":
      return {
        type,
        factor: rope.number("factor"),
        lowFrequencyFactor: rope.number("low_freq_factor"),
        highFrequencyFactor: rope.number("high_freq_factor"),
        originalLength: originalLength(),
      };
    case "yarn": {
      const factor = rope.number("factor", maxLength / originalLength());
      return {
        type,
        factor,
        attentionFactor: yarnAttentionFactor(rope, factor),
        // 0 stands for the default there, too.
        betaFast: rope.number("beta_fast", 32) || 32,
        betaSlow: rope.number("beta_slow", 1) || 1,
        originalLength: originalLength(),
        truncate: rope.flag("truncate", true),
      };
    }
    default:
      throw unsupported(`config.json asks for rotary scaling of type ${JSON.stringify(type)}.`);
  }
}

function yarnAttentionFactor(rope: Fields, factor: number): number {
  const [mscale, all] = [rope.number("mscale", 0), rope.number("mscale_all_dim", 0)];
  if (rope.has("attention_factor")) return rope.number("attention_factor");
  const grown = (by: number) => (factor <= 1 ? 1 : 0.1 * by * Math.log(factor) + 1);
  return mscale && all ? grown(mscale) / grown(all) : grown(1);
}

/** The other way. */
export function toRopeJson({ ropeTheta, ropeScaling: scaling, arch, rotaryWidth, headWidth }: ModelConfig): Json {
  const partial = arch === "gpt_neox" ? { partial_rotary_factor: rotaryWidth / headWidth } : {};
  const common = { rope_theta: ropeTheta, rope_type: scaling?.type ?? "default", ...partial };
  if (!scaling) return common;
  switch (scaling.type) {
    case "linear":
    case "dynamic":
      return { ...common, factor: scaling.factor };
    case "llama3":
      return {
        ...common,
        factor: scaling.factor,
        low_freq_factor: scaling.lowFrequencyFactor,
        high_freq_factor: scaling.highFrequencyFactor,
        original_max_position_embeddings: scaling.originalLength,
      };
    default:
      return {
        ...common,
        factor: scaling.factor,
        attention_factor: scaling.attentionFactor,
        beta_fast: scaling.betaFast,
        beta_slow: scaling.betaSlow,
        original_max_position_embeddings: scaling.originalLength,
        truncate: scaling.truncate,
      };
  }
}
