// One gradient of a loss over tokens: through the decoder to the logits, a loss's own few lines, and all the way back. And the optimizer step on it.
// A step is a function of variables and feeds of fixed shapes, with nothing read back inside, so that it can be traced once and replayed.
import { disposeTables, Gradients, head, hiddenStates, makeTables } from "../model/decoder.ts";
import type { Tables } from "../model/decoder.ts";
import { tokenLogProbs } from "../model/ops/token-log-probs.ts";
import type { TokenLogProbs } from "../model/ops/token-log-probs.ts";
import * as tf from "../tensor/tf.ts";
import { adamW, ratesTensor } from "./optimizer.ts";
import type { AdamWOptions, Rates } from "./optimizer.ts";
import { disposeState, flatten, weightsOf } from "./state.ts";
import type { TrainState } from "./state.ts";

/** Everything that changes between steps, by name. `ids` [B, T] and `targets` [B * T, 2] are always there. */
export type Feeds = Readonly<Record<string, tf.Tensor>>;

/**
 * A loss as its gradient: from the log-probability of each target to dLoss / dLogProb.
 * @returns `dLogProbs` [N], and `metrics`: scalars in the order of the loss's metric names, the loss first
 */
export type TokenLoss = (
  policy: TokenLogProbs,
  feeds: Feeds,
) => {
  readonly dLogProbs: tf.Tensor1D;
  readonly metrics: readonly tf.Tensor[];
};

/** @returns logits [B * T, V] of a flat weight vector, with the way back */
function logitsOf(state: TrainState, flat: tf.Tensor, ids: tf.Tensor2D, tables: Tables) {
  const weights = weightsOf(state.specs, flat);
  const hidden = hiddenStates(state.config, weights, ids, tables);
  const logits = head(weights, hidden.y);
  return {
    logits: logits.y,
    back: (dLogits: tf.Tensor2D): tf.Tensor1D => {
      const gradients = new Gradients();
      hidden.back(logits.back(dLogits, gradients), gradients);
      return flatten(state.specs, gradients.byName);
    },
  };
}

export interface GradientResult {
  /** [P] */
  readonly gradient: tf.Tensor1D;
  /** [number of metrics] */
  readonly metrics: tf.Tensor1D;
}

/**
 * All tensors belong to the caller's tidy.
 * @param temperature the policy's: its log-probabilities are those of logits / temperature
 */
export function lossGradient(
  state: TrainState,
  loss: TokenLoss,
  feeds: Feeds,
  tables: Tables,
  temperature = 1,
): GradientResult {
  const { logits, back } = logitsOf(state, state.theta, feeds["ids"] as tf.Tensor2D, tables);
  const scaled = (x: tf.Tensor2D) => (temperature === 1 ? x : tf.div<tf.Tensor2D>(x, temperature));
  const policy = tokenLogProbs(scaled(logits), feeds["targets"] as tf.Tensor2D);
  const { dLogProbs, metrics } = loss(policy, feeds);
  return { gradient: back(scaled(policy.back(dLogProbs))), metrics: tf.stack([...metrics]) as tf.Tensor1D };
}

export interface TrainerOptions extends AdamWOptions {
  /** Of the policy; default 1. */
  readonly temperature?: number;
}

/** What one run keeps between steps: its state, and the tables of every length it has met. */
export class Trainer {
  readonly state: TrainState;
  readonly #loss: TokenLoss;
  readonly #options: TrainerOptions;
  readonly #tables = new Map<number, Tables>();

  constructor(state: TrainState, loss: TokenLoss, options: TrainerOptions) {
    this.state = state;
    this.#loss = loss;
    this.#options = options;
  }

  /** @returns the tables for length T, kept until `dispose` */
  tables(T: number): Tables {
    const kept = this.#tables.get(T) ?? makeTables(this.state.config, T);
    this.#tables.set(T, kept);
    return kept;
  }

  /**
   * One optimizer step on one or more micro-batches, whose losses and metrics are sums already divided by the whole batch's counts:
   * their sum is the full batch's, whatever the split.
   * @param micro feeds of each micro-batch; disposed here
   * @returns summed metrics, then the gradient norm
   */
  async step(micro: readonly Feeds[], rates: Rates): Promise<number[]> {
    // Made outside of the tidy, which would take them away.
    const tables = micro.map((feeds) => this.tables((feeds["ids"] as tf.Tensor).shape[1] as number));
    const out = tf.tidy(() => {
      const ratesIn = ratesTensor(rates);
      let total: GradientResult | undefined;
      for (const [i, feeds] of micro.entries()) {
        const before = total;
        total = tf.tidy(() => {
          const part = lossGradient(this.state, this.#loss, feeds, tables[i] as Tables, this.#options.temperature);
          if (!before) return { ...part };
          return { gradient: tf.add(before.gradient, part.gradient), metrics: tf.add(before.metrics, part.metrics) };
        }) as unknown as GradientResult;
      }
      const { gradient, metrics } = total as GradientResult;
      return tf.concat1d([metrics, adamW(this.state, gradient, ratesIn, this.#options).reshape([1])]);
    });
    for (const feeds of micro) tf.dispose(Object.values(feeds));
    const values = Array.from(await out.data());
    out.dispose();
    return values;
  }

  dispose(): void {
    disposeState(this.state);
    for (const tables of this.#tables.values()) disposeTables(tables);
  }
}
