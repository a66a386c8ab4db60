// Text from a model: many prompts at once, each row with its own key, so that what a row says depends on its prompt, its key and the
// weights - not on its batch mates, their number or their lengths. Equal prompts are read once and share what was read.
import { fault } from "../core/errors.ts";
import { fold, uniform } from "../core/rng.ts";
import type { Key } from "../core/rng.ts";
import { startEngine } from "../tensor/backend.ts";
import * as tf from "../tensor/tf.ts";
import { fusedWeights } from "./adapter.ts";
import { disposeCache, gatherRows, prefill } from "./cache.ts";
import type { Cache } from "./cache.ts";
import type { ModelConfig } from "./config.ts";
import { Decoding } from "./decoding.ts";
import type { Model } from "./model.ts";
import type { Weights } from "./parameters.ts";
import { cutUniform, sampleTokens } from "./sample.ts";
import type { Policy } from "./sample.ts";

export interface GenerateOptions extends Policy {
  readonly maxNewTokens: number;
  /** Row i draws with fold(key, i), unless rowKeys is given. */
  readonly key: Key;
  readonly rowKeys?: readonly Key[];
  /** Rows decoded at the same time; default 256. Changes memory and speed, not results. */
  readonly rowsAtOnce?: number;
  /** Ends the generation after the current token; rows keep what they have. */
  readonly signal?: AbortSignal | undefined;
}

export interface Generated {
  /** New tokens of each row, end token left out. */
  readonly tokens: Int32Array[];
  /** Their log-probabilities in nats under the sampling policy, one more than tokens where the end token was drawn. */
  readonly logProbs: Float32Array[];
  /** Whether the row drew its end token. */
  readonly finished: boolean[];
}

/** Lengths are rounded up to a multiple of this, so that few shapes occur. */
const LENGTH_STEP = 8;
const rounded = (length: number) => Math.ceil(length / LENGTH_STEP) * LENGTH_STEP;

/**
 * @param prompts token ids, each at least one token
 * @throws EMPTY_PROMPT  a prompt without tokens
 * @throws TOO_LONG      prompt and new tokens exceed the model's maxLength
 * @example const { tokens } = await generate(model, [model.tokenizer.encode("a b")], { maxNewTokens: 8, temperature: 0, key: key(0) });
 */
export async function generate(
  model: Model,
  prompts: readonly (readonly number[])[],
  options: GenerateOptions,
): Promise<Generated> {
  await startEngine();
  const weights = fusedWeights(model);
  const decoding = (model.attached.get("decoding") ?? new Decoding(model.config)) as Decoding;
  model.attached.set("decoding", decoding);
  try {
    return await generateFrom(model.config, weights, decoding, model.tokenizer.eosId, prompts, options);
  } finally {
    tf.dispose([...weights.values()]);
  }
}

/** As `generate`, from fused weights; they and the programs stay the caller's. */
export async function generateFrom(
  config: ModelConfig,
  weights: Weights,
  decoding: Decoding,
  eosId: number,
  prompts: readonly (readonly number[])[],
  options: GenerateOptions,
): Promise<Generated> {
  const { maxNewTokens, rowsAtOnce = 256 } = options;
  for (const [i, prompt] of prompts.entries()) {
    if (prompt.length === 0)
      throw fault("EMPTY_PROMPT", `prompt ${i} has no tokens.`, "start with at least one token.");
    if (prompt.length + maxNewTokens > config.maxLength)
      throw fault(
        "TOO_LONG",
        `prompt ${i} has ${prompt.length} tokens and may get ${maxNewTokens}, the model takes ${config.maxLength}.`,
        "lower maxNewTokens or initialise the model with a larger maxLength.",
      );
  }
  const rows = prompts.map((prompt, i) => new Row(prompt, options.rowKeys?.[i] ?? fold(options.key, i), maxNewTokens));
  for (let start = 0; start < rows.length && !options.signal?.aborted; start += rowsAtOnce)
    await decodeRows({ config, weights, decoding, eosId, options }, rows.slice(start, start + rowsAtOnce));
  return {
    tokens: rows.map((row) => Int32Array.from(row.finished ? row.tokens.slice(0, -1) : row.tokens)),
    logProbs: rows.map((row) => Float32Array.from(row.logProbs)),
    finished: rows.map((row) => row.finished),
  };
}

/** One sequence in the making. */
class Row {
  readonly prompt: readonly number[];
  readonly uniforms: Float64Array;
  readonly tokens: number[] = [];
  readonly logProbs: number[] = [];
  finished = false;

  constructor(prompt: readonly number[], k: Key, maxNewTokens: number) {
    this.prompt = prompt;
    this.uniforms = uniform(k, maxNewTokens);
  }
  /** For draw n, counted from 0. */
  uniformAt(n: number): number {
    return cutUniform(this.uniforms[n] as number);
  }
  take(token: number, logProb: number, eosId: number): void {
    if (this.finished) return;
    this.tokens.push(token);
    this.logProbs.push(logProb);
    this.finished = token === eosId;
  }
}

interface Decode {
  readonly config: ModelConfig;
  readonly weights: Weights;
  readonly decoding: Decoding;
  readonly eosId: number;
  readonly options: GenerateOptions;
}

/** What is on the engine for the rows being decoded. */
interface Lane {
  readonly rows: readonly Row[];
  readonly cache: Cache;
}

async function decodeRows(decode: Decode, rows: readonly Row[]): Promise<void> {
  const { options } = decode;
  let lane = await readPrompts(decode, rows);
  try {
    for (let n = 1; n < options.maxNewTokens && !options.signal?.aborted; n++) {
      if (lane.rows.every((row) => row.finished)) return;
      lane = narrow(lane);
      lane = await advance(decode, lane, n);
      // The event loop turns between tokens, so that an interrupt comes in.
      await new Promise<void>((resolve) => {
        setImmediate(resolve);
      });
    }
  } finally {
    disposeCache(lane.cache);
  }
}

/** Reads every distinct prompt once, gives each row a copy of what was read, and draws each row's first token. */
async function readPrompts({ config, weights, eosId, options }: Decode, rows: readonly Row[]): Promise<Lane> {
  const longest = Math.max(...rows.map((row) => row.prompt.length));
  const S = Math.min(config.maxLength, rounded(longest + options.maxNewTokens));
  const distinct = new Map<string, { readonly at: number; readonly prompt: readonly number[] }>();
  const at = rows.map(({ prompt }) => {
    const name = prompt.join(" ");
    const known = distinct.get(name) ?? { at: distinct.size, prompt };
    distinct.set(name, known);
    return known.at;
  });
  const prompts = Array.from(distinct.values(), ({ prompt }) => prompt);
  const read = prefill(config, weights, prompts, Math.min(S, rounded(longest)), S);
  const index = tf.tensor1d(at, "int32");
  const drawn = tf.tidy(() => {
    const uniforms = tf.tensor2d(
      rows.map((row) => row.uniformAt(0)),
      [rows.length, 1],
    );
    return sampleTokens(tf.gather(read.logits, index), options, uniforms);
  });
  await deal(rows, drawn, eosId);
  const cache = gatherRows(read.cache, index);
  disposeCache(read.cache);
  tf.dispose([read.logits, index]);
  return { rows, cache };
}

/** Feeds the last tokens and draws number n of every row. */
async function advance({ weights, decoding, eosId, options }: Decode, { rows, cache }: Lane, n: number): Promise<Lane> {
  // A finished row goes on as its own filler: its slots are its own, and nobody reads what it draws.
  const input = {
    tokens: rows.map((row) => row.tokens.at(-1) as number),
    positions: rows.map((row) => row.prompt.length + row.tokens.length - 1),
    uniforms: rows.map((row) => row.uniformAt(n)),
  };
  const next = await decoding.step(weights, cache, input, options);
  await deal(rows, next.drawn, eosId);
  return { rows, cache: next.cache };
}

/** @param drawn [2, R], disposed here */
async function deal(rows: readonly Row[], drawn: tf.Tensor, eosId: number): Promise<void> {
  const values = await drawn.data();
  drawn.dispose();
  rows.forEach((row, r) => row.take(values[r] as number, values[rows.length + r] as number, eosId));
}

/** Halves the batch once half of it is finished: halves, so that few batch sizes occur and each is captured once. */
function narrow(lane: Lane): Lane {
  const half = Math.ceil(lane.rows.length / 2);
  const alive = lane.rows.flatMap((row, r) => (row.finished ? [] : [r]));
  if (alive.length > half || half === lane.rows.length) return lane;
  const finished = lane.rows.flatMap((row, r) => (row.finished ? [r] : []));
  const kept = [...alive, ...finished.slice(0, half - alive.length)];
  const index = tf.tensor1d(kept, "int32");
  const cache = gatherRows(lane.cache, index);
  index.dispose();
  disposeCache(lane.cache);
  return { rows: kept.map((r) => lane.rows[r] as Row), cache };
}
