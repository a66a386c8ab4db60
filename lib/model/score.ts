// Log-probabilities of given completions: what likelihoods, KL and cross-perplexity are made of.
import { fault } from "../core/errors.ts";
import { startEngine } from "../tensor/backend.ts";
import * as tf from "../tensor/tf.ts";
import { head, inferHidden, makeTables } from "./decoder.ts";
import type { Model } from "./model.ts";
import { tokenLogProbs } from "./ops/token-log-probs.ts";
import { fuse } from "./parameters.ts";

export interface ScoreOptions {
  /** The logits are divided by it first; default 1. */
  readonly temperature?: number;
  /** Tokens per pass, padding counted; default 8192. Changes memory and speed, not results. */
  readonly tokensAtOnce?: number;
}

/**
 * @param prompts     token ids, each at least one token
 * @param completions token ids, the end token included where it is to be scored
 * @returns per row, the log-probability of every completion token in nats
 * @throws EMPTY_PROMPT, SHAPE_MISMATCH, TOO_LONG
 */
export async function scoreCompletions(
  model: Model,
  prompts: readonly (readonly number[])[],
  completions: readonly (readonly number[])[],
  options: ScoreOptions = {},
): Promise<Float32Array[]> {
  await startEngine();
  const { temperature = 1, tokensAtOnce = 8192 } = options;
  const { config } = model;
  if (prompts.length !== completions.length)
    throw fault(
      "SHAPE_MISMATCH",
      `${prompts.length} prompts and ${completions.length} completions.`,
      "give one of each per row.",
    );
  const rows = prompts.map((prompt, i) => {
    const completion = completions[i] as readonly number[];
    if (prompt.length === 0)
      throw fault("EMPTY_PROMPT", `prompt ${i} has no tokens.`, "start with at least one token.");
    const tokens = [...prompt, ...completion];
    if (tokens.length - 1 > config.maxLength)
      throw fault(
        "TOO_LONG",
        `row ${i} has ${tokens.length} tokens, the model takes ${config.maxLength + 1}.`,
        "shorten it.",
      );
    return { tokens, promptLength: prompt.length };
  });
  const T = Math.max(1, ...rows.map((row) => row.tokens.length - 1));
  const atOnce = Math.max(1, Math.floor(tokensAtOnce / T));
  const weights = fuse(config, model.parameters);
  const tables = makeTables(config, T);
  const scores: Float32Array[] = [];
  try {
    for (let start = 0; start < rows.length; start += atOnce) {
      const chunk = rows.slice(start, start + atOnce);
      const ids = new Int32Array(chunk.length * T);
      const targets = new Int32Array(chunk.length * T * 2);
      for (let i = 0; i < chunk.length * T; i++) {
        const tokens = (chunk[Math.floor(i / T)] as (typeof chunk)[number]).tokens;
        const t = i % T;
        if (t + 1 < tokens.length) ids[i] = tokens[t] as number;
        targets[2 * i] = i;
        targets[2 * i + 1] = tokens[t + 1] ?? 0;
      }
      const logProbs = tf.tidy(() => {
        const hidden = inferHidden(config, weights, tf.tensor2d(ids, [chunk.length, T], "int32"), tables);
        const logits = tf.div<tf.Tensor2D>(head(weights, hidden).y, temperature);
        return tokenLogProbs(logits, tf.tensor2d(targets, [chunk.length * T, 2], "int32")).logProbs;
      });
      const values = (await logProbs.data()) as Float32Array;
      logProbs.dispose();
      chunk.forEach((row, r) => scores.push(values.slice(r * T + row.promptLength - 1, r * T + row.tokens.length - 1)));
    }
    return scores;
  } finally {
    tf.dispose([...weights.values(), ...(Object.values(tables) as (tf.Tensor | number)[])] as tf.Tensor[]);
  }
}
