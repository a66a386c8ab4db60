// One gradient of a loss over tokens: through the decoder to the logits, a loss's own few lines, and all the way back.
import { Gradients, head, hiddenStates } from "../model/decoder.ts";
import type { Tables } from "../model/decoder.ts";
import { tokenLogProbs } from "../tensor/ops/token-log-probs.ts";
import type { TokenGradients, TokenLogProbs } from "../tensor/ops/token-log-probs.ts";
import type { Feeds } from "../tensor/capture/capture.ts";
import * as tf from "../tensor/tf.ts";
import { weightsOf } from "./state.ts";
import type { TrainState } from "./state.ts";

/**
 * A loss as its gradient: from the log-probability of each target to dLoss / dLogProb.
 * @returns the gradients, each [N], and `metrics`: scalars in the order of the loss's metric names, the loss first
 */
export type TokenLoss = (
  policy: TokenLogProbs,
  feeds: Feeds,
) => TokenGradients & { readonly metrics: readonly tf.Tensor[] };

/** @returns logits [B * T, V] of a flat weight vector, with the way back */
function logitsOf(state: TrainState, flat: tf.Tensor, ids: tf.Tensor2D, tables: Tables, recompute: boolean) {
  const weights = weightsOf(state, flat);
  const hidden = hiddenStates(state.config, weights, ids, tables, recompute);
  const logits = head(weights, hidden.y);
  return {
    logits: logits.y,
    back: (dLogits: tf.Tensor2D): tf.Tensor1D => {
      const gradients = new Gradients();
      hidden.back(logits.back(dLogits, gradients), gradients);
      return state.layout.gradientOf(gradients.byName, flat);
    },
  };
}

/** A loss of something else than tokens' probabilities, e.g. a critic's. */
export interface OwnGradient {
  /** As lossGradient. */
  readonly gradientOf: (state: TrainState, feeds: Feeds, tables: Tables) => GradientResult;
}

export interface GradientResult {
  /** [P] */
  readonly gradient: tf.Tensor1D;
  /** [number of metrics] */
  readonly metrics: tf.Tensor1D;
}

/**
 * All tensors belong to the caller's tidy. Nothing is read back, so that a step made of this can be captured.
 * @param feeds `ids` [B, T] int32 and `targets` [B * T, 2] int32, and what the loss asks for
 * @param options.temperature the policy's: its log-probabilities are those of logits / temperature; default 1
 * @param options.recompute   see hiddenStates; default false
 */
export function lossGradient(
  state: TrainState,
  loss: TokenLoss,
  feeds: Feeds,
  tables: Tables,
  { temperature = 1, recompute = false }: { readonly temperature?: number; readonly recompute?: boolean } = {},
): GradientResult {
  const { logits, back } = logitsOf(state, state.theta, feeds["ids"] as tf.Tensor2D, tables, recompute);
  const scaled = (x: tf.Tensor2D) => (temperature === 1 ? x : tf.div<tf.Tensor2D>(x, temperature));
  const policy = tokenLogProbs(scaled(logits), feeds["targets"] as tf.Tensor2D);
  const { metrics, ...d } = loss(policy, feeds);
  return { gradient: back(scaled(policy.back(d))), metrics: tf.stack([...metrics]) as tf.Tensor1D };
}
