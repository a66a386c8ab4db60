// What goes wrong on a device says so in the laboratory's way: a lost device, memory that is not there, and a value asked for without waiting. WebGPU reports the first two later and
// elsewhere; here they come out of the next call that needs the device.
import { fault } from "../../core/errors.ts";
import type { BlankslateError } from "../../core/errors.ts";
import { outOfMemory } from "../memory.ts";
import type { WebgpuBackend } from "./backend.ts";

/** Call once for a new backend. */
export function reportFailures(backend: WebgpuBackend, deviceName: string): void {
  const { device, bufferManager } = backend;
  /** The device stays unusable once it is lost; an allocation that failed is said once. */
  let lost: BlankslateError | undefined;
  let failed: BlankslateError | undefined;
  void device.lost.then(({ message }) => {
    lost = fault(
      "DEVICE_LOST",
      `${deviceName} was lost: ${message || "its driver gave no reason"}.`,
      "the tensors on it are gone. Restart the kernel; if it happens again, train with smaller batches or set BLANKSLATE_ENGINE=wasm.",
    );
  });
  device.addEventListener("uncapturederror", (event) => {
    const { error } = event;
    failed ??=
      error instanceof GPUOutOfMemoryError
        ? outOfMemory("webgpu", { bytes: lastRequest, cause: error })
        : fault("DEVICE_ERROR", `${deviceName} refused a call: ${error.message}`, "it may be a bug of the engine.");
  });
  const check = () => {
    const error = lost ?? failed;
    failed = undefined;
    if (error) throw error;
  };

  let lastRequest = 0;
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
    lastRequest = size;
    return acquire(size, ...rest);
  };
  const record = backend.recordAndSubmit.bind(backend);
  backend.recordAndSubmit = (...launch) => {
    check();
    record(...launch);
  };
  const read = backend.read.bind(backend);
  backend.read = async (dataId) => {
    check();
    try {
      const values = await read(dataId);
      // The queue's errors have arrived by now.
      check();
      return values;
    } catch (error) {
      check();
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
