// Where the numbers that training changes lie in one flat vector: all fused weights of a model (model/parameters.ts), or the matrices of
// its adapter (model/adapter.ts), whose frozen weights are then part of the layout. One vector, because an optimizer over 50 tensors is 700
// engine calls a step and over one is 20.
import { adaptedMatrix, withAdapter } from "../model/adapter.ts";
import type { Adapter, AdapterPair } from "../model/adapter.ts";
import { makeModel } from "../model/model.ts";
import type { Model } from "../model/model.ts";
import { fuse, fusedSpecs, unfuse } from "../model/parameters.ts";
import type { Weights } from "../model/parameters.ts";
import * as tf from "../tensor/tf.ts";

export interface Piece {
  readonly name: string;
  readonly shape: readonly number[];
}

export interface Layout {
  /** Of the pieces of the vector, in its order. */
  readonly pieces: readonly Piece[];
  /** Numbers in the vector. */
  readonly count: number;
  /** @returns fused weights by name; they belong to the caller's tidy */
  weightsOf(flat: tf.Tensor): Weights;
  /** @returns [count] from the gradients of fused weights; one that is not there contributes zeros */
  gradientOf(byName: ReadonlyMap<string, tf.Tensor>, flat: tf.Tensor): tf.Tensor1D;
  /** @returns the vector of a model; the caller disposes it */
  flatOf(model: Model): tf.Tensor1D;
  /** @returns a new model with the numbers of a vector; the caller disposes it */
  modelOf(like: Model, flat: tf.Tensor): Model;
  /** Frees what is frozen. */
  dispose(): void;
}

const sizeOf = ({ shape }: Piece) => shape.reduce((product, size) => product * size, 1);

/** @returns views of a flat vector by name, of the caller's tidy */
export function split(pieces: readonly Piece[], flat: tf.Tensor): Map<string, tf.Tensor> {
  const parts = tf.split(flat, pieces.map(sizeOf));
  return new Map(pieces.map((piece, i) => [piece.name, (parts[i] as tf.Tensor).reshape([...piece.shape])]));
}

export const join = (pieces: readonly Piece[], byName: ReadonlyMap<string, tf.Tensor>): tf.Tensor1D =>
  tf.concat1d(pieces.map((piece) => byName.get(piece.name)?.flatten() ?? tf.zeros([sizeOf(piece)])));

const counted = (pieces: readonly Piece[]) => pieces.reduce((sum, piece) => sum + sizeOf(piece), 0);

/** @returns the layout of what training changes in a model; dispose it */
export function layoutOf(model: Model): Layout {
  return model.adapter ? adapterLayout(model, model.adapter) : wholeLayout(model);
}

function wholeLayout({ config }: Model): Layout {
  const pieces = fusedSpecs(config);
  return {
    pieces,
    count: counted(pieces),
    weightsOf: (flat) => split(pieces, flat),
    gradientOf: (byName) => join(pieces, byName),
    flatOf: (model) => tf.tidy(() => join(pieces, fuse(config, model.parameters))),
    modelOf(like, flat) {
      const named = tf.tidy(() => Object.fromEntries(unfuse(config, split(pieces, flat))));
      const model = makeModel(config, like.tokenizer, new Map(Object.entries(named)));
      tf.dispose(named);
      return model;
    },
    dispose() {},
  };
}

function adapterLayout(model: Model, adapter: Adapter): Layout {
  const { config } = model;
  const { scale } = adapter;
  // References of its own: a captured step keeps tensors that do not change, and the model may be disposed meanwhile.
  const frozen = new Map(Array.from(model.parameters, ([name, weight]) => [name, weight.clone()]));
  const frozenFused = fuse(config, frozen);
  const touched = new Set(
    fusedSpecs(config).flatMap(({ name, parts }) => (parts.some((part) => adapter.pairs.has(part.name)) ? [name] : [])),
  );
  const pieces = Array.from(adapter.pairs, ([name, { a, b }]) => [
    { name: `${name} A`, shape: a.shape },
    { name: `${name} B`, shape: b.shape },
  ]).flat();
  const pairOf = (parts: ReadonlyMap<string, tf.Tensor>, name: string): AdapterPair => ({
    a: parts.get(`${name} A`) as tf.Tensor,
    b: parts.get(`${name} B`) as tf.Tensor,
  });
  return {
    pieces,
    count: counted(pieces),
    weightsOf(flat) {
      const parts = split(pieces, flat);
      const named = new Map<string, tf.Tensor>(frozen);
      for (const name of adapter.pairs.keys())
        named.set(name, adaptedMatrix(frozen.get(name) as tf.Tensor, pairOf(parts, name), scale));
      const summed = fuse(config, named, touched);
      return new Map(Array.from(frozenFused, ([name, weight]) => [name, summed.get(name) ?? weight.clone()]));
    },
    gradientOf(byName, flat) {
      const parts = split(pieces, flat);
      const gradients = new Map<string, tf.Tensor>();
      for (const [name, gradient] of unfuse(config, byName, touched)) {
        if (!adapter.pairs.has(name)) continue;
        const { a, b } = pairOf(parts, name);
        const scaled = tf.mul(gradient, scale);
        gradients.set(`${name} A`, tf.matMul(scaled, b, false, true));
        gradients.set(`${name} B`, tf.matMul(a, scaled, true, false));
      }
      return join(pieces, gradients);
    },
    flatOf: (of) =>
      tf.tidy(() => {
        const named = Array.from((of.adapter as Adapter).pairs, ([name, { a, b }]): [string, tf.Tensor][] => [
          [`${name} A`, a],
          [`${name} B`, b],
        ]);
        return join(pieces, new Map(named.flat()));
      }),
    modelOf(like, flat) {
      const parts = tf.tidy(() => Object.fromEntries(split(pieces, flat)));
      const byName = new Map(Object.entries(parts));
      const pairs = new Map(Array.from(adapter.pairs.keys(), (name) => [name, pairOf(byName, name)]));
      const made = withAdapter(like, { ...adapter, pairs });
      tf.dispose(parts);
      return made;
    },
    dispose: () => tf.dispose([...frozen.values(), ...frozenFused.values()]),
  };
}
