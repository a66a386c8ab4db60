// Writes down what a step does on the `tensorflow` engine. Every operation of tfjs-node's backend is one call of its binding's executeOp with a TensorFlow
// operation's name and attributes: a recorded step is a GraphDef. Tensors are known by the binding's handles, which are never used twice.
import type { Binding, OpAttribute } from "../../native/binding.ts";
import type { TensorflowBackend } from "../../native/backend.ts";
import * as tf from "../../tf.ts";
import { copyOnHost } from "../inputs.ts";
import type { Recorder } from "../inputs.ts";
import { attributeValue, nodeDef, tensorValue, typeValue } from "./graphdef.ts";
import type { Port } from "./graphdef.ts";
import { outputsOf } from "./outputs.ts";

/** They keep a state in the engine, which a graph would not share. */
const RANDOM = /^Random|^Multinomial|^TruncatedNormal|^ParameterizedTruncated/;

export class Recording implements Recorder {
  readonly inputs: Port[] = [];
  readonly nodes: Buffer[] = [];
  /** Tensors from before the step that are neither feeds nor variables, by handle, in the order of first use; kept alive. */
  readonly closedOver = new Map<number, tf.Tensor>();
  refused: string | undefined;
  readonly copyOf = copyOnHost;
  readonly #backend: TensorflowBackend;
  readonly #native: Binding;
  /** Where a handle's value comes from in the graph; see Port. */
  readonly #sources = new Map<number, string>();
  readonly #constants = new Map<
    number,
    { readonly shape: readonly number[]; readonly dtype: number; readonly values: unknown }
  >();
  readonly #constantNodes = new Map<string, string>();
  readonly #seen = new Map<number, tf.TensorInfo>();
  #inputs = 0;
  #count = 0;

  constructor(backend: TensorflowBackend) {
    this.#backend = backend;
    this.#native = backend.binding;
  }

  addInput(tensor: tf.Tensor): boolean {
    const [id] = this.#backend.getInputTensorIds([tensor]) as [number];
    if (this.#sources.has(id)) return false;
    this.#addPlaceholder(`i${this.#inputs++}`, id, tensor);
    return true;
  }

  /** @returns where a tensor's value comes from in the graph, or undefined when the step did not make it */
  sourceOf(tensor: tf.TensorInfo): string | undefined {
    const [id] = this.#backend.getInputTensorIds([tensor]) as [number];
    if (!this.#sources.has(id)) this.#resolve(id);
    return this.#sources.get(id);
  }

  record<T>(step: () => T): T {
    const backend = this.#backend;
    const native = this.#native;
    const spy = Object.create(native, {
      createTensor: {
        value: (shape: readonly number[], dtype: number, values: ArrayBufferView) => {
          const id = native.createTensor(shape, dtype, values);
          this.#constants.set(id, { shape: Array.from(shape), dtype, values });
          return id;
        },
      },
      executeOp: {
        value: (
          op: string,
          attributes: readonly OpAttribute[],
          inputs: readonly number[],
          outputs: number,
          after: readonly number[] = [],
        ) => {
          const made = native.executeOp(op, attributes, inputs, outputs);
          const madeIds = made.map((output) => output.id);
          this.#addOp(op, attributes, inputs, madeIds, after);
          return made;
        },
      },
      tensorDataSync: {
        value: (id: number) => {
          this.refused ??= "the step reads a tensor's values back";
          return native.tensorDataSync(id);
        },
      },
    }) as Binding;
    const [ids, write] = [backend.getInputTensorIds.bind(backend), backend.write.bind(backend)];
    const made = new WeakSet<object>();
    backend.write = (...values) => {
      const dataId = write(...values);
      made.add(dataId);
      return dataId;
    };
    // Handles alone do not say which tensor they belong to; those from before the step must be kept. They may be uploaded only now, and are no constants of the step then.
    backend.getInputTensorIds = (tensors) => {
      const handles = ids(tensors);
      handles.forEach((id, i) => {
        const tensor = tensors[i] as tf.TensorInfo;
        if (this.#sources.has(id) || tensor.dataId === undefined || made.has(tensor.dataId)) return;
        this.#constants.delete(id);
        this.#seen.set(id, tensor);
      });
      return handles;
    };
    backend.binding = spy;
    try {
      return step();
    } finally {
      backend.binding = native;
      // The prototype's own come back.
      delete (backend as Partial<TensorflowBackend>).getInputTensorIds;
      delete (backend as Partial<TensorflowBackend>).write;
      this.#seen.clear();
    }
  }

  #addPlaceholder(name: string, id: number, tensor: tf.TensorInfo): void {
    const dtype = this.#backend.getDTypeInteger(tensor.dtype);
    this.inputs.push({ name, dtype, source: name });
    this.#sources.set(id, name);
  }

  #addOp(
    op: string,
    attributes: readonly OpAttribute[],
    inputs: readonly number[],
    outputs: readonly number[],
    after: readonly number[],
  ): void {
    if (RANDOM.test(op)) this.refused ??= `${op} draws random numbers on the engine`;
    for (const id of [...inputs, ...after]) if (!this.#sources.has(id)) this.#resolve(id);
    const made = outputsOf(op, outputs.length);
    if (!made) this.refused ??= `${op} is no operation that a graph is made of here`;
    if (this.refused !== undefined || !made) return;
    const name = `n${this.#count++}`;
    const values = Object.fromEntries(attributes.map((a) => [a.name, attributeValue(a, this.#native)]));
    const source = (id: number) => this.#sources.get(id) as string;
    // "^node": an input that brings no value, only its place in the order. What goes into the graph is there before everything.
    const before = after.map(source).filter((one) => one.includes(":"));
    const from = [...inputs.map(source), ...before.map((one) => `^${one.split(":")[0]}`)];
    this.nodes.push(nodeDef(name, op, from, values));
    outputs.forEach((id, i) => this.#sources.set(id, `${name}:${made[i]}`));
  }

  /** A handle that no recorded operation made: a constant of the step, or a tensor from before it. */
  #resolve(id: number): void {
    const constant = this.#constants.get(id);
    const before = this.#seen.get(id);
    if (constant) this.#addConstant(id, constant.shape, constant.dtype, constant.values);
    else if (before) {
      const name = `h${this.closedOver.size}`;
      this.#backend.incRef(before.dataId);
      this.closedOver.set(id, tf.keep(tf.engine().makeTensorFromTensorInfo({ ...before })));
      this.#addPlaceholder(name, id, before);
    } else this.refused ??= "the step uses a tensor of unknown origin";
  }

  #addConstant(id: number, shape: readonly number[], dtype: number, values: unknown): void {
    if (!ArrayBuffer.isView(values)) {
      this.refused ??= "the step makes a tensor of strings";
      return;
    }
    const content = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
    // Shapes and axes come again and again; one node each.
    const key = `${dtype} ${shape.join()} ${content.length <= 64 ? content.toString("hex") : id}`;
    let name = this.#constantNodes.get(key);
    if (name === undefined) {
      name = `c${this.#constantNodes.size}`;
      this.#constantNodes.set(key, name);
      this.nodes.push(
        nodeDef(name, "Const", [], { dtype: typeValue(dtype), value: tensorValue(dtype, shape, Buffer.from(content)) }),
      );
    }
    this.#sources.set(id, `${name}:output:0`);
  }
}
