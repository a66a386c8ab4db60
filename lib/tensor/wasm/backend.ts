// The parts of tfjs-backend-wasm's backend that kernels in its memory and their recorder need; its own type keeps them private.
import type { BackendValues, DataType, TensorInfo } from "../tf.ts";

/** What the backend knows of a tensor's data. */
export interface WasmData {
  /** The engine's C++ side knows data by this number. */
  id: number;
  readonly memoryOffset: number;
  readonly shape: readonly number[];
  readonly dtype: DataType;
}

export interface WasmBackend {
  readonly wasm: {
    readonly asm: { readonly memory: WebAssembly.Memory };
    /** Anew after memory has grown. */
    readonly HEAPU8: Uint8Array;
    /** Addresses above 2 GiB come back negative: `>>> 0`. */
    _malloc: (bytes: number) => number;
    _free: (address: number) => void;
    cwrap: (
      name: string,
      returns: string | null,
      types: readonly string[],
    ) => (...args: (number | boolean | Uint8Array)[]) => unknown;
    readonly tfjs: {
      registerTensor(id: number, size: number, address: number): void;
      disposeData(id: number): void;
    };
  };
  dataIdNextNumber: number;
  readonly dataIdMap: { get(dataId: object): WasmData };
  makeOutput(shape: readonly number[], dtype: DataType, address?: undefined, values?: BackendValues): TensorInfo;
  move(dataId: object, values: BackendValues | null, shape: number[], dtype: DataType, refCount: number): void;
  typedArrayFromHeap(tensor: TensorInfo): Float32Array;
  readSync(dataId: object, start?: number, end?: number): BackendValues;
  disposeData(dataId: object): boolean;
  incRef(dataId: object): void;
}
