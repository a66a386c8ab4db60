// What an operation with a written-out backward pass gives. tfjs's own tape records every call with copies of what it saves: 1,800 kernel calls where about 330 do.
import type * as tf from "../tf.ts";

/** A forward result with the way back: `back` takes the gradient of `y` and gives the gradients of what went in. */
export interface WithBack<Gradients> {
  readonly y: tf.Tensor;
  readonly back: (dy: tf.Tensor) => Gradients;
}
