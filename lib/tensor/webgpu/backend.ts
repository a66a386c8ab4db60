// The parts of tfjs-backend-webgpu's backend that starting, recording and error messages need; its own type keeps some of them private.
import type { BackendValues, DataType, KernelBackend, TensorInfo } from "../tf.ts";

/** What the backend knows of a tensor's data. */
export interface WebgpuData {
  /** On the device; undefined or null while the values wait on the host. */
  resource?: GPUBuffer | null;
  /** As last read or written by the host. */
  values?: BackendValues | null;
  readonly shape: number[];
  readonly dtype: DataType;
}

/** One compiled shader with its launch. */
export interface WebgpuProgram {
  readonly shaderKey: string;
  readonly pipeline: GPUComputePipeline;
  readonly dispatch: readonly [number, number, number];
  /** Of the inputs: so many are results too, before those that it reads alone. */
  readonly alsoWrites?: number;
}

/** A shader as tfjs compiles it: its code says `main(index)`, and names inputs, uniforms and result. */
export interface ShaderProgram {
  readonly variableNames: readonly string[];
  readonly outputShape: readonly number[];
  readonly shaderKey: string;
  readonly dispatchLayout: { readonly x: readonly number[] };
  readonly dispatch: readonly [number, number, number];
  readonly workgroupSize: readonly [number, number, number];
  /** Fields of the uniform structure. */
  readonly uniforms: string;
  getUserCode(): string;
}

/** Call after the device has changed data in place: what the host read of them before is no longer true. */
export function forgetHostCopy(backend: WebgpuBackend, { dataId }: TensorInfo): void {
  const data = backend.tensorMap.get(dataId);
  if (data) data.values = null;
}

export interface WebgpuBackend extends KernelBackend {
  readonly device: GPUDevice;
  queue: {
    submit(buffers: Iterable<GPUCommandBuffer>): void;
    writeBuffer(buffer: GPUBuffer, offset: number, content: ArrayBuffer, from?: number, size?: number): void;
  };
  readonly tensorMap: { get(dataId: object): WebgpuData | undefined };
  readonly bufferManager: {
    acquireBuffer(size: number, usage: number, mappedAtCreation?: boolean, reuse?: boolean): GPUBuffer;
    releaseBuffer(buffer: GPUBuffer, reuse?: boolean): void;
    numBytesAllocated: number;
    numFreeBuffers: number;
    /** By size and use: kept for the next that asks for such a one. */
    readonly freeBuffers: Map<string, GPUBuffer[]>;
  };
  read(dataId: object): Promise<BackendValues>;
  readSync(dataId: object): BackendValues;
  write(values: BackendValues | null, shape: number[], dtype: DataType): object;
  uploadToGPU(dataId: object): void;
  disposeData(dataId: object, force?: boolean): boolean;
  incRef(dataId: object): void;
  makeTensorInfo(shape: readonly number[], dtype: DataType, values?: BackendValues): TensorInfo;
  runWebGPUProgram(
    program: ShaderProgram,
    inputs: readonly TensorInfo[],
    outputDtype: DataType,
    uniforms: readonly { readonly type: "int32" | "float32"; readonly data: readonly number[] }[],
    output?: TensorInfo,
  ): TensorInfo;
  recordAndSubmit(program: WebgpuProgram, output: TensorInfo, inputs: readonly TensorInfo[], uniforms?: unknown): void;
  endComputePassEncoder(): void;
  ensureCommandEncoderReady(): void;
  readonly commandEncoder: GPUCommandEncoder;
  submitQueue(): void;
}
