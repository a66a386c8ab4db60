// A file packing.json against ours: sequences in one row with a block-diagonal mask and positions that start again are the sequences apart.
// The models are those of a folder `models` beside the file's folder, or of the file's own folder.
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { tablesOf } from "../../lib/model/decoder.ts";
import type { Packing } from "../../lib/model/decoder.ts";
import { rotaryTables } from "../../lib/model/rotary.ts";
import { parameterSpecs } from "../../lib/model/parameters.ts";
import type { Feeds } from "../../lib/tensor/capture/capture.ts";
import * as tf from "../../lib/tensor/tf.ts";
import { collate } from "../../lib/train/batch.ts";
import type { Batch } from "../../lib/train/batch.ts";
import { crossEntropy, sftFeeds } from "../../lib/train/cross-entropy.ts";
import { lossGradient } from "../../lib/train/gradient.ts";
import type { TokenLoss } from "../../lib/train/gradient.ts";
import { packSequences } from "../../lib/train/pack.ts";
import { disposeState, makeState, modelOf } from "../../lib/train/state.ts";
import { Comparison } from "./comparison.ts";
import { readModel } from "./models.ts";

interface PackingCase {
  readonly model: string;
  readonly sequences: readonly (readonly number[])[];
  readonly labels: readonly (readonly number[])[];
  readonly n_targets: number;
  readonly loss_token_mean: number;
  readonly packed_loss: number;
  readonly per_sequence_token_nll: readonly (readonly number[])[];
  readonly grad_l2_norm_per_parameter: Readonly<Record<string, number>>;
  readonly grad_norm_total: number;
}

/** Loss within 1e-5, per token 1e-4, gradient norms 1e-3 relative, packed and apart. */
export async function comparePacking(file: string): Promise<Comparison[]> {
  const { cases } = JSON.parse(readFileSync(file, "utf8")) as { cases: readonly PackingCase[] };
  const comparisons: Comparison[] = [];
  for (const one of cases) {
    const folder = [join(dirname(file), "..", "models"), dirname(file), join(dirname(file), "models")]
      .map((root) => join(root, one.model))
      .find((path) => existsSync(path));
    const comparison = new Comparison(`packing, ${one.model}`);
    comparisons.push(comparison);
    if (folder === undefined) comparison.same("no folder", "a folder of that name", one.model);
    else await compareCase(one, folder, comparison);
  }
  return comparisons;
}

async function compareCase(one: PackingCase, folder: string, comparison: Comparison): Promise<void> {
  const model = await readModel(folder, "config.json");
  const sequences = one.sequences.map((tokens, s) => ({
    id: String(s),
    tokens: Int32Array.from(tokens),
    promptLength: (one.labels[s] as readonly number[]).findIndex((label) => label !== -100),
  }));
  const first = (s: { promptLength: number }) => Math.max(1, s.promptLength);
  // Rows of all tokens together: the three in one, as in the file.
  const long = { ...model.config, maxLength: sequences.reduce((sum, { tokens }) => sum + tokens.length, 0) };
  const packed = packSequences(sequences, first, 0, long.maxLength, long.maxLength);
  const apart = collate(sequences, first, 0, model.config.maxLength);
  comparison.same([packed.B, packed.counted, apart.counted], [1, one.n_targets, one.n_targets], "rows and targets");
  const specs = parameterSpecs(model.config);
  for (const [batch, name, starts] of [
    [packed, "packed", packed.packing.places],
    [apart, "apart", sequences.map((_, s) => s * apart.T)],
  ] as const) {
    const { loss, perToken, gradients } = await evaluate(model, batch);
    comparison.number(loss, one.loss_token_mean, { absolute: 1e-5 }, `${name}: loss`);
    comparison.number(loss, one.packed_loss, { absolute: 1e-5 }, `${name}: packed loss`);
    one.per_sequence_token_nll.forEach((nll, s) => {
      const { promptLength } = sequences[s] as { promptLength: number };
      const at = starts[s] as number;
      // Targets that do not count are 0 there.
      const kept = (t: number) => t + 1 >= Math.max(1, promptLength);
      comparison.numbers(perToken.slice(at, at + nll.length), nll, { absolute: 1e-4 }, `${name}: sequence ${s}`, kept);
    });
    let total = 0;
    for (const spec of specs) {
      const norm = Math.hypot(...(gradients.get(spec.name) as Float32Array));
      total += norm ** 2;
      const reference = one.grad_l2_norm_per_parameter[namesIn(one, spec.name)];
      comparison.number(norm, reference ?? NaN, { absolute: 1e-6, relative: 1e-3 }, `${name}: ${spec.name}`);
    }
    comparison.number(Math.sqrt(total), one.grad_norm_total, { relative: 1e-3 }, `${name}: gradient norm`);
  }
  model.dispose();
}

/** GPT-NeoX's head has two names. */
const namesIn = (one: PackingCase, name: string) =>
  name === "embed_out.weight" && !(name in one.grad_l2_norm_per_parameter) ? "lm_head.weight" : name;

async function evaluate(model: Awaited<ReturnType<typeof readModel>>, batch: Batch) {
  const state = makeState(model);
  const [feeds] = sftFeeds([batch]) as [Feeds];
  const loss: TokenLoss = (policy, given) => {
    const { metrics, ...d } = crossEntropy()(policy, given);
    return { ...d, metrics: [...metrics, ...tf.unstack(tf.neg(policy.logProbs))] };
  };
  const { gradient, metrics } = tf.tidy(() => {
    const tables = tablesOf(
      model.config,
      rotaryTables(model.config, batch.T),
      batch.T,
      batch.packing && (feeds as unknown as Packing),
    );
    return { ...lossGradient(state, loss, feeds, tables) };
  });
  const [mean, ...perToken] = await metrics.data();
  const named = modelOf(model, gradient);
  const gradients = new Map<string, Float32Array>();
  for (const [name, values] of named.parameters) gradients.set(name, (await values.data()) as Float32Array);
  tf.dispose([gradient, metrics, ...Object.values(feeds)]);
  named.dispose();
  disposeState(state);
  return { loss: mean as number, perToken, gradients };
}
