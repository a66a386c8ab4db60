// What goes wrong on a device says so in the laboratory's way: a lost device, memory that is not there, a call that is refused, and a value asked for without waiting. WebGPU reports all
// but the last later and elsewhere; here they come out of the next call that needs the device, and name the operation (or the tensor) that they began with.
import { fault } from "../../core/errors.ts";
import type { BlankslateError } from "../../core/errors.ts";
import { outOfMemory } from "../memory.ts";
import * as tf from "../tf.ts";
import type { WebgpuBackend } from "./backend.ts";

type Refuse = (error: GPUError, name: string) => void;
/** By device; see guarded. */
const refusals = new WeakMap<GPUDevice, Refuse>();
/** The kernel that runs now, as tfjs names it. */
let running: string | undefined;
const operation = () => running ?? "a captured step";
/** What the device has to say of the last scope; before it, it has spoken of all others. */
let lastScope: Promise<void> = Promise.resolve();

/** A validation error of what `work` asks of the device, or of a shader that it compiles, is told as the running operation's. */
export function guarded<T>(device: GPUDevice, work: () => T, name = operation()): T {
  return scoped(device, "validation", work, (error) => refusals.get(device)?.(error, name));
}

function scoped<T>(device: GPUDevice, filter: GPUErrorFilter, work: () => T, tell: (error: GPUError) => void): T {
  device.pushErrorScope(filter);
  try {
    return work();
  } finally {
    lastScope = device.popErrorScope().then(
      (error) => {
        if (error) tell(error);
      },
      // Rejected by a lost device, which says so itself.
      () => undefined,
    );
  }
}

/** Call once, after all kernels are registered: errors then know which of them they come from. */
export function nameKernels(): void {
  for (const kernel of tf.getKernelsForBackend("webgpu")) {
    const { kernelName, kernelFunc } = kernel;
    tf.unregisterKernel(kernelName, "webgpu");
    tf.registerKernel({
      ...kernel,
      kernelFunc(call) {
        const before = running;
        running = kernelName;
        try {
          return kernelFunc(call);
        } finally {
          running = before;
        }
      },
    });
  }
}

function emptyPool(manager: WebgpuBackend["bufferManager"]): void {
  for (const buffers of manager.freeBuffers.values())
    for (const buffer of buffers.splice(0)) {
      manager.numFreeBuffers -= 1;
      manager.numBytesAllocated -= buffer.size;
      buffer.destroy();
    }
}

/** In place of 0: WebGPU binds no buffer of 0 bytes, which is what a tensor without elements has. */
const LEAST_BYTES = 16;
/** Smaller buffers are not asked about one by one. */
const LARGE_BYTES = 2 ** 20;

/** Call once for a new backend. */
export function reportFailures(backend: WebgpuBackend, deviceName: string): void {
  const { device, bufferManager } = backend;
  /** The device stays unusable once it is lost; other errors are said once, the one that says where it comes from before what follows from it. */
  let lost: BlankslateError | undefined;
  let failed: BlankslateError | undefined;
  let unplaced: BlankslateError | undefined;
  void device.lost.then(({ message }) => {
    lost = fault(
      "DEVICE_LOST",
      `${deviceName} was lost: ${message || "its driver gave no reason"}.`,
      "the tensors on it are gone. Restart the kernel; if it happens again, train with smaller batches or set BLANKSLATE_ENGINE=wasm.",
    );
  });
  const refused = (error: GPUError, name: string) =>
    fault(
      "DEVICE_ERROR",
      `${deviceName} refused ${name}: ${error.message.trim()}`,
      "what was computed with it is not to be trusted. It may be a bug of the engine; BLANKSLATE_ENGINE=wasm computes the same.",
      error,
    );
  refusals.set(device, (error, name) => (failed ??= refused(error, name)));
  device.addEventListener("uncapturederror", ({ error }) => (unplaced ??= refused(error, "a call")));
  const check = () => {
    const error = lost ?? failed;
    failed = undefined;
    if (error) throw error;
  };
  /** For when the device has been waited for. */
  const checkAll = async () => {
    await lastScope;
    failed ??= unplaced;
    unplaced = undefined;
    check();
  };

  /** Once memory was short, large buffers are given back instead of kept for the next of their size. */
  let wasShort = false;
  let shape: readonly number[] | undefined;
  const upload = backend.uploadToGPU.bind(backend);
  backend.uploadToGPU = (dataId) => {
    shape = backend.tensorMap.get(dataId)?.shape;
    try {
      upload(dataId);
    } finally {
      shape = undefined;
    }
  };
  const acquire = bufferManager.acquireBuffer.bind(bufferManager);
  bufferManager.acquireBuffer = (size, ...rest) => {
    const limit = Math.min(device.limits.maxBufferSize, device.limits.maxStorageBufferBindingSize);
    if (size > limit) throw outOfMemory("webgpu", { shape, bytes: size, room: limit });
    if (size < LARGE_BYTES) return acquire(size === 0 ? LEAST_BYTES : size, ...rest);
    const asked = shape;
    return scoped(
      device,
      "out-of-memory",
      () => acquire(size, ...rest),
      (cause) => {
        failed ??= outOfMemory("webgpu", { shape: asked, bytes: size, cause });
        wasShort = true;
        emptyPool(bufferManager);
      },
    );
  };
  const release = bufferManager.releaseBuffer.bind(bufferManager);
  bufferManager.releaseBuffer = (buffer, reuse = true) =>
    release(buffer, reuse && !(wasShort && buffer.size >= LARGE_BYTES));
  const run = backend.runWebGPUProgram.bind(backend);
  backend.runWebGPUProgram = (...launch) => guarded(device, () => run(...launch));
  const record = backend.recordAndSubmit.bind(backend);
  const submitted = new Set<string>();
  backend.recordAndSubmit = (...launch) => {
    check();
    submitted.add(operation());
    guarded(device, () => record(...launch));
  };
  // Some of what a launch does wrong is only seen here.
  const submit = backend.submitQueue.bind(backend);
  backend.submitQueue = () => {
    const names = submitted.size > 0 ? `one of ${[...submitted].join(", ")}` : operation();
    submitted.clear();
    guarded(device, submit, names);
  };
  const read = backend.read.bind(backend);
  backend.read = async (dataId) => {
    check();
    const { shape: of, dtype } = backend.tensorMap.get(dataId) ?? {};
    if (of && dtype && tf.util.sizeFromShape(of) === 0) return tf.util.getTypedArrayFromDType(dtype as "float32", 0);
    try {
      const values = await read(dataId);
      await checkAll();
      return values;
    } catch (error) {
      await checkAll();
      throw error;
    }
  };
  const readSync = backend.readSync.bind(backend);
  backend.readSync = (dataId) => {
    const data = backend.tensorMap.get(dataId);
    if (data && !data.values && data.dtype !== "string")
      throw fault(
        "READ_MUST_WAIT",
        `a tensor of shape [${data.shape.join(", ")}] lies on ${deviceName}, which gives nothing back at once.`,
        "write `await x.data()` or `await x.array()` instead of dataSync, arraySync and print.",
      );
    return readSync(dataId);
  };
}
