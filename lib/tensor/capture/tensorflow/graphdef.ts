// A TensorFlow GraphDef as bytes: the little of its protobuf messages (graph.proto, node_def.proto, attr_value.proto, tensor.proto, saved_model.proto) that a recorded step needs.
import type { Binding, OpAttribute } from "../../native/binding.ts";

const varint = (value: number | bigint): Buffer => {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Buffer.from([...bytes, Number(rest)]);
};
const tag = (field: number, wire: number) => varint((field << 3) | wire);
const bytes = (field: number, content: Buffer | string): Buffer => {
  const data = Buffer.from(content as string);
  return Buffer.concat([tag(field, 2), varint(data.length), data]);
};
const integer = (field: number, value: number) => Buffer.concat([tag(field, 0), varint(value)]);
const float = (field: number, value: number) => {
  const data = Buffer.alloc(4);
  data.writeFloatLE(value);
  return Buffer.concat([tag(field, 5), data]);
};
const shapeProto = (dims: readonly number[]) => Buffer.concat(dims.map((d) => bytes(2, integer(1, d))));

/** An AttrValue, encoded. */
export type AttrValue = Buffer;
export const typeValue = (dtype: number): AttrValue => integer(6, dtype);
const shapeValue = (dims: readonly number[]): AttrValue => bytes(7, shapeProto(dims));
/** A tensor constant from its raw little-endian content. */
export const tensorValue = (dtype: number, dims: readonly number[], content: Buffer): AttrValue =>
  bytes(8, Buffer.concat([integer(1, dtype), bytes(2, shapeProto(dims)), bytes(4, content)]));
const list = (items: readonly Buffer[]): AttrValue => bytes(1, Buffer.concat(items));

/** @returns an operation's attribute as tfjs-node passes it; lists where its value is one */
export function attributeValue({ type, value, name }: OpAttribute, native: Binding): AttrValue {
  const each = (one: (field: number, item: never) => Buffer, fieldInList: number, field: number): AttrValue =>
    Array.isArray(value) ? list(value.map((item) => one(fieldInList, item as never))) : one(field, value as never);
  switch (type) {
    case native.TF_ATTR_TYPE:
      return each(integer, 6, 6);
    case native.TF_ATTR_INT:
      return each(integer, 3, 3);
    case native.TF_ATTR_FLOAT:
      return each(float, 4, 4);
    case native.TF_ATTR_BOOL:
      return each((field, item: boolean) => integer(field, Number(item)), 5, 5);
    case native.TF_ATTR_STRING:
      return each(bytes, 2, 2);
    case native.TF_ATTR_SHAPE:
      return shapeValue(value as number[]);
    default:
      throw new TypeError(`attribute ${name} is of kind ${type}`);
  }
}

/** @returns a NodeDef */
export function nodeDef(
  name: string,
  op: string,
  inputs: readonly string[],
  attributes: Readonly<Record<string, AttrValue>>,
): Buffer {
  const attrs = Object.entries(attributes).map(([key, value]) =>
    bytes(5, Buffer.concat([bytes(1, key), bytes(2, value)])),
  );
  return Buffer.concat([bytes(1, name), bytes(2, op), ...inputs.map((input) => bytes(3, input)), ...attrs]);
}

/** Of the TensorFlow that first wrote graphs like these; readers check it against what they still understand. */
const PRODUCER = 1900;

/** @returns a SavedModel with one meta graph under the tag "serve" and no variables */
function savedModel(nodes: readonly Buffer[], functions: readonly Buffer[]): Buffer {
  const library = bytes(2, Buffer.concat(functions.map((one) => bytes(1, one))));
  const graph = Buffer.concat([...nodes, library, bytes(4, integer(1, PRODUCER))]);
  const metaInfo = bytes(1, bytes(4, "serve"));
  return Buffer.concat([integer(1, 1), bytes(2, Buffer.concat([metaInfo, bytes(2, graph)]))]);
}

/** What goes into a graph, or comes out of it. */
export interface Port {
  readonly name: string;
  readonly dtype: number;
  /** In the graph's body: "argument" or "node:output:number". */
  readonly source: string;
}

/** ConfigProto { graph_options { rewrite_options { disable_meta_optimizer: true } } } */
const AS_WRITTEN = bytes(10, bytes(10, integer(19, 1)));
const STEP = "step";
/** Not put into the place of its call, and not rewritten with the graph, as tf.data's functions are not: each would be before the call says how it is run. */
const AS_ONE = ["_noinline", "_tf_data_function"];

/**
 * The nodes become the body of a function that one node calls, because such a node may say how its function is run: as it is written. Of a graph itself TensorFlow puts sums and products
 * in another order, and what it then computes differs in the last bit from the same operations called one by one.
 * @returns a SavedModel; its results are `${STEP}:0`, `${STEP}:1`, …
 */
export function stepModel(inputs: readonly Port[], nodes: readonly Buffer[], results: readonly Port[]): Buffer {
  const port = (field: number, { name, dtype }: Port) =>
    bytes(field, Buffer.concat([bytes(1, name), integer(3, dtype)]));
  const signature = [bytes(1, STEP), ...inputs.map((one) => port(2, one)), ...results.map((one) => port(3, one))];
  const flag: AttrValue = integer(5, 1);
  const body = Buffer.concat([
    bytes(1, Buffer.concat(signature)),
    ...nodes.map((node) => bytes(3, node)),
    ...results.map(({ name, source }) => bytes(4, Buffer.concat([bytes(1, name), bytes(2, source)]))),
    ...AS_ONE.map((name) => bytes(5, Buffer.concat([bytes(1, name), bytes(2, flag)]))),
  ]);
  const call = nodeDef(
    STEP,
    "PartitionedCall",
    inputs.map(({ name }) => name),
    {
      Tin: list(inputs.map(({ dtype }) => integer(6, dtype))),
      Tout: list(results.map(({ dtype }) => integer(6, dtype))),
      f: bytes(10, bytes(1, STEP)),
      config_proto: bytes(2, AS_WRITTEN),
    },
  );
  const fed = inputs.map(({ name, dtype }) => nodeDef(name, "Placeholder", [], { dtype: typeValue(dtype) }));
  return savedModel(
    [...fed, call].map((node) => bytes(1, node)),
    [body],
  );
}

/** How the results of stepModel are asked for. */
export const resultNames = (count: number): string => Array.from({ length: count }, (_, i) => `${STEP}:${i}`).join(",");
