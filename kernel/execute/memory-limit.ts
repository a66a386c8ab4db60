// A bound for what the executor holds outside V8's heap: tensors, buffers, wasm memories. V8's own limit does not count them (4 GB were
// held under --max-old-space-size=256), and a machine without memory takes the notebook server with it. Past the bound an allocation
// fails: mostly an error in the cell, at worst the end of the executor alone.
//
// Linux's RLIMIT_DATA, set by util-linux's prlimit; elsewhere, and where that is missing, there is no bound. None either where NVIDIA's
// driver is present: it reserves address space by the terabyte, and reservations may count.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";

/** Left to everything else on the machine. */
const SPARE_BYTES = 2 ** 30;
/** The process itself and its libraries need about this much address space. */
const LEAST_BYTES = 2 ** 30;

/** @returns bytes; BLANKSLATE_MEMORY_MB when it is set, else what is free now but for SPARE_BYTES */
function memoryLimit(): number {
  const asked = Number(process.env["BLANKSLATE_MEMORY_MB"]);
  return asked > 0 ? asked * 2 ** 20 : Math.max(LEAST_BYTES, process.availableMemory() - SPARE_BYTES);
}

export function limitMemory(pid: number): void {
  if (process.platform !== "linux" || existsSync("/dev/nvidiactl")) return;
  // A process that is gone, or no prlimit: then there is nothing to bound, or no way to.
  execFile("prlimit", [`--pid=${pid}`, `--data=${Math.round(memoryLimit())}`], () => undefined);
}
