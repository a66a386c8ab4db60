// What a recording of a step holds, on any engine that replays lists of calls: the events, and what goes in and comes out. Does not say what an event is.
import type * as tf from "../tf.ts";

export interface Recorded<Event> {
  readonly events: readonly Event[];
  /** Of the feeds: the first data are they, then come the variables. */
  readonly names: readonly string[];
  readonly variables: readonly tf.Variable[];
  /** Which variables the results after the outputs go to. */
  readonly targets: readonly number[];
  readonly outputs: number;
  readonly results: readonly { readonly id: number; readonly shape: number[]; readonly dtype: tf.DataType }[];
  readonly closedOver: readonly { readonly id: number; readonly tensor: tf.Tensor }[];
}
