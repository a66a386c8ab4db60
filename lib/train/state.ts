// What a training step reads and changes: a vector of all numbers that it trains (layout.ts), and AdamW's two moments beside it.
import type { ModelConfig } from "../model/config.ts";
import type { Model } from "../model/model.ts";
import type { Weights } from "../model/parameters.ts";
import type { AdamWState } from "../tensor/ops/adamw.ts";
import * as tf from "../tensor/tf.ts";
import { layoutOf } from "./layout.ts";
import type { Layout } from "./layout.ts";

/** `decayed`: weight decay applies to tensors of two or more dimensions. */
export interface TrainState extends AdamWState {
  readonly config: ModelConfig;
  readonly layout: Layout;
}

/** What a run trains along with its model, by name: checkpoints hold it too. Its owner disposes it. */
export type Companions = Readonly<Record<string, TrainState>>;

/** @returns [P]; the caller disposes it */
export function flatWeights(model: Model): tf.Tensor1D {
  const layout = layoutOf(model);
  const flat = layout.flatOf(model);
  layout.dispose();
  return flat;
}

/** @returns a state that starts at the model's weights with empty moments; disposeState frees it */
export function makeState(model: Model): TrainState {
  return stateFrom(model, layoutOf(model));
}

/** As makeState, with a layout of one's own, which becomes the state's. */
export function stateFrom(model: Model, layout: Layout): TrainState {
  const decayed = new Float32Array(layout.count);
  let at = 0;
  for (const { shape } of layout.pieces) {
    const size = shape.reduce((product, length) => product * length, 1);
    if (shape.length >= 2) decayed.fill(1, at, at + size);
    at += size;
  }
  const flat = layout.flatOf(model);
  const zeros = tf.zeros([layout.count]);
  const state = {
    config: model.config,
    layout,
    theta: tf.variable(flat),
    mean: tf.variable(zeros),
    square: tf.variable(zeros),
    decayed: tf.tensor1d(decayed),
  };
  tf.dispose([flat, zeros]);
  return state;
}

/** @returns the fused weights of a flat vector; they belong to the caller's tidy */
export function weightsOf(state: TrainState, flat: tf.Tensor): Weights {
  return state.layout.weightsOf(flat);
}

/** @returns a new model with the numbers of a flat vector; the caller disposes it */
export function modelOf(like: Model, flat: tf.Tensor): Model {
  const layout = layoutOf(like);
  try {
    return layout.modelOf(like, flat);
  } finally {
    layout.dispose();
  }
}

export function disposeState({ theta, mean, square, decayed, layout }: TrainState): void {
  for (const tensor of [theta, mean, square, decayed]) tensor.dispose();
  layout.dispose();
}
