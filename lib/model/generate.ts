// Text from a model: many prompts at once, each row with its own key, so that what a row says depends on its prompt, its key and the
// weights - not on its batch mates, their number or their lengths. Equal prompts are read once and share what was read.
import { fault } from "../core/errors.ts";
import { fold, uniform } from "../core/rng.ts";
import type { Key } from "../core/rng.ts";
import { startEngine } from "../tensor/backend.ts";
import * as tf from "../tensor/tf.ts";
import { decodeStep, disposeCache, gatherRows, makeDecodeTables, prefill } from "./cache.ts";
import type { Cache, DecodeTables } from "./cache.ts";
import type { ModelConfig } from "./config.ts";
import type { Model } from "./model.ts";
import { fuse } from "./parameters.ts";
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
  const weights = fuse(model.config, model.parameters);
  try {
    return await generateFrom(model.config, weights, model.tokenizer.eosId, prompts, options);
  } finally {
    tf.dispose([...weights.values()]);
  }
}

/** As `generate`, from fused weights; they stay the caller's. */
export async function generateFrom(
  config: ModelConfig,
  weights: Weights,
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
    await decodeRows(config, weights, eosId, rows.slice(start, start + rowsAtOnce), options);
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
  /** Uniform number for the next draw. */
  get draw(): number {
    return cutUniform(this.uniforms[this.tokens.length] ?? 0);
  }
  /** Where the last drawn token stands. */
  get position(): number {
    return this.prompt.length + this.tokens.length - 1;
  }
}

/** What is on the engine for the rows being decoded. */
interface Lane {
  readonly rows: readonly Row[];
  readonly logits: tf.Tensor2D;
  readonly cache: Cache;
}

function disposeLane(lane: Lane): void {
  lane.logits.dispose();
  disposeCache(lane.cache);
}

async function decodeRows(
  config: ModelConfig,
  weights: Weights,
  eosId: number,
  rows: readonly Row[],
  options: GenerateOptions,
): Promise<void> {
  const S = Math.min(
    config.maxLength,
    rounded(Math.max(...rows.map((row) => row.prompt.length)) + options.maxNewTokens),
  );
  const tables = makeDecodeTables(config, S);
  let lane = readPrompts(config, weights, rows, S);
  try {
    for (let n = 1; ; n++) {
      await draw(lane, options, eosId);
      const alive = lane.rows.filter((row) => !row.finished);
      if (n === options.maxNewTokens || alive.length === 0 || options.signal?.aborted) return;
      lane = narrow(lane, alive);
      lane = advance(config, weights, lane, tables);
      // The event loop turns between tokens, so that an interrupt comes in.
      await new Promise<void>((resolve) => {
        setImmediate(resolve);
      });
    }
  } finally {
    disposeLane(lane);
    tf.dispose({ ...tables });
  }
}

/** Reads every distinct prompt once and gives each row a copy of what was read. */
function readPrompts(config: ModelConfig, weights: Weights, rows: readonly Row[], S: number): Lane {
  const distinct = new Map<string, { readonly at: number; readonly prompt: readonly number[] }>();
  const at = rows.map(({ prompt }) => {
    const name = prompt.join(" ");
    const known = distinct.get(name) ?? { at: distinct.size, prompt };
    distinct.set(name, known);
    return known.at;
  });
  const prompts = Array.from(distinct.values(), ({ prompt }) => prompt);
  const T = Math.min(S, rounded(Math.max(...prompts.map((prompt) => prompt.length))));
  const read = prefill(config, weights, prompts, T, S);
  if (prompts.length === rows.length) return { rows, ...read };
  const index = tf.tensor1d(at, "int32");
  const lane = { rows, logits: tf.gather(read.logits, index), cache: gatherRows(read.cache, index) };
  disposeLane({ rows, ...read });
  index.dispose();
  return lane;
}

/** Draws the next token of every row that is not finished. */
async function draw({ rows, logits }: Lane, policy: Policy, eosId: number): Promise<void> {
  const drawn = tf.tidy(() =>
    sampleTokens(
      logits,
      policy,
      tf.tensor2d(
        rows.map((row) => row.draw),
        [rows.length, 1],
      ),
    ),
  );
  const values = await drawn.data();
  drawn.dispose();
  rows.forEach((row, r) => {
    if (row.finished) return;
    const token = values[r] as number;
    row.tokens.push(token);
    row.logProbs.push(values[rows.length + r] as number);
    row.finished = token === eosId;
  });
}

/** Feeds the drawn tokens. */
function advance(config: ModelConfig, weights: Weights, lane: Lane, tables: DecodeTables): Lane {
  const before = lane.cache;
  const { logits, keys, values } = tf.tidy(() => {
    const tokens = tf.tensor1d(
      lane.rows.map((row) => row.tokens.at(-1) as number),
      "int32",
    );
    const positions = tf.tensor1d(
      lane.rows.map((row) => row.position),
      "int32",
    );
    const next = decodeStep(config, weights, before, tables, tokens, positions);
    return { logits: next.logits, keys: [...next.cache.keys], values: [...next.cache.values] };
  });
  disposeLane(lane);
  return { rows: lane.rows, logits, cache: { S: before.S, keys, values } };
}

/** Lets finished rows go once they are half of the batch. */
function narrow(lane: Lane, alive: readonly Row[]): Lane {
  if (alive.length * 2 > lane.rows.length) return lane;
  const index = tf.tensor1d(
    lane.rows.flatMap((row, r) => (row.finished ? [] : [r])),
    "int32",
  );
  const narrowed = { rows: alive, logits: tf.gather(lane.logits, index), cache: gatherRows(lane.cache, index) };
  index.dispose();
  disposeLane(lane);
  return narrowed;
}
