// Optimizer steps on the engine: a state, and the captured programs that change it.
// A step is a function of variables and feeds of fixed shapes, with nothing read back inside: it is traced once and replayed.
import { tablesOf } from "../model/decoder.ts";
import type { Packing } from "../model/decoder.ts";
import { rotaryTables } from "../model/rotary.ts";
import type { RotaryTables } from "../model/rotary.ts";
import { capture } from "../tensor/capture/capture.ts";
import type { Captured, CaptureStatus, Feeds } from "../tensor/capture/capture.ts";
import * as tf from "../tensor/tf.ts";
import { lossGradient } from "./gradient.ts";
import type { GradientResult, OwnGradient, TokenLoss } from "./gradient.ts";
import { adamW, ratesTensor } from "../tensor/ops/adamw.ts";
import type { AdamWOptions, Rates } from "../tensor/ops/adamw.ts";
import { disposeState } from "./state.ts";
import type { TrainState } from "./state.ts";

export interface TrainerOptions extends AdamWOptions {
  /** Of the policy; default 1. */
  readonly temperature?: number;
  /** Whether blocks are computed again on the way back instead of kept (gradient checkpointing); default false. */
  readonly recompute?: boolean;
}

export class Trainer {
  readonly state: TrainState;
  readonly #rotaries: RotaryTables;
  /** Gradient and update at once, where a batch goes through the model in one pass. */
  readonly #whole: Captured;
  /** Otherwise: adds a micro-batch's gradient to #sum, and at last updates by it and empties it. */
  readonly #accumulate: Captured;
  readonly #update: Captured;
  /** [P] */
  readonly #sum: tf.Variable;
  readonly #gradientOf: (feeds: Feeds) => GradientResult;
  #culprits: readonly string[] = [];

  /** @param state becomes the trainer's: `dispose` frees it */
  constructor(state: TrainState, loss: TokenLoss | OwnGradient, options: TrainerOptions) {
    this.state = state;
    this.#sum = tf.tidy(() => tf.variable(tf.zerosLike(state.theta)));
    this.#rotaries = rotaryTables(state.config, state.config.maxLength);
    const moving = [state.theta, state.mean, state.square];
    const gradientOf = (this.#gradientOf = (feeds: Feeds) => {
      const T = (feeds["ids"] as tf.Tensor2D).shape[1];
      const { sequences, positions } = feeds as { readonly [name in keyof Packing]?: tf.Tensor2D };
      const packing = sequences && positions && { sequences, positions };
      const tables = tablesOf(state.config, feeds as RotaryTables, T, packing);
      if (typeof loss !== "function") return loss.gradientOf(state, feeds, tables);
      return lossGradient(state, loss, feeds, tables, options);
    });
    const update = (gradient: tf.Tensor1D, feeds: Feeds) =>
      tf.reshape<tf.Rank.R1>(adamW(state, gradient, feeds["rates"] as tf.Tensor1D, options), [1]);
    this.#whole = capture((feeds) => {
      const { gradient, metrics } = gradientOf(feeds);
      return [tf.concat1d([metrics, update(gradient, feeds)])];
    }, moving);
    this.#accumulate = capture(
      (feeds) => {
        const { gradient, metrics } = gradientOf(feeds);
        this.#sum.assign(tf.add(this.#sum, gradient));
        return [metrics];
      },
      [state.theta, this.#sum],
    );
    this.#update = capture(
      (feeds) => {
        const norm = update(this.#sum as unknown as tf.Tensor1D, feeds);
        this.#sum.assign(tf.zerosLike(this.#sum));
        return [norm];
      },
      [...moving, this.#sum],
    );
  }

  /**
   * One optimizer step on one or more micro-batches, whose losses and metrics are sums already divided by the whole batch's counts:
   * their sum is the full batch's, whatever the split.
   * @param micro feeds of each micro-batch; disposed here
   * @returns summed metrics, then the gradient norm
   */
  async step(micro: readonly Feeds[], rates: Rates): Promise<number[]> {
    const ratesIn = { rates: ratesTensor(rates) };
    try {
      const numbers = await this.#run(micro, ratesIn);
      if (!numbers.every(Number.isFinite)) this.#culprits = await this.#findCulprits(micro);
      return numbers;
    } finally {
      tf.dispose([ratesIn.rates, ...micro.flatMap((feeds) => Object.values(feeds))]);
    }
  }

  async #run(micro: readonly Feeds[], ratesIn: Feeds): Promise<number[]> {
    const [only] = micro;
    if (only && micro.length === 1) return readOnly(this.#whole.run({ ...only, ...ratesIn, ...this.#rotaries }));
    const metrics: number[] = [];
    for (const feeds of micro)
      (await readOnly(this.#accumulate.run({ ...feeds, ...this.#rotaries }))).forEach(
        (x, i) => (metrics[i] = (metrics[i] ?? 0) + x),
      );
    return [...metrics, ...(await readOnly(this.#update.run(ratesIn)))];
  }

  /** After a step whose numbers are not finite: the weights, or else the gradients, that are not; three at most, in the order of use. */
  get culprits(): readonly string[] {
    return this.#culprits;
  }

  /** The weights are still those from before the step, so its gradients can be had again. */
  async #findCulprits(micro: readonly Feeds[]): Promise<string[]> {
    const weights = await this.#notFinite(this.state.theta, "weights");
    if (weights.length > 0) return weights;
    for (const feeds of micro) {
      const { gradient, metrics } = tf.tidy(() => ({ ...this.#gradientOf({ ...feeds, ...this.#rotaries }) }));
      const found = await this.#notFinite(gradient, "the gradient of");
      tf.dispose([gradient, metrics]);
      if (found.length > 0) return found;
    }
    return [];
  }

  async #notFinite(flat: tf.Tensor, what: string): Promise<string[]> {
    const values = await flat.data();
    const names: string[] = [];
    let from = 0;
    for (const { name, shape } of this.state.layout.pieces) {
      const to = from + shape.reduce((product, size) => product * size, 1);
      if (!values.subarray(from, to).every(Number.isFinite)) names.push(`${what} ${name}`);
      from = to;
    }
    return names.slice(0, 3);
  }

  /** How the steps run: replayed, or why not. */
  status(): readonly CaptureStatus[] {
    return [this.#whole, this.#accumulate, this.#update].flatMap((captured) => captured.status());
  }

  dispose(): void {
    for (const captured of [this.#whole, this.#accumulate, this.#update]) captured.dispose();
    disposeState(this.state);
    this.#sum.dispose();
    tf.dispose({ ...this.#rotaries });
  }
}

/** @returns the numbers of the one output, which is disposed */
async function readOnly(outputs: Promise<tf.Tensor[]>): Promise<number[]> {
  const [out] = (await outputs) as [tf.Tensor];
  const values = Array.from(await out.data());
  out.dispose();
  return values;
}
