// Weights as Hugging Face keeps them: by name, linear ones turned to [in, out]. A tensor that the configuration has no place for is an error,
// never ignored, unless it is known to be no weight: a model that is almost right gives plausible wrong numbers.
import { fault } from "../core/errors.ts";
import { encodeSafetensors, fromFloat32, toFloat32 } from "../data/safetensors.ts";
import type { FloatDtype, SafetensorsEntry } from "../data/safetensors.ts";
import * as tf from "../tensor/tf.ts";
import type { ModelConfig } from "./config.ts";
import type { Model } from "./model.ts";
import { parameterSpecs } from "./parameters.ts";
import type { ParameterSpec } from "./parameters.ts";

/** The file of the weights, or of where they are when there are several. */
export const WEIGHTS = "model.safetensors";
export const INDEX = "model.safetensors.index.json";

/** @param shape of the matrix in `values` */
function transposed(values: Float32Array, [rows, columns]: readonly [number, number]): Float32Array {
  const out = new Float32Array(values.length);
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++) out[c * rows + r] = values[r * columns + c] as number;
  return out;
}

/** A file's entry by our name. Files of the bare decoder leave out its prefix, and GPT-NeoX's head has two names. */
function entryOf(tensors: ReadonlyMap<string, SafetensorsEntry>, { name }: ParameterSpec, prefix: string) {
  const names = [name, name.replace(/^(transformer|model|gpt_neox)\./u, ""), name.replace(/^embed_out\./u, "lm_head.")];
  const found = names.find((one) => tensors.has(prefix + one));
  return found === undefined ? undefined : tensors.get(prefix + found);
}

/** Tables and masks that older files hold beside the weights. */
const NO_WEIGHT = /(^|\.)(rotary_emb\.inv_freq|attn\.bias|attn\.masked_bias|attention\.bias|attention\.masked_bias)$/u;

/**
 * Refuses a file with weights that the configuration has no place for: a bias that config.json does not mention, layers too many.
 * @throws WEIGHT_UNKNOWN
 */
export function refuseUnknownWeights(config: ModelConfig, tensors: ReadonlyMap<string, SafetensorsEntry>): void {
  const specs = parameterSpecs(config);
  const known = new Set<SafetensorsEntry | undefined>(specs.map((spec) => entryOf(tensors, spec, "")));
  const embedding = entryOf(tensors, specs[0] as ParameterSpec, "");
  for (const [name, entry] of tensors) {
    if (known.has(entry) || NO_WEIGHT.test(name)) continue;
    const isHead = /^(lm_head|embed_out)\.weight$/u.test(name);
    // A tied head may stand in a file a second time.
    if (isHead && embedding && Buffer.compare(entry.data, embedding.data) === 0) continue;
    throw fault(
      "WEIGHT_UNKNOWN",
      isHead
        ? `${name} differs from the embedding that config.json ties it to.`
        : `${name} is in the file, and config.json has no place for it.`,
      "config.json and weights are of different models.",
    );
  }
}

/** @returns the numbers of one parameter, [in, out] */
function valuesOf(spec: ParameterSpec, entry: SafetensorsEntry): Float32Array {
  const inFile = spec.transposedInFiles ? spec.shape.toReversed() : spec.shape;
  if (entry.shape.join() !== inFile.join())
    throw fault(
      "WEIGHT_SHAPE",
      `${spec.name} has shape [${entry.shape.join(", ")}], config.json asks for [${inFile.join(", ")}].`,
      "config.json and weights are of different models.",
    );
  const values = toFloat32(entry);
  return spec.transposedInFiles ? transposed(values, inFile as [number, number]) : values;
}

/**
 * Parameters from the tensors of a file (or of several).
 * @param prefix before every name, for files that hold more than a model
 * @returns every parameter, as tensors which the caller disposes
 * @throws WEIGHT_MISSING, WEIGHT_SHAPE  the file and the configuration are of different models
 */
export function namedFromFile(
  config: ModelConfig,
  tensors: ReadonlyMap<string, SafetensorsEntry>,
  prefix = "",
): Map<string, tf.Tensor> {
  const named = new Map<string, tf.Tensor>();
  for (const spec of parameterSpecs(config)) {
    const entry = entryOf(tensors, spec, prefix);
    if (!entry) {
      tf.dispose([...named.values()]);
      throw fault(
        "WEIGHT_MISSING",
        `${spec.name} is not in the file.`,
        "config.json and weights are of different models.",
      );
    }
    named.set(spec.name, tf.tensor(valuesOf(spec, entry), [...spec.shape], "float32"));
  }
  return named;
}

export interface SaveOptions {
  /** Default "F32"; the others round. */
  readonly dtype?: FloatDtype;
  /** Of one file; a model of more has several, and an index. Default 5 GB, as transformers. */
  readonly maxShardBytes?: number;
}

/** Bytes of a float32 parameter once written. */
const bytesOf = ({ shape }: ParameterSpec, dtype: FloatDtype) =>
  shape.reduce((product, size) => product * size, 1) * (dtype === "F32" ? 4 : 2);

/** Parameters in files of at most so many bytes each, in their order. */
function shardsOf(specs: readonly ParameterSpec[], dtype: FloatDtype, maxShardBytes: number): ParameterSpec[][] {
  const shards: ParameterSpec[][] = [[]];
  let bytes = 0;
  for (const spec of specs) {
    const size = bytesOf(spec, dtype);
    if (bytes > 0 && bytes + size > maxShardBytes) {
      shards.push([]);
      bytes = 0;
    }
    bytes += size;
    shards.at(-1)?.push(spec);
  }
  return shards;
}

/**
 * The files of a model's weights, with the names, shapes and layout of the family: model.safetensors, or several and their index.
 * @returns one after the other, so that one at a time is in memory
 */
export async function* encodeModel(
  model: Model,
  { dtype = "F32", maxShardBytes = 5e9 }: SaveOptions = {},
): AsyncGenerator<{ readonly name: string; readonly bytes: Uint8Array }> {
  const specs = parameterSpecs(model.config);
  const shards = shardsOf(specs, dtype, maxShardBytes);
  const five = (n: number) => String(n).padStart(5, "0");
  const nameOf = (i: number) =>
    shards.length === 1 ? WEIGHTS : `model-${five(i + 1)}-of-${five(shards.length)}.safetensors`;
  for (const [i, shard] of shards.entries()) {
    const tensors = new Map<string, SafetensorsEntry>();
    for (const spec of shard) {
      const values = (await (model.parameters.get(spec.name) as tf.Variable).data()) as Float32Array;
      const inFile = spec.transposedInFiles ? transposed(values, spec.shape as [number, number]) : values;
      const shape = spec.transposedInFiles ? spec.shape.toReversed() : spec.shape;
      tensors.set(spec.name, { dtype, shape, data: fromFloat32(inFile, dtype) });
    }
    yield { name: nameOf(i), bytes: encodeSafetensors(tensors, { format: "pt" }) };
  }
  if (shards.length === 1) return;
  const weightMap = Object.fromEntries(shards.flatMap((shard, i) => shard.map(({ name }) => [name, nameOf(i)])));
  const total_size = specs.reduce((sum, spec) => sum + bytesOf(spec, dtype), 0);
  const index = { metadata: { total_size }, weight_map: weightMap };
  yield { name: INDEX, bytes: new TextEncoder().encode(`${JSON.stringify(index, null, 2)}\n`) };
}
