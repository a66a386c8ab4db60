// From a recorded step to one graph call. The program is a pure function: variables go in and their new values come out, so that tf.Variables are always current, programs for several
// shapes share them, and nothing has to be read back for a checkpoint.
// The price is at most a copy of the state each step: 10 MB for 0.8 M parameters and their moments.
import { createHash } from "node:crypto";
import { join } from "node:path";
import { createPrivateTemporaryDirectory, makeDirectory, removePath, writeFileAtomic } from "../../../core/files.ts";
import type { TensorflowBackend } from "../../native/backend.ts";
import * as tf from "../../tf.ts";
import type { Feeds, Program, Step, Traced } from "../capture.ts";
import { runRecorded } from "../inputs.ts";
import { resultNames, stepModel } from "./graphdef.ts";
import type { Port } from "./graphdef.ts";
import { Recording } from "./record.ts";

const backendNow = () => tf.backend() as unknown as TensorflowBackend;

export function traceOnTensorflow(step: Step, feeds: Feeds, variables: readonly tf.Variable[]): Traced {
  const recording = new Recording(backendNow());
  const names = Object.keys(feeds);
  const release = () => tf.dispose([...recording.closedOver.values()]);
  const { outputs, assigned, targets } = releasing(release, () => runRecorded(recording, step, feeds, variables));
  const results = [...outputs, ...assigned].flatMap((tensor, i): Port[] => {
    const source = recording.sourceOf(tensor);
    return source === undefined ? [] : [{ name: `r${i}`, dtype: backendNow().getDTypeInteger(tensor.dtype), source }];
  });
  if (results.length < outputs.length + assigned.length) recording.refused ??= "an output does not come from the step";
  if (recording.refused !== undefined) {
    release();
    return { outputs, result: { refused: recording.refused } };
  }
  const graph = stepModel(recording.inputs, recording.nodes, results);
  const plan = {
    names,
    variables,
    targets,
    outputs: outputs.length,
    results: resultNames(results.length),
    closedOver: recording.closedOver,
  };
  const fingerprint = createHash("sha256")
    .update(graph)
    .update(JSON.stringify([targets, [...recording.closedOver.keys()]]))
    .digest("hex");
  return { outputs, result: { fingerprint, release, compile: () => compile(graph, plan) } };
}

/** A step that throws must not leave behind what the recording keeps. */
function releasing<T>(release: () => void, work: () => T): T {
  try {
    return work();
  } catch (error) {
    release();
    throw error;
  }
}

interface Plan {
  /** Of the feeds; inputs i0, i1, … are they and then the variables. */
  readonly names: readonly string[];
  readonly variables: readonly tf.Variable[];
  /** Which variables the results after the outputs go to. */
  readonly targets: readonly number[];
  readonly outputs: number;
  readonly results: string;
  /** h0, h1, … by handle */
  readonly closedOver: ReadonlyMap<number, tf.Tensor>;
}

/** The binding reads graphs only as SavedModels from disk; the folder is gone when this returns. */
async function compile(graph: Buffer, plan: Plan): Promise<Program> {
  const backend = backendNow();
  const folder = await createPrivateTemporaryDirectory("blankslate-graph");
  let session: number;
  try {
    await makeDirectory(join(folder, "variables"));
    await writeFileAtomic(join(folder, "saved_model.pb"), graph);
    session = backend.binding.loadSavedModel(folder, "serve");
  } finally {
    await removePath(folder);
  }
  const label = (letter: string, count: number) => Array.from({ length: count }, (_, i) => `${letter}${i}:0`);
  const inputs = [...label("i", plan.names.length + plan.variables.length), ...label("h", plan.closedOver.size)].join(
    ",",
  );
  return {
    run(feeds) {
      const given = [...plan.names.map((name) => feeds[name] as tf.Tensor), ...plan.variables];
      const ids = [...backend.getInputTensorIds(given), ...plan.closedOver.keys()];
      const results = backend.binding
        .runSavedModel(session, ids, inputs, plan.results)
        .map((made) => backend.createOutputTensor(made));
      plan.targets.forEach((target, i) => {
        const fresh = results[plan.outputs + i] as tf.Tensor;
        plan.variables[target]?.assign(fresh);
        fresh.dispose();
      });
      return results.slice(0, plan.outputs);
    },
    dispose() {
      backend.binding.deleteSavedModel(session);
      tf.dispose([...plan.closedOver.values()]);
    },
  };
}
