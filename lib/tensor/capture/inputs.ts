// What both recorders share: a step runs once for real, its inputs named so that they can be told apart, and what it assigned is found afterwards.
import * as tf from "../tf.ts";
import type { Feeds, Step } from "./capture.ts";

/** An engine's way of writing down a step. */
export interface Recorder {
  /** The first reason why what was recorded cannot be replayed. */
  refused: string | undefined;
  /** @returns false when the data is another input's already: two inputs that share it cannot be told apart */
  addInput(tensor: tf.Tensor): boolean;
  /** @returns a tensor with data of its own, where a clone would share it */
  copyOf(tensor: tf.Tensor): tf.Tensor;
  /** Runs the step with the engine's calls written down. */
  record<T>(step: () => T): T;
}

export interface RealRun {
  readonly outputs: tf.Tensor[];
  /** Variables that have new values, and their places among those named. */
  readonly assigned: readonly tf.Variable[];
  readonly targets: readonly number[];
}

/** Feeds are inputs 0, 1, … in the order of their names, variables come after them. */
export function runRecorded(recorder: Recorder, step: Step, feeds: Feeds, variables: readonly tf.Variable[]): RealRun {
  const own: Record<string, tf.Tensor> = { ...feeds };
  const copies: tf.Tensor[] = [];
  // Feeds that are one tensor, and variables that start from the same zeros, get data of their own first.
  for (const [name, tensor] of Object.entries(feeds)) {
    if (recorder.addInput(tensor)) continue;
    const copy = recorder.copyOf(tensor);
    copies.push(copy);
    own[name] = copy;
    recorder.addInput(copy);
  }
  for (const variable of variables) {
    if (recorder.addInput(variable)) continue;
    const copy = recorder.copyOf(variable);
    variable.assign(copy);
    copy.dispose();
    recorder.addInput(variable);
  }
  const before = new Map(
    Object.values(tf.engine().state.registeredVariables).map((variable) => [variable, variable.dataId]),
  );
  const outputs = recorder.record(() => tf.tidy(() => [...step(own)]));
  tf.dispose(copies);
  const changed = [...before].filter(([variable, dataId]) => !variable.isDisposed && variable.dataId !== dataId);
  const assigned = changed.map(([variable]) => variable);
  const strangers = assigned.filter((variable) => !variables.includes(variable));
  if (strangers.length > 0) recorder.refused ??= `it assigns ${strangers.length} variables that were not named`;
  return { outputs, assigned, targets: assigned.map((variable) => variables.indexOf(variable)) };
}

/** By way of the host, as engines on the processor do it. */
export const copyOnHost = (tensor: tf.Tensor): tf.Tensor => tf.tensor(tensor.dataSync(), tensor.shape, tensor.dtype);
