// From a recorded step to a list of direct calls on memory planned once: no tfjs operation, no allocation and no lookup between two calls. Variables go in where they lie and
// their new values come out as tensors of their own, so that tf.Variables are always current.
import { createHash } from "node:crypto";
import * as tf from "../../tf.ts";
import type { WasmBackend } from "../../wasm/backend.ts";
import type { OwnFunction } from "../../wasm/calls.ts";
import type { Feeds, Program, Step, Traced } from "../capture.ts";
import { runRecorded } from "../inputs.ts";
import type { Recorded } from "../recorded.ts";
import { planMemory } from "./plan.ts";
import { BEFORE, WasmRecording } from "./record.ts";
import type { Event } from "./record.ts";

const backendNow = () => tf.backend() as unknown as WasmBackend;

export function traceOnWasm(step: Step, feeds: Feeds, variables: readonly tf.Variable[]): Traced {
  const backend = backendNow();
  const recording = new WasmRecording(backend);
  const { outputs, assigned, targets } = runRecorded(recording, step, feeds, variables);
  const results = [...outputs, ...assigned].map(({ shape, dtype, dataId }) => ({
    id: recording.idOf({ shape, dtype, dataId }) ?? -1,
    shape,
    dtype,
  }));
  if (results.some(({ id }) => id < 0)) recording.refused ??= "an output does not come from the step";
  if (isUnwritten(recording.events)) recording.refused ??= "an operation of the step could not be written down";
  if (recording.refused !== undefined) return { outputs, result: { refused: recording.refused } };

  const closedOver = [...recording.before].slice(recording.inputs).map(([id, { data, dataId, ownId }]) => {
    backend.incRef(dataId);
    const tensor = tf.keep(tf.engine().makeTensorFromTensorInfo({ dataId, shape: [...data.shape], dtype: data.dtype }));
    return { id, ownId, tensor };
  });
  const release = () => closedOver.forEach(({ tensor }) => tensor.dispose());
  const { events } = recording;
  const fingerprint = createHash("sha256")
    .update(JSON.stringify([events.map(described), results, targets, closedOver.map(({ ownId }) => ownId)]))
    .digest("hex");
  const plan: Recorded<Event> = {
    events,
    names: Object.keys(feeds),
    variables,
    targets,
    outputs: outputs.length,
    results,
    closedOver,
  };
  return { outputs, result: { fingerprint, release, compile: () => Promise.resolve(compile(backend, plan)) } };
}

/** Whether there is data that no recorded call has touched: whoever filled it would be missing in the replay. */
function isUnwritten(events: readonly Event[]): boolean {
  const unwritten = new Set<number>();
  for (const event of events) {
    if (event.kind === "made" && event.size > 0) unwritten.add(event.id);
    if (event.kind === "kernel") for (const arg of event.args) unwritten.delete(Number(arg));
    if (event.kind === "own") for (const arg of event.args) if (typeof arg === "object") unwritten.delete(arg.id);
  }
  return unwritten.size > 0;
}

const functionNumbers = new Map<OwnFunction, number>();
const bytesText = (content: Uint8Array) =>
  Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString("base64");

/** An event as JSON: functions by number, bytes as text. */
function described(event: Event): unknown {
  if (event.kind === "own") {
    if (!functionNumbers.has(event.run)) functionNumbers.set(event.run, functionNumbers.size);
    return { ...event, run: functionNumbers.get(event.run) };
  }
  if (event.kind === "kernel")
    return { ...event, args: event.args.map((arg) => (typeof arg === "object" ? bytesText(arg) : arg)) };
  return event.kind === "constant" ? { ...event, content: bytesText(event.content) } : event;
}

/** Ids of programs, apart from those of tensors and of recordings. */
let nextProgramId = 0x3000_0000;

function compile(backend: WasmBackend, recorded: Recorded<Event>): Program {
  const blocks: number[] = [];
  try {
    return build(backend, recorded, blocks);
  } catch (error) {
    // Out of memory on the way.
    for (const block of blocks) backend.wasm["_free"](block);
    throw error;
  }
}

/** @param blocks filled with what it allocates */
function build(backend: WasmBackend, recorded: Recorded<Event>, blocks: number[]): Program {
  const { events, results, closedOver, variables, names } = recorded;
  const { wasm } = backend;
  const { tfjs } = wasm;
  /** Results that the step makes itself get memory of their own. An input handed back stays where it is; one tensor twice is copied at the end. */
  const made = new Map(events.flatMap((event) => (event.kind === "made" ? [[event.id, event.size] as const] : [])));
  const direct = results.map(({ id }, i) => made.has(id) && results.findIndex((other) => other.id === id) === i);
  const { offsets, bytes } = planMemory(events, new Set(results.filter((_, i) => direct[i]).map(({ id }) => id)));

  const allocate = (size: number) => {
    const address = wasm["_malloc"](Math.max(size, 16)) >>> 0;
    blocks.push(address);
    return address;
  };
  const write = (content: Uint8Array) => {
    const address = allocate(content.byteLength);
    wasm.HEAPU8.set(content, address);
    return address;
  };
  /** By id in the recording: the id that the engine's C++ side knows, and the current address. */
  const ids = new Map<number, number>();
  const addresses = new Map<number, number>();
  const place = (id: number, size: number, address: number) => {
    const own = ids.get(id) ?? nextProgramId++;
    ids.set(id, own);
    addresses.set(id, address);
    // An id that is known keeps its first address otherwise.
    tfjs.disposeData(own);
    tfjs.registerTensor(own, size, address);
  };
  const arena = allocate(bytes);
  for (const event of events) {
    if (event.kind === "made") place(event.id, event.size, arena + (offsets.get(event.id) ?? 0));
    if (event.kind === "constant") place(event.id, event.size, write(event.content));
  }
  const sizeOf = (tensor: tf.TensorInfo) => tf.util.sizeFromShape(tensor.shape);
  const placeTensor = (id: number, tensor: tf.TensorInfo) =>
    place(id, sizeOf(tensor), backend.dataIdMap.get(tensor.dataId).memoryOffset);
  for (const { id, tensor } of closedOver) placeTensor(id, tensor);
  for (let i = 0; i < names.length + variables.length; i++) ids.set(BEFORE + i, nextProgramId++);

  const moves = new Set([
    ...results.filter((_, i) => direct[i]).map(({ id }) => id),
    ...Array.from({ length: names.length + variables.length }, (_, i) => BEFORE + i),
  ]);
  const calls = events.flatMap((event): (() => void)[] => {
    if (event.kind === "kernel") {
      const call = (wasm as unknown as Record<string, (...args: number[]) => void>)[`_${event.name}`] as (
        ...args: number[]
      ) => void;
      const args = event.args.map((arg) =>
        typeof arg === "object" ? write(arg) : (ids.get(Number(arg)) ?? Number(arg)),
      );
      return [() => call(...args)];
    }
    if (event.kind !== "own") return [];
    const { run } = event;
    const args = event.args.map((arg) => (typeof arg === "number" ? arg : (addresses.get(arg.id) ?? 0) + arg.offset));
    const changing = event.args.flatMap((arg, at) =>
      typeof arg === "object" && moves.has(arg.id) ? [{ at, ...arg }] : [],
    );
    if (changing.length === 0) return [() => run(...args)];
    return [
      () => {
        for (const { at, id, offset } of changing) args[at] = (addresses.get(id) as number) + offset;
        run(...args);
      },
    ];
  });

  return {
    run(feeds) {
      const given = [...names.map((name) => feeds[name] as tf.Tensor), ...variables];
      given.forEach((tensor, i) => placeTensor(BEFORE + i, tensor));
      const out = results.map(({ id, shape, dtype }) => {
        const input = given[id - BEFORE];
        if (input) backend.incRef(input.dataId);
        const info = input ? { dataId: input.dataId, shape, dtype } : backend.makeOutput(shape, dtype);
        return tf.engine().makeTensorFromTensorInfo(info);
      });
      results.forEach(({ id }, i) => direct[i] && placeTensor(id, out[i] as tf.Tensor));
      try {
        for (const call of calls) call();
      } catch (error) {
        tf.dispose(out);
        throw error;
      }
      results.forEach(({ id, dtype }, i) => {
        if (direct[i] || given[id - BEFORE]) return;
        const from = addresses.get(id) as number;
        const tensor = out[i] as tf.Tensor;
        wasm.HEAPU8.copyWithin(
          backend.dataIdMap.get(tensor.dataId).memoryOffset,
          from,
          from + tensor.size * tf.util.bytesPerElement(dtype),
        );
      });
      recorded.targets.forEach((target, i) => {
        const fresh = out[recorded.outputs + i] as tf.Tensor;
        variables[target]?.assign(fresh);
        fresh.dispose();
      });
      return out.slice(0, recorded.outputs);
    },
    dispose() {
      for (const id of ids.values()) tfjs.disposeData(id);
      for (const block of blocks) wasm["_free"](block);
      for (const { tensor } of closedOver) tensor.dispose();
    },
  };
}
