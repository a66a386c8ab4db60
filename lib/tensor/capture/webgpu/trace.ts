// From a recorded step to a list of launches on buffers planned once, with bind groups made before: no tfjs operation between two launches, and one submission for all. Variables
// and feeds are bound where they lie and new values come out as tensors of their own, so that tf.Variables are always current; only launches that touch those are bound at each run.
import * as tf from "../../tf.ts";
import { forgetHostCopy } from "../../webgpu/backend.ts";
import type { WebgpuBackend } from "../../webgpu/backend.ts";
import type { Feeds, Program, Step, Traced } from "../capture.ts";
import { runRecorded } from "../inputs.ts";
import type { Recorded } from "../recorded.ts";
import { Binder, viewsOf } from "./bind.ts";
import { WebgpuRecording, describe } from "./record.ts";
import type { Event, Launch } from "./record.ts";

const backendNow = () => tf.backend() as unknown as WebgpuBackend;

export function traceOnWebgpu(step: Step, feeds: Feeds, variables: readonly tf.Variable[]): Traced {
  const backend = backendNow();
  const recording = new WebgpuRecording(backend);
  const { outputs, assigned, targets } = runRecorded(recording, step, feeds, variables);
  const results = [...outputs, ...assigned].map((tensor) => ({
    id: recording.idOf(tensor) ?? -1,
    shape: tensor.shape,
    dtype: tensor.dtype,
  }));
  if (results.some(({ id }) => id < 0)) recording.refused ??= "an output does not come from the step";
  if (recording.refused !== undefined) return { outputs, result: { refused: recording.refused } };

  const closedOver = Array.from(recording.before, ([id, { dataId, shape, dtype }]) => {
    backend.incRef(dataId);
    return { id, tensor: tf.keep(tf.engine().makeTensorFromTensorInfo({ dataId, shape, dtype })) };
  });
  const { events } = recording;
  const recorded: Recorded<Event> = {
    events,
    names: Object.keys(feeds),
    variables,
    targets,
    outputs: outputs.length,
    results,
    closedOver,
  };
  const own = closedOver.map(({ tensor }) => (tensor.dataId as { readonly id?: number }).id);
  const fingerprint = `${describe(events)} ${JSON.stringify([results, targets, own])}`;
  const release = () => closedOver.forEach(({ tensor }) => tensor.dispose());
  return { outputs, result: { fingerprint, release, compile: () => Promise.resolve(compile(backend, recorded)) } };
}

function compile(backend: WebgpuBackend, recorded: Recorded<Event>): Program {
  const { device, bufferManager } = backend;
  const { events, names, variables, results, closedOver } = recorded;
  const made = new Set(events.flatMap((event) => (event.kind === "made" ? [event.id] : [])));
  /** Results that the step makes itself get a buffer of their own. An input handed back stays where it is; one tensor twice is copied at the end. */
  const direct = results.map(({ id }, i) => made.has(id) && results.findIndex((other) => other.id === id) === i);
  const moving = new Set([
    ...Array.from({ length: names.length + variables.length }, (_, id) => id),
    ...results.filter((_, i) => direct[i]).map(({ id }) => id),
  ]);

  const launches = events.filter((event): event is Launch => event.kind === "launch");
  const views = viewsOf(launches, {
    alignment: device.limits.minStorageBufferOffsetAlignment,
    lasting: new Set([...Array(names.length + variables.length).keys(), ...closedOver.map(({ id }) => id)]),
    results: new Set(results.map(({ id }) => id)),
    sizes: new Map(events.flatMap((event) => (event.kind === "made" ? [[event.id, event.bytes] as const] : []))),
  });

  const buffers = new Map<number, GPUBuffer>();
  const owned: GPUBuffer[] = [];
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
  const acquire = (bytes: number) => {
    const buffer = bufferManager.acquireBuffer(bytes, usage);
    owned.push(buffer);
    return buffer;
  };
  const bufferOf = ({ dataId }: tf.TensorInfo) => {
    backend.uploadToGPU(dataId);
    return backend.tensorMap.get(dataId)?.resource as GPUBuffer;
  };
  for (const { id, tensor } of closedOver) buffers.set(id, bufferOf(tensor));
  /** Freed by the step so far, by size: taken again before a new one is made. */
  const free = new Map<number, GPUBuffer[]>();
  for (const event of events) {
    if (event.kind === "constant") {
      const buffer = acquire(event.content.byteLength);
      device.queue.writeBuffer(buffer, 0, event.content);
      buffers.set(event.id, buffer);
    } else if (event.kind === "made" && !moving.has(event.id) && !views.has(event.id)) {
      buffers.set(event.id, free.get(event.bytes)?.pop() ?? acquire(event.bytes));
    } else if (event.kind === "freed" && !moving.has(event.id) && !views.has(event.id)) {
      const buffer = buffers.get(event.id) as GPUBuffer;
      free.set(buffer.size, [...(free.get(buffer.size) ?? []), buffer]);
    }
  }
  const done = launches.filter(({ data }) => !views.has(data[0] as number));
  const { buffer: uniformBuffer, bindings } = uniformsOf(device, done);
  const ready = done.map((launch, i) => new Binder(device, launch, views, moving, bindings[i] as GPUBufferBinding));

  return {
    launches: done.length,
    run(feeds) {
      const given = [...names.map((name) => feeds[name] as tf.Tensor), ...variables];
      const at = new Map(buffers);
      given.forEach((tensor, id) => at.set(id, bufferOf(tensor)));
      const out = results.map(({ id, shape, dtype }) => {
        const input = given[id];
        if (input) {
          forgetHostCopy(backend, input);
          backend.incRef(input.dataId);
        }
        const info = input ? { dataId: input.dataId, shape, dtype } : backend.makeTensorInfo(shape, dtype);
        return tf.engine().makeTensorFromTensorInfo(info);
      });
      const places = out.map(bufferOf);
      results.forEach(({ id }, i) => direct[i] && at.set(id, places[i] as GPUBuffer));
      // What waits in the backend's own encoder comes first.
      backend.ensureCommandEncoderReady();
      backend.endComputePassEncoder();
      const pass = backend.commandEncoder.beginComputePass();
      for (const binder of ready) {
        pass.setPipeline(binder.launch.program.pipeline);
        pass.setBindGroup(0, binder.group(at));
        pass.dispatchWorkgroups(...binder.launch.dispatch);
      }
      pass.end();
      results.forEach(({ id }, i) => {
        const to = places[i] as GPUBuffer;
        if (!direct[i] && !given[id])
          backend.commandEncoder.copyBufferToBuffer(at.get(id) as GPUBuffer, 0, to, 0, to.size);
      });
      backend.submitQueue();
      recorded.targets.forEach((target, i) => {
        const fresh = out[recorded.outputs + i] as tf.Tensor;
        variables[target]?.assign(fresh);
        fresh.dispose();
      });
      return out.slice(0, recorded.outputs);
    },
    dispose() {
      for (const buffer of owned) bufferManager.releaseBuffer(buffer);
      uniformBuffer.destroy();
      for (const { tensor } of closedOver) tensor.dispose();
    },
  };
}

/** All uniforms in one buffer, at the distance that the device asks for. */
function uniformsOf(device: GPUDevice, launches: readonly Launch[]) {
  const distance = device.limits.minUniformBufferOffsetAlignment;
  const offsets: number[] = [];
  let size = 0;
  for (const { uniforms } of launches) {
    offsets.push(size);
    size += Math.ceil(uniforms.byteLength / distance) * distance;
  }
  const buffer = device.createBuffer({
    size: Math.max(size, distance),
    usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
  });
  launches.forEach(({ uniforms }, i) => device.queue.writeBuffer(buffer, offsets[i] as number, uniforms));
  const bindings = launches.map(({ uniforms }, i): GPUBufferBinding => {
    return { buffer, offset: offsets[i] as number, size: uniforms.byteLength };
  });
  return { buffer, bindings };
}
