// Reading prompts and saying tokens, for one model shape, as captured programs: feed the last tokens, get the next few. Weights, caches and tables are all
// feeds, so one program serves every call and every training step as long as the shapes stay, and keeps no tensors.
import { capture } from "../tensor/capture/capture.ts";
import type { Captured, Feeds } from "../tensor/capture/capture.ts";
import * as tf from "../tensor/tf.ts";
import { decodeStep, disposeCache, gatherRows, prefill } from "./cache.ts";
import type { Cache } from "./cache.ts";
import type { ModelConfig } from "./config.ts";
import { rotaryTables } from "./rotary.ts";
import type { RotaryTables } from "./rotary.ts";
import type { Weights } from "./parameters.ts";
import { sampleTokens } from "../tensor/ops/sample.ts";
import type { Policy } from "../tensor/ops/sample.ts";

/** Prompts, and which rows start from them. */
export interface ReadInput {
  /** Token ids of U prompts, each at least one. */
  readonly prompts: readonly (readonly number[])[];
  /** Their padded length. */
  readonly T: number;
  /** Slots of the cache, at least T. */
  readonly S: number;
  /** For each of R rows, its prompt. */
  readonly of: readonly number[];
  /** Per row, for its first token; see sampleTokens. */
  readonly uniforms: readonly number[];
}

/** What some steps take, per row. */
export interface StepInput {
  /** The last token, not yet in the cache, and where it stands. */
  readonly tokens: readonly number[];
  readonly positions: readonly number[];
  /** One for each token to say; see sampleTokens. */
  readonly uniforms: readonly (readonly number[])[];
}

/** What rows say, and the cache they say it from. */
export interface Said {
  /** [steps, 2, R]: drawn tokens, then their log-probabilities; the caller disposes it */
  readonly drawn: tf.Tensor3D;
  /** The caller's. */
  readonly cache: Cache;
}

type DrawPolicy = Omit<Policy, "temperature"> & { readonly greedy: boolean };

/** Readings of at most this many multiplications are replayed: larger ones gain little, and on wasm a program keeps the memory that it computes in. */
const MAX_REPLAYED = 2 ** 31;

export class Decoding {
  readonly #config: ModelConfig;
  readonly #rotaries: RotaryTables;
  /** By what of the policy and of the sizes is part of the program: the temperature is a feed. */
  readonly #programs = new Map<string, Captured>();

  constructor(config: ModelConfig) {
    this.#config = config;
    this.#rotaries = rotaryTables(config, config.maxLength);
  }

  /**
   * Reads prompts, gives each row what was read of its own, and draws each row's first token.
   * @param again whether as many prompts will come again: only then it is worth a program
   */
  async read(weights: Weights, input: ReadInput, policy: Policy, again: boolean): Promise<Said> {
    const { prompts, T, S, of, uniforms } = input;
    const U = prompts.length;
    const ids = new Int32Array(U * T);
    prompts.forEach((prompt, u) => ids.set(prompt, u * T));
    const alike = of.length === U && of.every((prompt, r) => prompt === r);
    const own = {
      ids: tf.tensor2d(ids, [U, T], "int32"),
      last: tf.tensor1d(
        prompts.map((prompt, u) => u * T + prompt.length - 1),
        "int32",
      ),
      uniforms: tf.tensor2d([...uniforms], [of.length, 1]),
      temperature: tf.scalar(policy.temperature),
      ...(!alike && { of: tf.tensor1d([...of], "int32") }),
    };
    const step = (feeds: Feeds, draw: DrawPolicy) => {
      const read = prefill(
        this.#config,
        weightsIn(feeds),
        feeds as RotaryTables,
        feeds["ids"] as tf.Tensor2D,
        feeds["last"] as tf.Tensor1D,
        S,
      );
      const rows = feeds["of"] as tf.Tensor1D | undefined;
      const logits: tf.Tensor2D = rows ? tf.gather(read.logits, rows) : read.logits;
      const drawn = drawnOf(logits, feeds, draw, feeds["uniforms"] as tf.Tensor2D);
      const cache = rows ? gatherRows(read.cache, rows) : read.cache;
      if (rows) disposeCache(read.cache);
      return [tf.expandDims(drawn, 0), ...cache.keys, ...cache.values];
    };
    const size = weightsSize(weights) * U * T;
    return this.#run(`read ${S}`, again && size <= MAX_REPLAYED, weights, own, S, policy, step);
  }

  /**
   * Some tokens more for every row, as many as there are uniforms for each.
   * @returns as `read`, the cache with the tokens fed; `cache` is freed
   */
  async steps(weights: Weights, cache: Cache, input: StepInput, policy: Policy): Promise<Said> {
    const { layers } = this.#config;
    const own = {
      tokens: tf.tensor1d([...input.tokens], "int32"),
      positions: tf.tensor1d([...input.positions], "int32"),
      uniforms: tf.tensor2d(input.uniforms.map((row) => [...row])),
      temperature: tf.scalar(policy.temperature),
      ...Object.fromEntries(cache.keys.map((t, i) => [`k${i}`, t])),
      ...Object.fromEntries(cache.values.map((t, i) => [`v${i}`, t])),
    };
    const step = (feeds: Feeds, draw: DrawPolicy) => {
      // Of the feeds alone: the program that is made of this serves other caches.
      const each = (letter: string) => Array.from({ length: layers }, (_, i) => feeds[`${letter}${i}`] as tf.Tensor);
      const uniforms = feeds["uniforms"] as tf.Tensor2D;
      const count = uniforms.shape[1];
      const perStep: tf.Tensor2D[] = count === 1 ? [uniforms] : tf.split(uniforms, count, 1);
      let [tokens, positions] = [feeds["tokens"] as tf.Tensor1D, feeds["positions"] as tf.Tensor1D];
      const keys = each("k");
      const [R, , S] = (feeds["k0"] as tf.Tensor4D).shape;
      let inCache: Cache = { S, keys, values: each("v") };
      const said = perStep.map((uniform, j) => {
        if (j > 0) positions = tf.minimum(tf.add(positions, tf.scalar(1, "int32")), tf.scalar(S - 1, "int32"));
        const next = decodeStep(this.#config, weightsIn(feeds), inCache, feeds as RotaryTables, tokens, positions);
        inCache = next.cache;
        const drawn = drawnOf(next.logits, feeds, draw, uniform);
        tokens = tf.cast(tf.reshape<tf.Rank.R1>(tf.slice(drawn, [0, 0], [1, R]), [R]), "int32");
        return drawn;
      });
      return [tf.stack(said), ...inCache.keys, ...inCache.values];
    };
    return this.#run("steps", true, weights, own, cache.S, policy, step);
  }

  /** @param own feeds of this call, disposed here */
  async #run(
    name: string,
    replayed: boolean,
    weights: Weights,
    own: Feeds,
    S: number,
    { temperature, ...cuts }: Policy,
    step: (feeds: Feeds, draw: DrawPolicy) => tf.Tensor[],
  ): Promise<Said> {
    const draw = { ...cuts, greedy: temperature === 0 };
    const feeds: Feeds = {
      ...own,
      ...Object.fromEntries(Array.from(weights, ([at, t]) => [`w:${at}`, t])),
      ...this.#rotaries,
    };
    const { layers } = this.#config;
    try {
      const full = `${name} ${draw.greedy} ${draw.topK} ${draw.topP} ${draw.minP}`;
      const [drawn, ...caches] = replayed
        ? await this.#program(full, (given) => step(given, draw)).run(feeds)
        : tf.tidy(() => step(feeds, draw));
      return {
        drawn: drawn as tf.Tensor3D,
        cache: { S, keys: caches.slice(0, layers), values: caches.slice(layers) },
      };
    } finally {
      tf.dispose({ ...own });
    }
  }

  #program(name: string, step: (feeds: Feeds) => tf.Tensor[]): Captured {
    const kept = this.#programs.get(name) ?? capture(step);
    this.#programs.set(name, kept);
    return kept;
  }

  dispose(): void {
    for (const captured of this.#programs.values()) captured.dispose();
    tf.dispose({ ...this.#rotaries });
  }
}

const weightsIn = (feeds: Feeds): Weights =>
  new Map(Object.entries(feeds).flatMap(([at, t]) => (at.startsWith("w:") ? [[at.slice(2), t]] : [])));

/** Multiplications for one token. */
export const weightsSize = (weights: Weights): number =>
  Array.from(weights.values()).reduce((sum, { size }) => sum + size, 0);

/** @returns [2, R] */
function drawnOf(logits: tf.Tensor2D, feeds: Feeds, { greedy, ...cuts }: DrawPolicy, uniforms: tf.Tensor2D) {
  const scaled = greedy ? logits : tf.div<tf.Tensor2D>(logits, feeds["temperature"] as tf.Tensor);
  return sampleTokens(scaled, { ...cuts, temperature: greedy ? 0 : 1 }, uniforms);
}
