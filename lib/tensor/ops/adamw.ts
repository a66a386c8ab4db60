// AdamW with decoupled weight decay and global-norm clipping, over all weights as one vector: 25 kernel calls for a model of any depth.
// Source: Loshchilov and Hutter 2019, as torch.optim.AdamW.
// Differs from torch: weights of fewer than two dimensions do not decay (nanoGPT's rule), and a gradient that is not finite changes no
// weight: the step is lost, the weights before it are not.
import * as tf from "../tf.ts";
import { CLIP_EPSILON, clipByGlobalNorm } from "./clip.ts";
import { engineKernel } from "./engine-kernel.ts";

const ADAM_BETAS = [0.9, 0.95] as const;
const ADAM_EPSILON = 1e-8;

/** What changes from step to step, so that a captured step can take it as input. */
export interface Rates {
  readonly learningRate: number;
  /** 1-based count of optimizer steps, for the bias correction. */
  readonly step: number;
}

/** [3]: learning rate, and the corrections of the two moments; see Rates. The caller disposes it. */
export function ratesTensor({ learningRate, step }: Rates): tf.Tensor1D {
  return tf.tensor1d([learningRate, 1 / (1 - ADAM_BETAS[0] ** step), 1 / (1 - ADAM_BETAS[1] ** step)]);
}

/** What is trained, and the two moments beside it. */
export interface AdamWState {
  /** [P] */
  readonly theta: tf.Variable;
  /** [P] running mean of the gradient */
  readonly mean: tf.Variable;
  /** [P] running mean of its square */
  readonly square: tf.Variable;
  /** [P] 1 where weight decay applies, 0 elsewhere */
  readonly decayed: tf.Tensor1D;
}

export interface AdamWOptions {
  readonly weightDecay: number;
  /** Largest global norm of the gradient; longer ones are scaled down to it. */
  readonly clip: number;
}

/**
 * One step, in place.
 * @param gradient [P]
 * @param rates    see ratesTensor
 * @returns the gradient's global norm before clipping, a scalar of the caller's tidy; NaN or infinite when the weights were left alone
 */
export function adamW(state: AdamWState, gradient: tf.Tensor1D, rates: tf.Tensor1D, options: AdamWOptions): tf.Scalar {
  const { theta, mean, square, decayed } = state;
  const { weightDecay, clip } = options;
  const attrs = { betas: ADAM_BETAS, epsilon: ADAM_EPSILON, clipEpsilon: CLIP_EPSILON, weightDecay, clip };
  const own = engineKernel("AdamW", { theta, mean, square, gradient, decayed, rates }, attrs);
  if (own) {
    [theta, mean, square].forEach((variable, i) => variable.assign(own[i] as tf.Tensor));
    return tf.reshape<tf.Rank.R0>(own[3], []);
  }
  const [learningRate, correctMean, correctSquare] = tf.split(rates, 3) as [tf.Tensor, tf.Tensor, tf.Tensor];
  // Factors are put together while they are scalars: each pass over a vector is a hundredth of a step.
  const { scale, norm, squares } = clipByGlobalNorm(gradient, options.clip);
  const newMean = tf.add(tf.mul(mean, ADAM_BETAS[0]), tf.mul(gradient, tf.mul(scale, 1 - ADAM_BETAS[0])));
  const newSquare = tf.add(tf.mul(square, ADAM_BETAS[1]), tf.mul(squares, tf.mul(tf.square(scale), 1 - ADAM_BETAS[1])));
  const correction = tf.sqrt(correctSquare);
  const denominator = tf.add(tf.sqrt(newSquare), tf.div(ADAM_EPSILON, correction));
  const change = tf.div(tf.mul(newMean, tf.div(tf.mul(learningRate, correctMean), correction)), denominator);
  const kept = tf.sub(1, tf.mul(decayed, tf.mul(learningRate, options.weightDecay)));
  const moved = tf.sub(tf.mul(theta, kept), change);
  const finite = tf.isFinite(norm);
  theta.assign(tf.where(finite, moved, theta));
  mean.assign(newMean);
  square.assign(newSquare);
  return norm;
}
