// Rotary frequencies, and the four ways in which published models stretch them beyond the length they were first trained on.
// Sources: Su et al. 2021; linear: Chen et al. 2023; dynamic: NTK-aware, as transformers computes it; yarn: Peng et al. 2023; llama3: Llama 3.1.
// As transformers' modeling_rope_utils.py, in float32 where it is.
import type { ModelConfig } from "./config.ts";

/** By config.json's rope_type; `factor`: how many times longer texts may be. */
export type RopeScaling =
  | { readonly type: "linear"; readonly factor: number }
  /** Only sequences longer than maxLength are stretched, each by its own length. */
  | { readonly type: "dynamic"; readonly factor: number }
  | {
      readonly type: "llama3";
      readonly factor: number;
      readonly lowFrequencyFactor: number;
      readonly highFrequencyFactor: number;
      readonly originalLength: number;
    }
  | {
      readonly type: "yarn";
      readonly factor: number;
      /** What queries and keys are multiplied with. */
      readonly attentionFactor: number;
      readonly betaFast: number;
      readonly betaSlow: number;
      readonly originalLength: number;
      /** Whether the borders between kept and stretched frequencies are rounded to whole ones. */
      readonly truncate: boolean;
    };

const { fround } = Math;

/** @returns base^(2 i / rotaryWidth), the wavelengths over 2 pi */
function wavelengths(base: number, rotaryWidth: number): Float32Array {
  return Float32Array.from({ length: Math.ceil(rotaryWidth / 2) }, (_, i) => base ** fround((2 * i) / rotaryWidth));
}

/**
 * @param length of the sequence; only "dynamic" depends on it
 * @returns one frequency for each pair of columns, radians per token
 */
export function rotaryFrequencies(
  config: Pick<ModelConfig, "ropeTheta" | "rotaryWidth" | "ropeScaling" | "maxLength">,
  length: number,
): Float32Array {
  const { ropeTheta, rotaryWidth, ropeScaling: scaling, maxLength } = config;
  const plain = wavelengths(ropeTheta, rotaryWidth).map((x) => 1 / x);
  if (!scaling) return plain;
  switch (scaling.type) {
    case "linear":
      return plain.map((x) => x / scaling.factor);
    case "dynamic": {
      if (length <= maxLength) return plain;
      const stretch = (scaling.factor * length) / maxLength - (scaling.factor - 1);
      const base = ropeTheta * stretch ** (rotaryWidth / (rotaryWidth - 2));
      return wavelengths(base, rotaryWidth).map((x) => 1 / x);
    }
    case "llama3":
      return plain.map((frequency) => {
        const { factor, lowFrequencyFactor: low, highFrequencyFactor: high, originalLength } = scaling;
        const wave = fround((2 * Math.PI) / frequency);
        if (wave < originalLength / high) return frequency;
        if (wave > originalLength / low) return frequency / factor;
        const smooth = fround((originalLength / wave - low) / (high - low));
        return fround((fround(1 - smooth) * frequency) / factor) + fround(smooth * frequency);
      });
    default: {
      const [from, to] = yarnRange(ropeTheta, rotaryWidth, scaling);
      return plain.map((frequency, i) => {
        const stretched = fround(Math.min(1, Math.max(0, (i - from) / (to - from))));
        return fround((frequency / scaling.factor) * stretched) + fround(frequency * fround(1 - stretched));
      });
    }
  }
}

/** Pairs of columns below the first number keep their frequency, from the second on they are stretched whole. */
function yarnRange(
  base: number,
  rotaryWidth: number,
  { betaFast, betaSlow, originalLength, truncate }: Extract<RopeScaling, { type: "yarn" }>,
): [number, number] {
  const pairOf = (turns: number) =>
    (rotaryWidth * Math.log(originalLength / (turns * 2 * Math.PI))) / (2 * Math.log(base));
  const [low, high] = [pairOf(betaFast), pairOf(betaSlow)];
  const from = Math.max(truncate ? Math.floor(low) : low, 0);
  const to = Math.min(truncate ? Math.ceil(high) : high, rotaryWidth - 1);
  return from === to ? [from, to + 0.001] : [from, to];
}

/** What cosines and sines are multiplied with. */
export const rotaryScale = ({ ropeScaling }: Pick<ModelConfig, "ropeScaling">): number =>
  ropeScaling?.type === "yarn" ? ropeScaling.attentionFactor : 1;
