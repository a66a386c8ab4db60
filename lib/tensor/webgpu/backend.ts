// The parts of tfjs-backend-webgpu's backend that starting, recording and error messages need; its own type keeps some of them private.
import type { BackendValues, DataType, KernelBackend, TensorInfo } from "../tf.ts";

/** What the backend knows of a tensor's data. */
export interface WebgpuData {
  /** On the device; undefined or null while the values wait on the host. */
  resource?: GPUBuffer | null;
  readonly values?: BackendValues | null;
  readonly shape: number[];
  readonly dtype: DataType;
}

/** One compiled shader with its launch. */
export interface WebgpuProgram {
  readonly shaderKey: string;
  readonly pipeline: GPUComputePipeline;
  readonly dispatch: readonly [number, number, number];
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
    readonly numBytesAllocated: number;
  };
  read(dataId: object): Promise<BackendValues>;
  readSync(dataId: object): BackendValues;
  write(values: BackendValues | null, shape: number[], dtype: DataType): object;
  uploadToGPU(dataId: object): void;
  disposeData(dataId: object, force?: boolean): boolean;
  incRef(dataId: object): void;
  makeTensorInfo(shape: readonly number[], dtype: DataType, values?: BackendValues): TensorInfo;
  recordAndSubmit(program: WebgpuProgram, output: TensorInfo, inputs: readonly TensorInfo[], uniforms?: unknown): void;
  endComputePassEncoder(): void;
  ensureCommandEncoderReady(): void;
  readonly commandEncoder: GPUCommandEncoder;
  submitQueue(): void;
}
