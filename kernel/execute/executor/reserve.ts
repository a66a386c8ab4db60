// Room kept back for what follows a cell that took all the memory there was (memory-limit.ts): V8 ends the process when it gets no page for
// its own heap, so the next cell, however small, would lose everything that the notebook holds. Addresses alone: no page of it is touched.
import type { CellError } from "../protocol.ts";

/** Twice as much is what makes V8 collect its heap at once, 2 to 7 ms. */
const RESERVE_BYTES = 32 * 2 ** 20;

let reserve = process.platform === "linux" ? room() : undefined;
let spent = false;

/** Gives it up if a cell ended because memory was out. */
export function spendReserve({ ename, evalue }: CellError): void {
  if (!reserve || !(ename === "OUT_OF_MEMORY" || (ename === "RangeError" && /allocat/i.test(evalue)))) return;
  free(reserve);
  reserve = undefined;
  spent = true;
}

/** Takes back what was given up, once there is room for twice as much: else a next cell would have none again. */
export function regainReserve(): void {
  if (!spent) return;
  const [kept, spare] = [room(), room()];
  if (spare) free(spare);
  if (kept && !spare) free(kept);
  if (!spare) return;
  reserve = kept;
  spent = false;
}

function room(): ArrayBuffer | undefined {
  try {
    return new ArrayBuffer(RESERVE_BYTES);
  } catch {
    return undefined;
  }
}

/** At once, not when it is collected. */
const free = (buffer: ArrayBuffer): void => void buffer.transfer(0);
