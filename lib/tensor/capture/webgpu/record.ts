// Writes down what a step does on the webgpu engine: its shader launches with their uniforms, and the life of every buffer. Every operation of tfjs's backend comes down to launches
// of compiled programs; data are told apart by the backend's handles, numbered here in the order in which the step meets them.
import { createHash } from "node:crypto";
import * as tf from "../../tf.ts";
import type { WebgpuBackend, WebgpuProgram } from "../../webgpu/backend.ts";
import type { Recorder } from "../inputs.ts";

export interface Launch {
  readonly kind: "launch";
  readonly program: WebgpuProgram;
  readonly dispatch: WebgpuProgram["dispatch"];
  /** Content of the uniform buffer. */
  readonly uniforms: Uint8Array<ArrayBuffer>;
  /** Data by number: what it writes, then what it reads. */
  readonly data: readonly number[];
  /** Of those, so many are written. */
  readonly writes: number;
  /** Where it only copies what lies together: the bytes from which on in what it reads. */
  readonly copiesFrom?: number;
}
export type Event =
  | Launch
  | { readonly kind: "made"; readonly id: number; readonly bytes: number }
  | { readonly kind: "constant"; readonly id: number; readonly content: Uint8Array<ArrayBuffer> }
  | { readonly kind: "freed"; readonly id: number };

export class WebgpuRecording implements Recorder {
  refused: string | undefined;
  readonly events: Event[] = [];
  /** Tensors from before the step that are no inputs, by number, in the order of first use. */
  readonly before = new Map<number, tf.TensorInfo>();
  inputs = 0;
  readonly #backend: WebgpuBackend;
  readonly #ids = new Map<object, number>();
  readonly #made = new Set<number>();
  /** Written from the host during the step. */
  readonly #constants = new Map<object, Uint8Array<ArrayBuffer>>();
  /** Made during the step and not yet written by a launch. */
  readonly #blank = new Set<object>();

  constructor(backend: WebgpuBackend) {
    this.#backend = backend;
  }

  addInput(tensor: tf.Tensor): boolean {
    if (this.#ids.has(tensor.dataId)) return false;
    // What waits on the host would be taken for a constant, or computed with there.
    this.#backend.uploadToGPU(tensor.dataId);
    this.#ids.set(tensor.dataId, this.inputs++);
    return true;
  }

  /** On the device: its values cannot be read at once. */
  copyOf(tensor: tf.Tensor): tf.Tensor {
    const backend = this.#backend;
    const copy = backend.makeTensorInfo(tensor.shape, tensor.dtype);
    for (const { dataId } of [tensor, copy]) backend.uploadToGPU(dataId);
    const [from, to] = [tensor, copy].map(({ dataId }) => backend.tensorMap.get(dataId)?.resource as GPUBuffer);
    backend.ensureCommandEncoderReady();
    backend.endComputePassEncoder();
    backend.commandEncoder.copyBufferToBuffer(from as GPUBuffer, 0, to as GPUBuffer, 0, (to as GPUBuffer).size);
    backend.submitQueue();
    return tf.engine().makeTensorFromTensorInfo(copy);
  }

  /** @returns the number of data that is there after the step */
  idOf({ dataId }: tf.TensorInfo): number | undefined {
    return this.#ids.get(dataId);
  }

  record<T>(step: () => T): T {
    const backend = this.#backend;
    const { queue } = backend;
    const own = (["write", "recordAndSubmit", "disposeData"] as const).map(
      (name) => [name, Object.getOwnPropertyDescriptor(backend, name)] as const,
    );
    const [write, submit, disposeData] = [
      backend.write.bind(backend),
      backend.recordAndSubmit.bind(backend),
      backend.disposeData.bind(backend),
    ];
    backend.write = (values, shape, dtype) => {
      const dataId = write(values, shape, dtype);
      if (dtype === "string") this.refused ??= "the step makes a tensor of strings";
      else if (values === null || values === undefined) this.#blank.add(dataId);
      else this.#constants.set(dataId, bytesOf(values as ArrayLike<number>, dtype));
      return dataId;
    };
    // Nothing but uniforms goes through the queue's own writing; their layout is the backend's business.
    let uniforms = new Uint8Array(0);
    backend.queue = {
      submit: (buffers) => queue.submit(buffers),
      writeBuffer: (buffer, offset, content, ...rest) => {
        uniforms = new Uint8Array(content.slice(0));
        queue.writeBuffer(buffer, offset, content, ...rest);
      },
    };
    backend.recordAndSubmit = (program, output, inputs, defined) => {
      submit(program, output, inputs, defined);
      const { dispatch, alsoWrites = 0 } = program;
      const reads = inputs.slice(alsoWrites).map((input) => this.#read(input));
      const writes = [output, ...inputs.slice(0, alsoWrites)].map((result) => this.#written(result));
      const from = stretchBegin(program, inputs);
      const copiesFrom = from === undefined ? {} : { copiesFrom: from };
      const data = [...writes, ...reads];
      this.events.push({ kind: "launch", program, dispatch, uniforms, data, writes: writes.length, ...copiesFrom });
    };
    backend.disposeData = (dataId, force) => {
      const gone = disposeData(dataId, force);
      const id = this.#ids.get(dataId);
      // Of what the step made itself: whether an input is gone depends on who else holds it.
      if (gone && id !== undefined && this.#made.has(id)) this.events.push({ kind: "freed", id });
      return gone;
    };
    // Small tensors on the host would be computed with there, and be constants of the step.
    const forward = tf.env().getBool("WEBGPU_CPU_FORWARD");
    tf.env().set("WEBGPU_CPU_FORWARD", false);
    try {
      return step();
    } finally {
      tf.env().set("WEBGPU_CPU_FORWARD", forward);
      backend.queue = queue;
      for (const [name, descriptor] of own) {
        if (descriptor) Object.defineProperty(backend, name, descriptor);
        else delete (backend as Partial<WebgpuBackend>)[name];
      }
    }
  }

  #read(tensor: tf.TensorInfo): number {
    const known = this.#ids.get(tensor.dataId);
    if (known !== undefined) return known;
    const id = this.#number(tensor.dataId);
    const content = this.#constants.get(tensor.dataId);
    if (content) this.events.push({ kind: "constant", id, content });
    else if (this.#blank.has(tensor.dataId)) this.refused ??= "an operation of the step could not be written down";
    else this.before.set(id, tensor);
    return id;
  }

  #written(tensor: tf.TensorInfo): number {
    const known = this.#ids.get(tensor.dataId);
    if (known !== undefined) return known;
    const id = this.#number(tensor.dataId);
    this.#blank.delete(tensor.dataId);
    const { shape, dtype } = tensor;
    const bytes = tf.util.sizeFromShape(shape) * (dtype === "complex64" ? 8 : 4);
    this.#made.add(id);
    this.events.push({ kind: "made", id, bytes });
    return id;
  }

  #number(dataId: object): number {
    const id = this.#ids.size;
    this.#ids.set(dataId, id);
    return id;
  }
}

/** @returns where a slice of whole rows begins, in bytes; undefined where the program is none */
function stretchBegin(program: WebgpuProgram, inputs: readonly tf.TensorInfo[]): number | undefined {
  const { start, outputShape } = program as Partial<{ start: readonly number[]; outputShape: readonly number[] }>;
  const [source, ...others] = inputs;
  if (!program.shaderKey.startsWith("slice_") || !start || !outputShape || !source || others.length > 0)
    return undefined;
  const [, ...rest] = source.shape;
  const whole = rest.every((length, i) => start[i + 1] === 0 && outputShape[i + 1] === length);
  return whole ? 4 * (start[0] as number) * tf.util.sizeFromShape(rest) : undefined;
}

/** As the backend uploads them: 4 bytes each, floats or integers. */
function bytesOf(values: ArrayLike<number>, dtype: tf.DataType): Uint8Array<ArrayBuffer> {
  return new Uint8Array(dtype === "float32" ? Float32Array.from(values).buffer : Int32Array.from(values).buffer);
}

/** Equal for equal recordings. */
export function describe(events: readonly Event[]): string {
  const sha = createHash("sha256");
  for (const event of events) {
    if (event.kind === "launch") {
      sha.update(JSON.stringify([event.program.shaderKey, event.dispatch, event.data])).update(event.uniforms);
    } else if (event.kind === "constant") sha.update(`${event.id}`).update(event.content);
    else sha.update(JSON.stringify(event));
  }
  return sha.digest("hex");
}
