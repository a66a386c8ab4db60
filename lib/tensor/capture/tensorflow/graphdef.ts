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
export const shapeValue = (dims: readonly number[]): AttrValue => bytes(7, shapeProto(dims));
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

export function nodeDef(
  name: string,
  op: string,
  inputs: readonly string[],
  attributes: Readonly<Record<string, AttrValue>>,
): Buffer {
  const attrs = Object.entries(attributes).map(([key, value]) =>
    bytes(5, Buffer.concat([bytes(1, key), bytes(2, value)])),
  );
  return bytes(1, Buffer.concat([bytes(1, name), bytes(2, op), ...inputs.map((input) => bytes(3, input)), ...attrs]));
}

/** Of the TensorFlow that first wrote graphs like these; readers check it against what they still understand. */
const PRODUCER = 1900;

/** @returns a SavedModel with one meta graph under the tag "serve" and no variables */
export function savedModel(nodes: readonly Buffer[]): Buffer {
  const graph = Buffer.concat([...nodes, bytes(4, integer(1, PRODUCER))]);
  const metaInfo = bytes(1, bytes(4, "serve"));
  return Buffer.concat([integer(1, 1), bytes(2, Buffer.concat([metaInfo, bytes(2, graph)]))]);
}
