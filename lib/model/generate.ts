// Text from a model: many prompts at once, each row with its own key, so that what a row says depends on its prompt, its key and the
// weights - not on its batch mates, their number or their lengths. Equal prompts are read once and share what was read; finished rows make room.
import { fault } from "../core/errors.ts";
import {
  anything,
  atLeast,
  callable,
  checkOptions,
  listOf,
  required,
  type Rules,
  share,
  signal,
  texts,
  whole,
} from "../core/options.ts";
import { fold, uniform } from "../core/rng.ts";
import type { Key } from "../core/rng.ts";
import { startEngine } from "../tensor/backend.ts";
import * as tf from "../tensor/tf.ts";
import { fusedWeights } from "./adapter.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import { disposeCache, gatherRows, putRows } from "./cache.ts";
import type { Cache } from "./cache.ts";
import type { ModelConfig } from "./config.ts";
import { Decoding, weightsSize } from "./decoding.ts";
import type { Model } from "./model.ts";
import type { Weights } from "./parameters.ts";
import { cutUniform } from "../tensor/ops/sample.ts";
import type { Policy } from "../tensor/ops/sample.ts";

export interface GenerateOptions extends Policy {
  /** Most tokens that a row says, its end token included. */
  readonly maxNewTokens: number;
  /** Row i draws with fold(key, i), unless rowKeys is given. */
  readonly key: Key;
  /** A key for each row, so that a row's text does not depend on which rows stand beside it. */
  readonly rowKeys?: readonly Key[];
  /** Texts that end a row as soon as it has said one of them. */
  readonly stop?: readonly string[];
  /**
   * The token that a row has to say next, given what it has said; undefined: it draws. A forced token takes the place of a draw: a result that a tool
   * gave, or the beginning of an answer.
   */
  readonly force?: (said: readonly number[], row: number) => number | undefined;
  /**
   * Rows decoded at the same time; default 256. A row that has finished makes room for one that waits. Changes memory and speed, not results.
   */
  readonly rowsAtOnce?: number;
  /** Ends the generation after the current token, or the current few of a small model; rows keep what they have. */
  readonly signal?: AbortSignal | undefined;
}

const RULES: Rules<GenerateOptions> = {
  maxNewTokens: required(whole(1)),
  temperature: required(atLeast(0)),
  topK: whole(1),
  topP: share,
  minP: share,
  key: required(anything),
  rowKeys: listOf(anything, 0),
  stop: texts,
  force: callable,
  rowsAtOnce: whole(1),
  signal,
};

/** How a row ended: it drew its end token, said one of the stop texts, or was cut off. */
export type RowEnd = "end" | "stop" | "cut";

export interface Generated {
  /** New tokens of each row, end token left out; a stop text's are there. */
  readonly tokens: Int32Array[];
  /** Their log-probabilities in nats under the sampling policy, one more than tokens where the end token was drawn; 0 for forced ones. */
  readonly logProbs: Float32Array[];
  readonly ends: RowEnd[];
  /** Whether the row ended by itself: ends other than "cut". */
  readonly finished: boolean[];
  /** Per row and new token 1 where it was forced; undefined where nothing could be. */
  readonly forced: Uint8Array[] | undefined;
}

/** A text up to the first of the stop texts in it: what of a row's text is its answer. */
export function beforeStop(text: string, stop: readonly string[] = []): string {
  const found = stop.map((mark) => text.indexOf(mark)).filter((at) => at >= 0);
  return found.length === 0 ? text : text.slice(0, Math.min(...found));
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
  checkOptions("model.generate", options, RULES);
  await startEngine();
  const weights = fusedWeights(model);
  const decoding = (model.attached.get("decoding") ?? new Decoding(model.config)) as Decoding;
  model.attached.set("decoding", decoding);
  try {
    return await generateFrom(model.config, weights, decoding, model.tokenizer, prompts, options);
  } finally {
    tf.dispose([...weights.values()]);
  }
}

/** As `generate`, from fused weights; they and the programs stay the caller's. */
export async function generateFrom(
  config: ModelConfig,
  weights: Weights,
  decoding: Decoding,
  tokenizer: Pick<Tokenizer, "eosId" | "decode">,
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
  const endOf = endTest(tokenizer, options.stop ?? []);
  const rows = prompts.map(
    (prompt, i) => new Row(i, prompt, options.rowKeys?.[i] ?? fold(options.key, i), maxNewTokens, endOf),
  );
  await decodeRows({ config, weights, decoding, options }, rows, rowsAtOnce);
  return {
    tokens: rows.map((row) => Int32Array.from(row.end === "end" ? row.tokens.slice(0, -1) : row.tokens)),
    logProbs: rows.map((row) => Float32Array.from(row.logProbs)),
    ends: rows.map((row) => row.end ?? "cut"),
    finished: rows.map((row) => row.end === "end" || row.end === "stop"),
    forced: options.force && rows.map((row) => Uint8Array.from(row.forced)),
  };
}

type EndTest = (tokens: readonly number[]) => RowEnd | undefined;

/** Whether the last token of a row is its end. */
function endTest(tokenizer: Pick<Tokenizer, "eosId" | "decode">, stop: readonly string[]): EndTest {
  // A token has a character at least, but for pieces of one: a few tokens more than the longest text has characters hold all of it.
  const tail = Math.max(0, ...stop.map((text) => text.length)) + 4;
  return (tokens) => {
    if (tokens.at(-1) === tokenizer.eosId) return "end";
    if (stop.length === 0) return undefined;
    const text = tokenizer.decode(tokens.slice(-tail));
    return stop.some((mark) => text.includes(mark)) ? "stop" : undefined;
  };
}

/** One sequence in the making. */
class Row {
  /** Its place among the prompts. */
  readonly at: number;
  readonly prompt: readonly number[];
  readonly uniforms: Float64Array;
  readonly tokens: number[] = [];
  readonly logProbs: number[] = [];
  readonly forced: (0 | 1)[] = [];
  readonly #endOf: EndTest;
  end: RowEnd | undefined;

  constructor(at: number, prompt: readonly number[], k: Key, maxNewTokens: number, endOf: EndTest) {
    this.at = at;
    this.prompt = prompt;
    this.uniforms = uniform(k, maxNewTokens);
    this.#endOf = endOf;
  }
  /** For its next draws; a row that has ended draws on as a filler, and nobody reads what. */
  uniformsNext(count: number): number[] {
    const last = this.uniforms.length - 1;
    return Array.from({ length: count }, (_, j) =>
      cutUniform(this.uniforms[Math.min(this.tokens.length + j, last)] as number),
    );
  }
  take(token: number, logProb: number, force: GenerateOptions["force"]): void {
    if (this.end) return;
    const forced = force?.(this.tokens, this.at);
    this.tokens.push(forced ?? token);
    this.logProbs.push(forced === undefined ? logProb : 0);
    this.forced.push(forced === undefined ? 0 : 1);
    this.end = this.#endOf(this.tokens) ?? (this.tokens.length === this.uniforms.length ? "cut" : undefined);
  }
}

interface Decode {
  readonly config: ModelConfig;
  readonly weights: Weights;
  readonly decoding: Decoding;
  readonly options: GenerateOptions;
}

/** What is on the engine for the rows being decoded. */
interface Lane {
  readonly rows: readonly Row[];
  readonly cache: Cache;
}

/** Waiting rows are read when this share of the places is free: each reading is a pass of its own, which pays for several rows only. */
const REFILL_SHARE = 1 / 8;

async function decodeRows(decode: Decode, rows: readonly Row[], rowsAtOnce: number): Promise<void> {
  const { config, options } = decode;
  if (rows.length === 0 || options.signal?.aborted) return;
  const longest = Math.max(...rows.map((row) => row.prompt.length));
  const S = Math.min(config.maxLength, rounded(longest + options.maxNewTokens));
  const waiting = [...rows];
  let lane = await readPrompts(decode, waiting.splice(0, rowsAtOnce), S, true);
  try {
    while (!options.signal?.aborted) {
      if (waiting.length > 0 && ended(lane.rows) >= lane.rows.length * REFILL_SHARE)
        lane = await refill(decode, lane, waiting);
      else if (waiting.length === 0) lane = narrow(lane);
      if (lane.rows.every((row) => row.end)) {
        if (waiting.length === 0) return;
        continue; // all that were read ended with their first token
      }
      lane = await advance(decode, lane, waiting.length > 0);
      // The event loop turns between calls, so that an interrupt comes in.
      await new Promise<void>((resolve) => {
        setImmediate(resolve);
      });
    }
  } finally {
    disposeCache(lane.cache);
  }
}

/** Puts waiting rows in the places of those that have ended. */
async function refill(decode: Decode, lane: Lane, waiting: Row[]): Promise<Lane> {
  const places = lane.rows.flatMap((row, r) => (row.end ? [r] : [])).slice(0, waiting.length);
  const read = await readPrompts(decode, waiting.splice(0, places.length), lane.cache.S, false);
  const cache = putRows(lane.cache, read.cache, places);
  disposeCache(read.cache);
  const rows = [...lane.rows];
  places.forEach((place, i) => (rows[place] = read.rows[i] as Row));
  return { rows, cache };
}

/**
 * Reads every distinct prompt once, gives each row a copy of what was read, and draws each row's first token.
 * @param again whether as many will come in the next call
 */
async function readPrompts(decode: Decode, rows: readonly Row[], S: number, again: boolean): Promise<Lane> {
  const { weights, decoding, options } = decode;
  const longest = Math.max(...rows.map((row) => row.prompt.length));
  const distinct = new Map<string, { readonly at: number; readonly prompt: readonly number[] }>();
  const of = rows.map(({ prompt }) => {
    const name = prompt.join(" ");
    const known = distinct.get(name) ?? { at: distinct.size, prompt };
    distinct.set(name, known);
    return known.at;
  });
  const input = {
    prompts: Array.from(distinct.values(), ({ prompt }) => prompt),
    T: Math.min(S, rounded(longest)),
    S,
    of,
    uniforms: rows.flatMap((row) => row.uniformsNext(1)),
  };
  const read = await decoding.read(weights, input, options, again);
  await deal(rows, read.drawn, options);
  return { rows, cache: read.cache };
}

/** Tokens said between two looks at them, where nobody is about to end: a look costs as much as a step of the smallest models. */
const STEPS_AT_ONCE = 4;
/** Below this many the larger program (0.24 s to compile instead of 0.07 for 2 x 32 on tensorflow) would hardly be paid back. */
const LONG_ANSWER = 16;
/** Multiplications in a step of all rows above which steps are made one by one: a look costs nothing beside them, and interrupts should not wait for several. */
const LARGE_STEP = 2 ** 28;
/** Once this share of the rows has ended, most of what several steps say would be thrown away. */
const ENDING_SHARE = 1 / 4;

/** @returns how many: nearly equal parts of what a row may say, so that one program serves them all */
function stepsAtOnce({ weights, options }: Decode, rows: readonly Row[], waiting: boolean): number {
  const left = options.maxNewTokens - 1; // the first one comes from reading
  const large = weightsSize(weights) * rows.length > LARGE_STEP;
  if (left < LONG_ANSWER || waiting || options.force || large || ended(rows) >= rows.length * ENDING_SHARE) return 1;
  return Math.ceil(left / Math.ceil(left / STEPS_AT_ONCE));
}

/** Feeds the last tokens and draws the next few of every row. */
async function advance(decode: Decode, { rows, cache }: Lane, waiting: boolean): Promise<Lane> {
  const { weights, decoding, options } = decode;
  const count = stepsAtOnce(decode, rows, waiting);
  // A finished row goes on as its own filler: its slots are its own, and nobody reads what it draws.
  const input = {
    tokens: rows.map((row) => row.tokens.at(-1) as number),
    positions: rows.map((row) => row.prompt.length + row.tokens.length - 1),
    uniforms: rows.map((row) => row.uniformsNext(count)),
  };
  const next = await decoding.steps(weights, cache, input, options);
  await deal(rows, next.drawn, options);
  return { rows, cache: next.cache };
}

const ended = (rows: readonly Row[]): number => rows.filter((row) => row.end).length;
/** A batch of these rows would become a smaller one. */
const isNarrowed = (rows: readonly Row[]): boolean =>
  rows.length - ended(rows) <= Math.ceil(rows.length / 2) && rows.length > 1;

/** @param drawn [steps, 2, R], disposed here */
async function deal(rows: readonly Row[], drawn: tf.Tensor3D, { force }: GenerateOptions): Promise<void> {
  const values = await drawn.data();
  const [steps] = drawn.shape;
  const R = rows.length;
  drawn.dispose();
  // On some engines the last bits of a log-probability depend on the size of the batch. What comes after a step that narrows it is said again by the smaller one: looking at
  // several tokens at once changes no number.
  for (let j = 0; j < steps && (j === 0 || !isNarrowed(rows)); j++)
    rows.forEach((row, r) => row.take(values[2 * j * R + r] as number, values[(2 * j + 1) * R + r] as number, force));
}

/** Halves the batch once half of it is finished: halves, so that few batch sizes occur and each is captured once. */
function narrow(lane: Lane): Lane {
  const half = Math.ceil(lane.rows.length / 2);
  const alive = lane.rows.flatMap((row, r) => (row.end ? [] : [r]));
  if (!isNarrowed(lane.rows)) return lane;
  const finished = lane.rows.flatMap((row, r) => (row.end ? [r] : []));
  const kept = [...alive, ...finished.slice(0, half - alive.length)];
  const index = tf.tensor1d(kept, "int32");
  const cache = gatherRows(lane.cache, index);
  index.dispose();
  disposeCache(lane.cache);
  return { rows: kept.map((r) => lane.rows[r] as Row), cache };
}
