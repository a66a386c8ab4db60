// Log-probabilities of given completions: what likelihoods, KL and cross-perplexity are made of.
import { fault } from "../core/errors.ts";
import { above, checkOptions, type Rules, whole } from "../core/options.ts";
import { startEngine } from "../tensor/backend.ts";
import * as tf from "../tensor/tf.ts";
import { fusedWeights } from "./adapter.ts";
import type { ModelConfig } from "./config.ts";
import { head, inferHidden, tablesOf } from "./decoder.ts";
import type { Tables } from "./decoder.ts";
import type { Model } from "./model.ts";
import { rotaryTables } from "./rotary.ts";
import { tokenLogProbs } from "../tensor/ops/token-log-probs.ts";
import type { Weights } from "./parameters.ts";

export interface ScoreOptions {
  /** The logits are divided by it first; default 1. */
  readonly temperature?: number;
  /** Tokens per pass, padding counted; default 8192. Changes memory and speed, not results. */
  readonly tokensAtOnce?: number;
}

const RULES: Rules<ScoreOptions> = { temperature: above(0), tokensAtOnce: whole(1) };

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
  checkOptions("model.score", options, RULES);
  await startEngine();
  if (prompts.length !== completions.length)
    throw fault(
      "SHAPE_MISMATCH",
      `${prompts.length} prompts and ${completions.length} completions.`,
      "give one of each per row.",
    );
  const rows = prompts.map((prompt, i) => ({
    tokens: Int32Array.from([...prompt, ...(completions[i] as readonly number[])]),
    promptLength: prompt.length,
  }));
  const weights = fusedWeights(model);
  try {
    return await scoreFrom(model.config, weights, rows, options);
  } finally {
    tf.dispose([...weights.values()]);
  }
}

export interface ScoredRow {
  /** Prompt and completion. */
  readonly tokens: Int32Array;
  readonly promptLength: number;
}

/** As scoreCompletions, from fused weights; they stay the caller's. */
export async function scoreFrom(
  config: ModelConfig,
  weights: Weights,
  rows: readonly ScoredRow[],
  { temperature = 1, tokensAtOnce = 8192 }: ScoreOptions,
): Promise<Float32Array[]> {
  for (const [i, { tokens, promptLength }] of rows.entries()) {
    if (promptLength === 0) throw fault("EMPTY_PROMPT", `prompt ${i} has no tokens.`, "start with at least one token.");
    if (tokens.length - 1 > config.maxLength)
      throw fault(
        "TOO_LONG",
        `row ${i} has ${tokens.length} tokens, the model takes ${config.maxLength + 1}.`,
        "shorten it.",
      );
  }
  const T = Math.max(1, ...rows.map((row) => row.tokens.length - 1));
  const atOnce = Math.max(1, Math.floor(tokensAtOnce / T));
  const rotaries = rotaryTables(config, T);
  const scores: Float32Array[] = [];
  try {
    for (let start = 0; start < rows.length; start += atOnce) {
      const chunk = rows.slice(start, start + atOnce);
      const logProbs = tf.tidy(() => scoreChunk(config, weights, chunk, tablesOf(config, rotaries, T), temperature));
      const values = (await logProbs.data()) as Float32Array;
      logProbs.dispose();
      chunk.forEach((row, r) => scores.push(values.slice(r * T + row.promptLength - 1, r * T + row.tokens.length - 1)));
    }
    return scores;
  } finally {
    tf.dispose({ ...rotaries });
  }
}

/** @returns [rows * T] log-probability of every next token; what stands in the padding means nothing */
function scoreChunk(
  config: ModelConfig,
  weights: Weights,
  rows: readonly ScoredRow[],
  tables: Tables,
  temperature: number,
): tf.Tensor1D {
  const { T } = tables;
  const ids = new Int32Array(rows.length * T);
  const targets = new Int32Array(rows.length * T * 2);
  rows.forEach(({ tokens }, r) => {
    ids.set(tokens.subarray(0, -1), r * T);
    for (let t = 0; t < T; t++) targets.set([r * T + t, tokens[t + 1] ?? 0], (r * T + t) * 2);
  });
  const hidden = inferHidden(config, weights, tf.tensor2d(ids, [rows.length, T], "int32"), tables);
  const logits = tf.div<tf.Tensor2D>(head(weights, hidden).y, temperature);
  return tokenLogProbs(logits, tf.tensor2d(targets, [rows.length * T, 2], "int32")).logProbs;
}
