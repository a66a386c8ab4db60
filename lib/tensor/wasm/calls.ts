// Every call into the engine's memory passes here, so that a step can be written down as its calls: tfjs's own kernels by name and tensor ids, ours by address.
import type { WasmBackend, WasmData } from "./backend.ts";

/** What tfjs passes to one of its functions: ids and numbers, and lists of numbers as bytes. */
export type KernelArgument = number | boolean | Uint8Array;
/** A place in a tensor's memory, in bytes from its start. */
export interface Place {
  readonly data: WasmData;
  readonly offset: number;
}
export type Argument = number | Place;
export type OwnFunction = (...args: number[]) => void;

export interface CallRecorder {
  kernel(name: string, args: readonly KernelArgument[]): void;
  own(run: OwnFunction, args: readonly Argument[]): void;
}

let recorder: CallRecorder | undefined;

/** Sends every call to `to` as well, until it is called again without one. */
export function recordCalls(to: CallRecorder | undefined): void {
  recorder = to;
}

/** Calls a function of ours on places in tensors. */
export function callOwn(run: OwnFunction, args: readonly Argument[]): void {
  recorder?.own(run, args);
  run(...args.map((arg) => (typeof arg === "number" ? arg : arg.data.memoryOffset + arg.offset)));
}

/** Lets tfjs's kernels find their functions through us; they look them up whenever the backend becomes active. Call once. */
export function tapKernels(backend: WasmBackend): void {
  const { wasm } = backend;
  const find = wasm.cwrap.bind(wasm);
  wasm.cwrap = (name, returns, types) => {
    const call = find(name, returns, types);
    return (...args) => {
      recorder?.kernel(name, args);
      return call(...args);
    };
  };
}
