// How far apart two models are on completions: Kullback-Leibler divergence over the whole vocabulary at every token, not an estimate from
// the tokens drawn; and how far a model tempered by one temperature can come to another.
//
// Words: drawn contexts = prefixes of completions that a model itself wrote; KL(p || q) of completions = expectation, over completions
// of p, of the sum over their tokens of the token's exact KL. Only the prefixes are sampled, so the value is at least 0 in every sample.
// A completion cut at maxNewTokens counts up to there.
import type { Key } from "../core/rng.ts";
import { fault } from "../core/errors.ts";
import { fold } from "../core/rng.ts";
import { generate } from "../model/generate.ts";
import { forward } from "../model/forward.ts";
import type { Model } from "../model/model.ts";
import { startEngine } from "../tensor/backend.ts";
import * as tf from "../tensor/tf.ts";

/** Positions of completions with a model's logits there, row by row. */
export interface Context {
  readonly prompt: readonly number[];
  /** The end token included, where it was drawn. */
  readonly completion: readonly number[];
}

/** Tokens in one pass; bounds memory at V times this. */
const TOKENS_AT_ONCE = 8192;

/** @throws VOCABULARY_MISMATCH the two do not read the same tokens, so no token's probabilities can be compared */
export function checkSameVocabulary(a: Model, b: Model): void {
  if (a.tokenizer.hash !== b.tokenizer.hash)
    throw fault(
      "VOCABULARY_MISMATCH",
      "the models have different vocabularies.",
      "compare checkpoints of one tokenizer.",
    );
}

/** Completions that a model draws at a temperature, as contexts; `samples` of each prompt. */
export async function drawContexts(
  model: Model,
  prompts: readonly (readonly number[])[],
  options: {
    readonly samples: number;
    readonly maxNewTokens: number;
    readonly temperature: number;
    readonly key: Key;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<Context[]> {
  const rows = prompts.flatMap((prompt) => Array.from({ length: options.samples }, () => prompt));
  const { tokens, finished } = await generate(model, rows, {
    maxNewTokens: options.maxNewTokens,
    temperature: options.temperature,
    key: fold(options.key, "contexts"),
    signal: options.signal,
  });
  // Completions cut by an interrupt are not the model's: there is nothing to return.
  options.signal?.throwIfAborted();
  return rows.map((prompt, r) => ({
    prompt,
    completion: [...(tokens[r] as Int32Array), ...(finished[r] ? [model.tokenizer.eosId] : [])],
  }));
}

/**
 * Logits at every completion position of every context.
 * @returns per context, [completion.length, V] row-major
 */
export async function completionLogits(model: Model, contexts: readonly Context[]): Promise<Float32Array[]> {
  await startEngine();
  const V = model.config.vocabSize;
  const lengthOf = ({ prompt, completion }: Context) => prompt.length + completion.length - 1;
  const T = Math.max(1, ...contexts.map(lengthOf));
  const atOnce = Math.max(1, Math.floor(TOKENS_AT_ONCE / T));
  const found: Float32Array[] = [];
  for (let start = 0; start < contexts.length; start += atOnce) {
    const chunk = contexts.slice(start, start + atOnce);
    const ids = new Int32Array(chunk.length * T);
    chunk.forEach(({ prompt, completion }, r) => ids.set([...prompt, ...completion].slice(0, -1), r * T));
    const logits = tf.tidy(() => forward(model, tf.tensor2d(ids, [chunk.length, T], "int32")));
    const values = (await logits.data()) as Float32Array;
    logits.dispose();
    chunk.forEach((context, r) => {
      const first = (r * T + context.prompt.length - 1) * V;
      found.push(values.slice(first, first + context.completion.length * V));
    });
  }
  return found;
}

/** Writes the log-softmax of `logits / temperature` at one position into `out`. */
function logSoftmax(logits: Float32Array, at: number, V: number, temperature: number, out: Float64Array): void {
  let top = -Infinity;
  for (let v = 0; v < V; v++) top = Math.max(top, (logits[at + v] as number) / temperature);
  let sum = 0;
  for (let v = 0; v < V; v++) sum += Math.exp((logits[at + v] as number) / temperature - top);
  const norm = top + Math.log(sum);
  for (let v = 0; v < V; v++) out[v] = (logits[at + v] as number) / temperature - norm;
}

/**
 * Sum over positions of KL(softmax(p) || softmax(q / temperature)), in nats.
 * @param p, q [positions, V] row-major logits
 * @example klOfLogits(Float32Array.of(0, 0), Float32Array.of(0, 0), 2) // 0
 */
export function klOfLogits(p: Float32Array, q: Float32Array, V: number, temperature = 1): number {
  const [logP, logQ] = [new Float64Array(V), new Float64Array(V)];
  let total = 0;
  for (let at = 0; at < p.length; at += V) {
    logSoftmax(p, at, V, 1, logP);
    logSoftmax(q, at, V, temperature, logQ);
    for (let v = 0; v < V; v++) total += Math.exp(logP[v] as number) * ((logP[v] as number) - (logQ[v] as number));
  }
  return total;
}

/** Sum over positions of the entropy of softmax(p), in nats. */
export function entropyOfLogits(p: Float32Array, V: number): number {
  const logP = new Float64Array(V);
  let total = 0;
  for (let at = 0; at < p.length; at += V) {
    logSoftmax(p, at, V, 1, logP);
    for (let v = 0; v < V; v++) total -= Math.exp(logP[v] as number) * (logP[v] as number);
  }
  return total;
}
