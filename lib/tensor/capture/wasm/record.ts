// Writes down what a step does on the wasm engine: its calls into the engine's memory, and the life of every tensor's data, from which the replay plans its memory.
//
// tfjs's kernels know data by id, ours by address. While a step is recorded ids come from a range of their own, counted from the same start each time: no size or axis looks like one,
// and two runs of one step write down the same numbers. Data from before the step gets a second id of that range while it lasts.
import * as tf from "../../tf.ts";
import type { WasmBackend, WasmData } from "../../wasm/backend.ts";
import { recordCalls } from "../../wasm/calls.ts";
import type { Argument, CallRecorder, KernelArgument, OwnFunction } from "../../wasm/calls.ts";
import { copyOnHost } from "../inputs.ts";
import type { Recorder } from "../inputs.ts";

/** Ids of data made in the step count up from here, those of data from before it from BEFORE. */
const MADE = 0x1a2b_3c40;
export const BEFORE = MADE + 0x0100_0000;

export type Event =
  | { readonly kind: "kernel"; readonly name: string; readonly args: readonly KernelArgument[] }
  | {
      readonly kind: "own";
      readonly run: OwnFunction;
      readonly args: readonly (number | { readonly id: number; readonly offset: number })[];
    }
  | { readonly kind: "made"; readonly id: number; readonly bytes: number; readonly size: number }
  | { readonly kind: "constant"; readonly id: number; readonly size: number; readonly content: Uint8Array }
  | { readonly kind: "freed"; readonly id: number };

export class WasmRecording implements Recorder, CallRecorder {
  refused: string | undefined;
  readonly copyOf = copyOnHost;
  readonly events: Event[] = [];
  /** Data from before the step, by its id in the recording: the inputs first, then closed-over tensors in the order of first use. */
  readonly before = new Map<number, { readonly data: WasmData; readonly ownId: number; readonly dataId: object }>();
  inputs = 0;
  readonly #backend: WasmBackend;
  readonly #survivors = new Map<number, WasmData>();
  #recording = false;

  constructor(backend: WasmBackend) {
    this.#backend = backend;
  }

  addInput(tensor: tf.Tensor): boolean {
    const data = this.#backend.dataIdMap.get(tensor.dataId);
    for (const known of this.before.values()) if (known.data === data) return false;
    this.before.set(BEFORE + this.inputs++, { data, ownId: data.id, dataId: tensor.dataId });
    return true;
  }

  kernel(name: string, args: readonly KernelArgument[]): void {
    this.events.push({ kind: "kernel", name, args: args.map((arg) => (typeof arg === "object" ? arg.slice() : arg)) });
  }

  own(run: OwnFunction, args: readonly Argument[]): void {
    this.events.push({
      kind: "own",
      run,
      args: args.map((arg) => (typeof arg === "number" ? arg : { id: arg.data.id, offset: arg.offset })),
    });
  }

  /** @returns the id in the recording of data that is there after the step */
  idOf(tensor: tf.TensorInfo): number | undefined {
    const data = this.#backend.dataIdMap.get(tensor.dataId);
    for (const [id, known] of this.before) if (known.data === data) return id;
    for (const [id, survivor] of this.#survivors) if (survivor === data) return id;
    return undefined;
  }

  record<T>(step: () => T): T {
    const backend = this.#backend;
    const { wasm, dataIdMap } = backend;
    const get = dataIdMap.get.bind(dataIdMap);
    const realDispose = wasm.tfjs.disposeData.bind(wasm.tfjs);
    const [move, heap, read] = [
      backend.move.bind(backend),
      backend.typedArrayFromHeap.bind(backend),
      backend.readSync.bind(backend),
    ];
    const next = backend.dataIdNextNumber;
    const alias = (id: number, data: WasmData) => {
      data.id = id;
      wasm.tfjs.registerTensor(id, tf.util.sizeFromShape([...data.shape]), data.memoryOffset);
    };
    for (const [id, { data }] of this.before) alias(id, data);

    dataIdMap.get = (dataId) => {
      const data = get(dataId);
      if (data.id >= MADE) return data;
      const id = BEFORE + this.before.size;
      this.before.set(id, { data, ownId: data.id, dataId });
      alias(id, data);
      return data;
    };
    backend.move = (dataId, values, shape, dtype, refCount) => {
      move(dataId, values, shape, dtype, refCount);
      const data = get(dataId);
      const size = tf.util.sizeFromShape(shape);
      this.#survivors.set(data.id, data);
      if (dtype === "string") this.refused ??= "the step makes a tensor of strings";
      else if (values === null)
        this.events.push({ kind: "made", id: data.id, size, bytes: size * tf.util.bytesPerElement(dtype) });
      else this.events.push({ kind: "constant", id: data.id, size, content: bytesOf(values as ArrayBufferView) });
    };
    wasm.tfjs.disposeData = (id) => {
      const known = this.before.get(id);
      // Freed by the step itself: a variable's old value.
      if (known) realDispose(known.ownId);
      else this.events.push({ kind: "freed", id });
      this.#survivors.delete(id);
      realDispose(id);
    };
    const fromJavaScript =
      <A extends unknown[], R>(real: (...args: A) => R, what: string) =>
      (...args: A): R => {
        if (this.#recording) this.refused ??= what;
        return real(...args);
      };
    backend.typedArrayFromHeap = fromJavaScript(heap, "an operation of the step works on memory from JavaScript");
    backend.readSync = fromJavaScript(read, "the step reads a tensor's values back");
    backend.dataIdNextNumber = MADE;
    recordCalls(this);
    this.#recording = true;
    try {
      return step();
    } finally {
      this.#recording = false;
      recordCalls(undefined);
      for (const name of ["move", "typedArrayFromHeap", "readSync"] as const)
        delete (backend as Partial<WasmBackend>)[name];
      delete (dataIdMap as Partial<typeof dataIdMap>).get;
      wasm.tfjs.disposeData = realDispose;
      backend.dataIdNextNumber = next;
      for (const [id, { data, ownId }] of this.before) {
        realDispose(id);
        data.id = ownId;
      }
      // What outlives the step gets an id of the usual range: the next recording counts from the same start.
      for (const [id, data] of this.#survivors) {
        realDispose(id);
        data.id = backend.dataIdNextNumber++;
        wasm.tfjs.registerTensor(data.id, tf.util.sizeFromShape([...data.shape]), data.memoryOffset);
      }
    }
  }
}

const bytesOf = (values: ArrayBufferView) =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength).slice();
