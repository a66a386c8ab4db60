// Logits of a model for whole sequences: what a user calls to look inside, and what the parity tests compare.
import { fault } from "../core/errors.ts";
import * as tf from "../tensor/tf.ts";
import { fusedWeights } from "./adapter.ts";
import { head, hiddenStates, tablesOf } from "./decoder.ts";
import type { Model } from "./model.ts";
import { rotaryTables } from "./rotary.ts";

/**
 * Raw next-token logits at every position. Sequences of different lengths are padded on the right with any id: no position before the
 * padding depends on it. Composed of tf operations, so tf.grads through it gives gradients of the model's variables.
 * @param ids [B, T] int32
 * @returns [B, T, V] float32; the caller disposes it
 * @throws TOO_LONG  T exceeds the model's maxLength
 */
export function forward(model: Model, ids: tf.Tensor2D): tf.Tensor3D {
  const { config } = model;
  const [B, T] = ids.shape;
  // Positions that are stretched by a text's own length are there for texts longer than maxLength; nothing else may be.
  const longest =
    config.ropeScaling?.type === "dynamic" ? config.maxLength * config.ropeScaling.factor : config.maxLength;
  if (T > longest)
    throw fault("TOO_LONG", `${T} tokens, the model takes ${longest}.`, "shorten the sequences or raise maxLength.");
  return tf.tidy(() => {
    const weights = fusedWeights(model);
    const hidden = hiddenStates(config, weights, ids, tablesOf(config, rotaryTables(config, T), T));
    return tf.reshape(head(weights, hidden.y).y, [B, T, config.vocabSize]);
  });
}
