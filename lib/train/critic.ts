// The critic: a network of the model's shape with one number per position where the model has a vocabulary - what reward it expects from there on. It
// starts as a copy of the model, expecting 0, and has an optimizer of its own.
// Source: as PPO is used on language models (TRL, verl): half the squared error, the larger of the plain one and the one whose change is clipped.
import { fusedWeights } from "../model/adapter.ts";
import { Gradients, hiddenStates, inferHidden, tablesOf } from "../model/decoder.ts";
import type { Tables } from "../model/decoder.ts";
import type { Model } from "../model/model.ts";
import { rotaryTables } from "../model/rotary.ts";
import { fusedSpecs } from "../model/parameters.ts";
import type { Weights } from "../model/parameters.ts";
import type { Feeds } from "../tensor/capture/capture.ts";
import * as tf from "../tensor/tf.ts";
import { collate } from "./batch.ts";
import type { Sequence } from "./batch.ts";
import type { GradientResult } from "./gradient.ts";
import { join, split } from "./layout.ts";
import type { Layout } from "./layout.ts";
import type { Rates } from "../tensor/ops/adamw.ts";
import { stateFrom } from "./state.ts";
import type { TrainState } from "./state.ts";
import { Trainer } from "./trainer.ts";

/** How far a value may move from the one before the update, before its error counts as if it had stopped there. */
const VALUE_CLIP = 0.2;

const [WEIGHT, BIAS] = ["value weight", "value bias"] as const;

/** A layout of all of a model's weights and the two of the value. */
function criticLayout(model: Model): Layout {
  const { config } = model;
  const ends = [
    { name: WEIGHT, shape: [config.width, 1] },
    { name: BIAS, shape: [1] },
  ];
  const pieces = [...fusedSpecs(config), ...ends];
  return {
    pieces,
    count: pieces.reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0),
    weightsOf: (flat) => split(pieces, flat),
    gradientOf: (byName) => join(pieces, byName),
    // An adapter's matrices are merged: the critic is trained whole.
    flatOf: (of) => tf.tidy(() => join(pieces, fusedWeights(of))),
    modelOf: () => {
      throw new TypeError("a critic is no model");
    },
    dispose() {},
  };
}

const valuesOf = (weights: Weights, hidden: tf.Tensor): tf.Tensor1D =>
  tf.add(tf.matMul(hidden, weights.get(WEIGHT) as tf.Tensor), weights.get(BIAS) as tf.Tensor).flatten();

/**
 * Half the squared error of values, weighted per token.
 * @param feeds [N]: `shares` (1 / completion tokens of the batch, or 0), `oldValues`, `returns`
 * @returns dValues [N], and the loss and the share of tokens at which the clip stopped the gradient
 */
export function valueLoss(values: tf.Tensor1D, feeds: Feeds) {
  const [shares, before, returns] = ["shares", "oldValues", "returns"].map((name) => feeds[name] as tf.Tensor1D) as [
    tf.Tensor1D,
    tf.Tensor1D,
    tf.Tensor1D,
  ];
  const kept = tf.minimum(tf.maximum(values, tf.sub(before, VALUE_CLIP)), tf.add(before, VALUE_CLIP));
  const [error, keptError] = [tf.sub(values, returns), tf.sub(kept, returns)];
  const stopped = tf.cast(tf.greater(tf.square(keptError), tf.square(error)), "float32");
  const larger = tf.maximum(tf.square(error), tf.square(keptError));
  return {
    dValues: tf.mul<tf.Tensor1D>(shares, tf.mul(error, tf.sub(1, stopped))),
    metrics: [tf.div(tf.sum(tf.mul(shares, larger)), 2), tf.sum(tf.mul(shares, stopped))],
  };
}

function valueGradient(state: TrainState, feeds: Feeds, tables: Tables): GradientResult {
  const weights = state.layout.weightsOf(state.theta);
  const hidden = hiddenStates(state.config, weights, feeds["ids"] as tf.Tensor2D, tables);
  const { dValues, metrics } = valueLoss(valuesOf(weights, hidden.y), feeds);
  const column = tf.expandDims<tf.Tensor2D>(dValues, 1);
  const gradients = new Gradients();
  gradients.add(WEIGHT, tf.matMul(hidden.y, column, true, false));
  gradients.add(BIAS, tf.sum(column, 0));
  hidden.back(tf.matMul(column, weights.get(WEIGHT) as tf.Tensor2D, false, true), gradients);
  return {
    gradient: state.layout.gradientOf(gradients.byName, state.theta),
    metrics: tf.stack(metrics) as tf.Tensor1D,
  };
}

interface CriticOptions {
  /** Rows per pass. */
  readonly microBatch: number;
  /** Largest global gradient norm. */
  readonly clip: number;
}

export class Critic {
  readonly #trainer: Trainer;
  readonly #model: Model;
  readonly #microBatch: number;

  constructor(model: Model, { microBatch, clip }: CriticOptions) {
    this.#model = model;
    this.#microBatch = microBatch;
    const state = stateFrom(model, criticLayout(model));
    this.#trainer = new Trainer(state, { gradientOf: valueGradient }, { weightDecay: 0, clip });
  }

  get state(): TrainState {
    return this.#trainer.state;
  }

  /** As the trainer's, as tensors of the critic. */
  get culprits(): readonly string[] {
    return this.#trainer.culprits.map((name) => `${name} of the critic`);
  }

  /** @returns per row, what is expected before each completion token */
  async values(sequences: readonly Sequence[]): Promise<Float32Array[]> {
    const { config } = this.#model;
    const rows: Float32Array[] = [];
    for (const { part, B, T, ids } of this.#parts(sequences)) {
      const rotaries = rotaryTables(config, T);
      const values = tf.tidy(() => {
        const weights = this.state.layout.weightsOf(this.state.theta);
        const tables = tablesOf(config, rotaries, T);
        return valuesOf(weights, inferHidden(config, weights, tf.tensor2d(ids, [B, T], "int32"), tables));
      });
      const all = (await values.data()) as Float32Array;
      tf.dispose([values, { ...rotaries }]);
      part.forEach(({ tokens, promptLength }, b) =>
        rows.push(all.slice(b * T + promptLength - 1, b * T + tokens.length - 1)),
      );
    }
    return rows;
  }

  /**
   * One optimizer step.
   * @param before  values when the completions were drawn, per row and token
   * @param returns what came out, likewise
   * @returns loss, share of clipped tokens, gradient norm
   */
  async step(
    sequences: readonly Sequence[],
    before: readonly Float32Array[],
    returns: readonly Float64Array[],
    rates: Rates,
  ): Promise<number[]> {
    const total = before.reduce((sum, row) => sum + row.length, 0);
    let first = 0;
    const feeds = this.#parts(sequences).map(({ part, B, T, ids }): Feeds => {
      const placed = (numbers: (row: number) => ArrayLike<number>) => {
        const out = new Float32Array(B * T);
        part.forEach(({ promptLength }, b) => out.set(numbers(first + b), b * T + promptLength - 1));
        return tf.tensor1d(out);
      };
      const made = {
        ids: tf.tensor2d(ids, [B, T], "int32"),
        shares: placed((row) => (before[row] as Float32Array).map(() => 1 / total)),
        oldValues: placed((row) => before[row] as Float32Array),
        returns: placed((row) => returns[row] as Float64Array),
      };
      first += B;
      return made;
    });
    return this.#trainer.step(feeds, rates);
  }

  #parts(sequences: readonly Sequence[]) {
    const { tokenizer, config } = this.#model;
    const count = Math.ceil(sequences.length / this.#microBatch);
    return Array.from({ length: count }, (_, i) => {
      const part = sequences.slice(i * this.#microBatch, (i + 1) * this.#microBatch);
      return { part, ...collate(part, (s) => s.promptLength, tokenizer.padId, config.maxLength) };
    });
  }

  dispose(): void {
    this.#trainer.dispose();
  }
}
