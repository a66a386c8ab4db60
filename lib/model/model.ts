// A model as a value with a life: its configuration, its tokenizer and its parameters as variables under their Hugging Face names.
// Training never changes a model; it makes a new one. Who makes a model disposes it.
import { createHash } from "node:crypto";
import { fault } from "../core/errors.ts";
import { DISPLAY_SYMBOL, type MimeBundle } from "../core/host.ts";
import { INSPECT_SYMBOL, type Inspect, inspectedAs } from "../core/shown.ts";
import { rowsTable, tableBundle } from "../core/table.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import * as tf from "../tensor/tf.ts";
import type { Adapter } from "./adapter.ts";
import type { ModelConfig } from "./config.ts";
import { parameterSpecs } from "./parameters.ts";

interface ParameterSummary {
  readonly name: string;
  readonly shape: readonly number[];
  readonly count: number;
}

export interface Model {
  readonly config: ModelConfig;
  readonly tokenizer: Tokenizer;
  /** Hugging Face name -> variable; linear weights are stored [in, out]. */
  readonly parameters: ReadonlyMap<string, tf.Variable>;
  /** Matrices that are added to some of the parameters, and trained in their stead; see adapter.ts. */
  readonly adapter: Adapter | undefined;
  /** Those of the adapter included. */
  readonly parameterCount: number;
  /** SHA-256, hex, of names, shapes and float32 bits: equal on every engine for equal weights. */
  hash(): Promise<string>;
  /** One row per parameter, in order of use; a cell shows it as a table with every row. */
  summary(): readonly ParameterSummary[] & { [DISPLAY_SYMBOL](): MimeBundle };
  /** What others keep for this model and `dispose` frees with it, e.g. its captured decoding steps. */
  readonly attached: Map<string, { dispose(): void }>;
  /** An independent model with equal weights. */
  clone(): Model;
  dispose(): void;
  /** How a cell shows it: sizes, and one row per parameter. */
  [DISPLAY_SYMBOL](): MimeBundle;
  readonly [INSPECT_SYMBOL]?: Inspect;
}

function show(
  config: ModelConfig,
  parameters: readonly ParameterSummary[],
  adapter?: Adapter,
  maxRows = 12,
): MimeBundle {
  const { arch, layers, width, heads, kvHeads, mlpWidth, vocabSize, maxLength } = config;
  const grouped = kvHeads === heads ? "" : ` (${kvHeads} for keys and values)`;
  const caption = `${arch}: ${layers} ${layers === 1 ? "layer" : "layers"}, width ${width}, ${heads} ${heads === 1 ? "head" : "heads"}${grouped}, feed-forward ${mlpWidth}`;
  const total = parameters.reduce((sum, { count }) => sum + count, 0);
  const trained = parameters.reduce((sum, { name, count }) => sum + (isAdapters(name) ? count : 0), 0);
  const note = [
    `${total.toLocaleString("en-US")} parameters (${(total * 4).toLocaleString("en-US")} bytes)`,
    adapter && `${trained.toLocaleString("en-US")} of them an adapter of rank ${adapter.rank}, which alone is trained`,
    `vocabulary of ${vocabSize}, at most ${maxLength} tokens`,
  ];
  const rows = parameters.map(({ name, shape, count }) => ({ parameter: name, shape: shape.join(" × "), count }));
  const table = rowsTable(rows, { typed: false, caption, note: `${note.filter(Boolean).join("; ")}.` });
  return tableBundle(table, { maxRows, maxColumns: 3 });
}

/** @throws MODEL_DISPOSED  the model's weights are gone */
export function refuseDisposed({ parameters }: Pick<Model, "parameters">, name = "the model"): void {
  if (parameters.values().some((weight) => weight.isDisposed))
    throw fault("MODEL_DISPOSED", `${name} was disposed.`, "use it before its dispose(), or make it again.");
}

const isAdapters = (name: string) => /\.lora_[AB]\.weight$/u.test(name);

/** Own references to an adapter's matrices. */
const ownPairs = ({ pairs, ...rest }: Adapter): Adapter => ({
  ...rest,
  pairs: new Map(Array.from(pairs, ([name, { a, b }]) => [name, { a: tf.variable(a), b: tf.variable(b) }])),
});

/** An adapter's matrices as parameters, by peft's names. */
const adapterParameters = ({ pairs }: Adapter) =>
  Array.from(pairs, ([name, { a, b }]) => [
    { name: name.replace(/weight$/u, "lora_A.weight"), tensor: a },
    { name: name.replace(/weight$/u, "lora_B.weight"), tensor: b },
  ]).flat();

/**
 * @param named   every parameter of the configuration; the model takes its own references, the caller still disposes these
 * @param adapter its matrices likewise
 */
export function makeModel(
  config: ModelConfig,
  tokenizer: Tokenizer,
  named: ReadonlyMap<string, tf.Tensor>,
  given?: Adapter,
): Model {
  const specs = parameterSpecs(config);
  const adapter = given && ownPairs(given);
  // Not registered under its own name: tfjs allows a name once per process, and a twin has the same names.
  const parameters = new Map(specs.map(({ name }) => [name, tf.variable(named.get(name) as tf.Tensor)]));
  const own = [
    ...specs.map(({ name }) => ({ name, tensor: parameters.get(name) as tf.Tensor })),
    ...(adapter ? adapterParameters(adapter) : []),
  ];
  const rowsOf = () => own.map(({ name, tensor }) => ({ name, shape: tensor.shape, count: tensor.size }));
  const attached = new Map<string, { dispose(): void }>();
  return {
    config,
    tokenizer,
    parameters,
    adapter,
    attached,
    parameterCount: rowsOf().reduce((sum, { count }) => sum + count, 0),
    summary() {
      const rows = rowsOf();
      return Object.assign(rows, { [DISPLAY_SYMBOL]: () => show(config, rows, adapter, rows.length) });
    },
    async hash() {
      refuseDisposed({ parameters });
      const sha = createHash("sha256");
      for (const { name, tensor } of own) {
        const { shape } = tensor;
        const data = (await tensor.data()) as Float32Array;
        sha
          .update(`${name} ${shape.join("x")}\n`)
          .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
      }
      return sha.digest("hex");
    },
    [DISPLAY_SYMBOL]: () => show(config, rowsOf(), adapter),
    [INSPECT_SYMBOL]: inspectedAs("Model"),
    clone: () => makeModel(config, tokenizer, parameters, adapter),
    dispose() {
      for (const owned of [...own.map(({ tensor }) => tensor), ...attached.values()]) owned.dispose();
      attached.clear();
    },
  };
}
