// Which buffers a launch of a program is bound to. A copy of a stretch of a tensor that stays as it is needs no launch: whoever reads the copy is bound to the stretch. (Of the 185 launches
// of a training step of four layers 33 took the weights out of the vector that holds them all.) Bindings are kept: buffers come back out of the backend's pool.
import type { Launch } from "./record.ts";

/** A part of other data, in bytes. */
export interface View {
  readonly of: number;
  readonly offset: number;
  readonly size: number;
}

interface Bounds {
  /** Of a binding's offset, in bytes, as the device wants it. */
  readonly alignment: number;
  /** Data that is there from before the program. */
  readonly lasting: ReadonlySet<number>;
  /** Data that is handed out, and so has to be there for itself. */
  readonly results: ReadonlySet<number>;
  /** Bytes of what launches make. */
  readonly sizes: ReadonlyMap<number, number>;
}

/** Of the largest elements that shaders read. */
const ELEMENT_BYTES = 16;

/** @returns data that need not be made, by number */
export function viewsOf(
  launches: readonly Launch[],
  { alignment, lasting, results, sizes }: Bounds,
): Map<number, View> {
  const written = new Map<number, number>();
  for (const { data, writes } of launches)
    for (const id of data.slice(0, writes)) written.set(id, (written.get(id) ?? 0) + 1);
  const views = new Map<number, View>();
  for (const { data, copiesFrom } of launches) {
    const [copy, of] = data as readonly [number, number];
    if (copiesFrom === undefined || !lasting.has(of) || results.has(copy)) continue;
    if (copiesFrom % Math.max(alignment, ELEMENT_BYTES) !== 0) continue;
    // Written where it lies, the one or the other, it would change what the other says.
    if (!written.has(of) && written.get(copy) === 1)
      views.set(copy, { of, offset: copiesFrom, size: sizes.get(copy) as number });
  }
  return views;
}

/** Bindings kept for a launch: weights and moments take turns in two or three buffers. */
const KEPT = 8;
const numbers = new WeakMap<GPUBuffer, number>();
let count = 0;

function numberOf(buffer: GPUBuffer): number {
  const known = numbers.get(buffer) ?? count++;
  numbers.set(buffer, known);
  return known;
}

export class Binder {
  readonly launch: Launch;
  readonly #device: GPUDevice;
  readonly #views: ReadonlyMap<number, View>;
  readonly #uniforms: GPUBufferBinding;
  /** Data whose buffers may be others in the next run. */
  readonly #moving: readonly number[];
  readonly #groups = new Map<string, GPUBindGroup>();

  constructor(
    device: GPUDevice,
    launch: Launch,
    views: ReadonlyMap<number, View>,
    moving: ReadonlySet<number>,
    uniforms: GPUBufferBinding,
  ) {
    this.launch = launch;
    this.#device = device;
    this.#views = views;
    this.#uniforms = uniforms;
    this.#moving = launch.data.map((id) => views.get(id)?.of ?? id).filter((id) => moving.has(id));
  }

  /** @param at buffers by number of data */
  group(at: ReadonlyMap<number, GPUBuffer>): GPUBindGroup {
    const key = this.#moving.map((id) => numberOf(at.get(id) as GPUBuffer)).join(" ");
    const known = this.#groups.get(key);
    if (known) return known;
    const resources = [...this.launch.data.map((id) => this.#resource(id, at)), this.#uniforms];
    const group = this.#device.createBindGroup({
      layout: this.launch.program.pipeline.getBindGroupLayout(0),
      entries: resources.map((resource, binding) => ({ binding, resource })),
    });
    const [oldest] = this.#groups.keys();
    if (this.#groups.size >= KEPT && oldest !== undefined) this.#groups.delete(oldest);
    this.#groups.set(key, group);
    return group;
  }

  #resource(id: number, at: ReadonlyMap<number, GPUBuffer>): GPUBufferBinding {
    const view = this.#views.get(id);
    if (!view) return { buffer: at.get(id) as GPUBuffer };
    return { buffer: at.get(view.of) as GPUBuffer, offset: view.offset, size: view.size };
  }
}
