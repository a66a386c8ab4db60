// A model as a value with a life: its configuration, its tokenizer and its parameters as variables under their Hugging Face names.
// Training never changes a model; it makes a new one. Who makes a model disposes it.
import { createHash } from "node:crypto";
import { DISPLAY_SYMBOL, type MimeBundle } from "../core/host.ts";
import { rowsTable, tableBundle } from "../core/table.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import * as tf from "../tensor/tf.ts";
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
  readonly parameterCount: number;
  /** SHA-256, hex, of names, shapes and float32 bits: equal on every engine for equal weights. */
  hash(): Promise<string>;
  /** One row per parameter, in order of use. */
  summary(): readonly ParameterSummary[];
  /** What others keep for this model and `dispose` frees with it, e.g. its captured decoding steps. */
  readonly attached: Map<string, { dispose(): void }>;
  /** An independent model with equal weights. */
  clone(): Model;
  dispose(): void;
  /** How a cell shows it: sizes, and one row per parameter. */
  [DISPLAY_SYMBOL](): MimeBundle;
}

function show(config: ModelConfig, parameters: readonly ParameterSummary[]): MimeBundle {
  const { arch, layers, width, heads, kvHeads, mlpWidth, vocabSize, maxLength } = config;
  const grouped = kvHeads === heads ? "" : ` (${kvHeads} for keys and values)`;
  const caption = `${arch}: ${layers} layers, width ${width}, ${heads} heads${grouped}, feed-forward ${mlpWidth}`;
  const total = parameters.reduce((sum, { count }) => sum + count, 0);
  const note = `${total.toLocaleString("en-US")} parameters, vocabulary of ${vocabSize}, at most ${maxLength} tokens.`;
  const rows = parameters.map(({ name, shape, count }) => ({ parameter: name, shape: shape.join(" × "), count }));
  return tableBundle(rowsTable(rows, { typed: false, caption, note }), { maxRows: 12, maxColumns: 3 });
}

/**
 * @param named every parameter of the configuration; the model takes its own references, the caller still disposes these
 */
export function makeModel(config: ModelConfig, tokenizer: Tokenizer, named: ReadonlyMap<string, tf.Tensor>): Model {
  const specs = parameterSpecs(config);
  // Not registered under its own name: tfjs allows a name once per process, and a twin has the same names.
  const parameters = new Map(specs.map(({ name }) => [name, tf.variable(named.get(name) as tf.Tensor)]));
  const summary = () =>
    specs.map(({ name, shape }) => ({ name, shape, count: shape.reduce((product, size) => product * size, 1) }));
  const attached = new Map<string, { dispose(): void }>();
  return {
    config,
    tokenizer,
    parameters,
    attached,
    parameterCount: summary().reduce((sum, { count }) => sum + count, 0),
    summary,
    async hash() {
      const sha = createHash("sha256");
      for (const { name, shape } of specs) {
        const data = (await (parameters.get(name) as tf.Variable).data()) as Float32Array;
        sha
          .update(`${name} ${shape.join("x")}\n`)
          .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
      }
      return sha.digest("hex");
    },
    [DISPLAY_SYMBOL]: () => show(config, summary()),
    clone: () => makeModel(config, tokenizer, parameters),
    dispose() {
      for (const owned of [...parameters.values(), ...attached.values()]) owned.dispose();
      attached.clear();
    },
  };
}
