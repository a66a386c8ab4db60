// Where the tensors of a recorded step lie when it is replayed: one block of memory, in which data that never live at the same time share their place. First fit, in the order
// in which the step made and freed them. Pure.
import type { Event } from "./record.ts";

/** Vectors want 16; a cache line keeps neighbours apart. */
const ALIGNMENT = 64;
/** tfjs's kernels read whole vectors and may look past an end by one. */
const MARGIN = 16;

export interface Plan {
  /** Offsets in the block, by id. */
  readonly offsets: ReadonlyMap<number, number>;
  readonly bytes: number;
}

/**
 * @param elsewhere ids that get memory of their own
 * @example planMemory([{ kind: "made", id: 1, bytes: 4, size: 1 }], new Set()).bytes // 64
 */
export function planMemory(events: readonly Event[], elsewhere: ReadonlySet<number>): Plan {
  const offsets = new Map<number, number>();
  const sizes = new Map<number, number>();
  /** Sorted by offset, never touching each other; the last one has no end. */
  let free: { offset: number; bytes: number }[] = [{ offset: 0, bytes: Number.POSITIVE_INFINITY }];
  let top = 0;
  for (const event of events) {
    if (event.kind === "made" && !elsewhere.has(event.id)) {
      const bytes = Math.max(1, Math.ceil((event.bytes + MARGIN) / ALIGNMENT)) * ALIGNMENT;
      const hole = free.find((one) => one.bytes >= bytes) as { offset: number; bytes: number };
      offsets.set(event.id, hole.offset);
      sizes.set(event.id, bytes);
      top = Math.max(top, hole.offset + bytes);
      hole.offset += bytes;
      hole.bytes -= bytes;
      free = free.filter((one) => one.bytes > 0);
    } else if (event.kind === "freed" && sizes.has(event.id)) {
      free.push({ offset: offsets.get(event.id) as number, bytes: sizes.get(event.id) as number });
      free.sort((a, b) => a.offset - b.offset);
      free = free.reduce<typeof free>((merged, one) => {
        const last = merged.at(-1);
        if (last && last.offset + last.bytes === one.offset) last.bytes += one.bytes;
        else merged.push(one);
        return merged;
      }, []);
    }
  }
  return { offsets, bytes: top };
}
