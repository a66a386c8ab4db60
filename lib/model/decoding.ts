// Decoding steps of one model shape as captured programs: feed the last tokens, get the next ones. Weights, caches and tables are all
// feeds, so one program serves every call and every training step as long as the shapes stay, and keeps no tensors.
import { capture } from "../tensor/capture/capture.ts";
import type { Captured } from "../tensor/capture/capture.ts";
import * as tf from "../tensor/tf.ts";
import { decodeStep } from "./cache.ts";
import type { Cache } from "./cache.ts";
import type { ModelConfig } from "./config.ts";
import { rotaryTables } from "./rotary.ts";
import type { RotaryTables } from "./rotary.ts";
import type { Weights } from "./parameters.ts";
import { sampleTokens } from "../tensor/ops/sample.ts";
import type { Policy } from "../tensor/ops/sample.ts";

/** What one step takes, per row. */
export interface StepInput {
  readonly tokens: readonly number[];
  readonly positions: readonly number[];
  /** See sampleTokens. */
  readonly uniforms: readonly number[];
}

export class Decoding {
  readonly #config: ModelConfig;
  readonly #rotaries: RotaryTables;
  /** By what of the policy is part of the program: the temperature is a feed. */
  readonly #steps = new Map<string, Captured>();

  constructor(config: ModelConfig) {
    this.#config = config;
    this.#rotaries = rotaryTables(config, config.maxLength);
  }

  #stepFor({ temperature, topK, topP, minP }: Policy): Captured {
    const name = `${temperature === 0 ? "greedy" : "sampled"} ${topK} ${topP} ${minP}`;
    const kept = this.#steps.get(name);
    if (kept) return kept;
    const { layers } = this.#config;
    const made = capture((feeds) => {
      const feed = (at: string) => feeds[at] as tf.Tensor;
      const each = (letter: string) => Array.from({ length: layers }, (_, i) => feed(`${letter}${i}`));
      const keys = each("k");
      const S = keys[0]?.shape[2] as number;
      const weights = new Map(
        Object.entries(feeds).flatMap(([at, t]) => (at.startsWith("w:") ? [[at.slice(2), t]] : [])),
      );
      const cache = { S, keys, values: each("v") };
      const [tokens, positions] = [feed("tokens") as tf.Tensor1D, feed("positions") as tf.Tensor1D];
      const next = decodeStep(this.#config, weights, cache, feeds as RotaryTables, tokens, positions);
      const scaled = temperature === 0 ? next.logits : tf.div<tf.Tensor2D>(next.logits, feed("temperature"));
      const policy = { temperature: temperature === 0 ? 0 : 1, topK, topP, minP };
      const drawn = sampleTokens(scaled, policy, feed("uniforms") as tf.Tensor2D);
      return [drawn, ...next.cache.keys, ...next.cache.values];
    });
    this.#steps.set(name, made);
    return made;
  }

  /**
   * One token more for every row.
   * @returns [2, R] drawn tokens and log-probabilities, and the cache with the tokens fed; both the caller's. `cache` is freed.
   */
  async step(
    weights: Weights,
    cache: Cache,
    input: StepInput,
    policy: Policy,
  ): Promise<{ drawn: tf.Tensor; cache: Cache }> {
    const R = input.tokens.length;
    const own = {
      tokens: tf.tensor1d([...input.tokens], "int32"),
      positions: tf.tensor1d([...input.positions], "int32"),
      uniforms: tf.tensor2d([...input.uniforms], [R, 1]),
      temperature: tf.scalar(policy.temperature),
      ...Object.fromEntries(cache.keys.map((t, i) => [`k${i}`, t])),
      ...Object.fromEntries(cache.values.map((t, i) => [`v${i}`, t])),
    };
    try {
      const shared = Object.fromEntries(Array.from(weights, ([name, t]) => [`w:${name}`, t]));
      const [drawn, ...caches] = await this.#stepFor(policy).run({ ...own, ...shared, ...this.#rotaries });
      const { layers } = this.#config;
      return {
        drawn: drawn as tf.Tensor,
        cache: { S: cache.S, keys: caches.slice(0, layers), values: caches.slice(layers) },
      };
    } finally {
      tf.dispose(own);
    }
  }

  dispose(): void {
    for (const captured of this.#steps.values()) captured.dispose();
    tf.dispose({ ...this.#rotaries });
  }
}
