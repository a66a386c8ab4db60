// What a training step reads and changes: all weights as one vector, and AdamW's two moments beside it. One vector, because an
// optimizer over 50 tensors is 700 engine calls a step and over one is 20. The layout is that of the fused weights (model/parameters.ts).
import * as tf from "../tensor/tf.ts";
import { fuse, fusedSpecs, unfuse } from "../model/parameters.ts";
import type { FusedSpec, Weights } from "../model/parameters.ts";
import { makeModel } from "../model/model.ts";
import type { Model } from "../model/model.ts";
import type { ModelConfig } from "../model/config.ts";

export interface TrainState {
  readonly config: ModelConfig;
  readonly specs: readonly FusedSpec[];
  /** [P] every weight */
  readonly theta: tf.Variable;
  /** [P] running mean of the gradient */
  readonly mean: tf.Variable;
  /** [P] running mean of its square */
  readonly square: tf.Variable;
  /** [P] 1 where weight decay applies: tensors of two or more dimensions */
  readonly decayed: tf.Tensor1D;
}

const sizeOf = (spec: FusedSpec) => spec.shape.reduce((product, size) => product * size, 1);

/** @returns [P]; the caller disposes it */
export function flatWeights(model: Model): tf.Tensor1D {
  return tf.tidy(() => tf.concat1d(Array.from(fuse(model.config, model.parameters).values(), (t) => t.flatten())));
}

/** @returns a state that starts at the model's weights with empty moments; disposeState frees it */
export function makeState(model: Model): TrainState {
  const specs = fusedSpecs(model.config);
  const count = model.parameterCount;
  const decayed = new Float32Array(count);
  let at = 0;
  for (const spec of specs) {
    if (spec.shape.length >= 2) decayed.fill(1, at, at + sizeOf(spec));
    at += sizeOf(spec);
  }
  const flat = flatWeights(model);
  const zeros = tf.zeros([count]);
  const state = {
    config: model.config,
    specs,
    theta: tf.variable(flat),
    mean: tf.variable(zeros),
    square: tf.variable(zeros),
    decayed: tf.tensor1d(decayed),
  };
  tf.dispose([flat, zeros]);
  return state;
}

/** @returns views of a flat vector as fused weights; they belong to the caller's tidy */
export function weightsOf(specs: readonly FusedSpec[], flat: tf.Tensor): Weights {
  const pieces = tf.split(flat, specs.map(sizeOf));
  return new Map(specs.map((spec, i) => [spec.name, (pieces[i] as tf.Tensor).reshape([...spec.shape])]));
}

/** @returns [P] in the order of the state; a weight without a gradient contributes zeros */
export function flatten(specs: readonly FusedSpec[], byName: ReadonlyMap<string, tf.Tensor>): tf.Tensor1D {
  return tf.concat1d(specs.map((spec) => byName.get(spec.name)?.flatten() ?? tf.zeros([sizeOf(spec)])));
}

/** @returns a new model with the weights of a flat vector; the caller disposes it */
export function modelOf(like: Model, flat: tf.Tensor): Model {
  const named = tf.tidy(() => Object.fromEntries(unfuse(like.config, weightsOf(fusedSpecs(like.config), flat))));
  const model = makeModel(like.config, like.tokenizer, new Map(Object.entries(named)));
  tf.dispose(named);
  return model;
}

export function disposeState(state: TrainState): void {
  for (const tensor of [state.theta, state.mean, state.square, state.decayed]) tensor.dispose();
}
