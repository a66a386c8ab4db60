// A cell's path in the debug protocol: no file, but a name made of its text. Front ends make it by themselves from what `debugInfo`
// says (JupyterLab for every cell that may hold a breakpoint), so the hash must be theirs: MurmurHash2, 32 bits, of the UTF-8 text.
import { Buffer } from "node:buffer";
import { tmpdir } from "node:os";
import { join, sep } from "node:path";

/** ipykernel's. */
export const CELL_SEED = 0xc70f6907;
export const CELL_SUFFIX = ".ts";

/**
 * @returns what the paths of all cells of a kernel begin with; another one for each kernel, so that front ends see a restart. JupyterLab
 *   writes "Cell [2]" instead of a path only if "ipykernel_" is in it.
 */
export function cellPrefix(pid: number): string {
  return join(tmpdir(), `blankslate_ipykernel_${pid}`) + sep;
}

/** @example cellPath("/tmp/k/", "1 + 1") // "/tmp/k/2359671083.ts" */
export function cellPath(prefix: string, code: string): string {
  return `${prefix}${murmur2(code, CELL_SEED)}${CELL_SUFFIX}`;
}

/** @example murmur2("hello", 0) // 3848350155 */
export function murmur2(text: string, seed: number): number {
  const M = 0x5bd1e995;
  const bytes = Buffer.from(text);
  const whole = bytes.length & ~3;
  let hash = seed ^ bytes.length;
  for (let at = 0; at < whole; at += 4) {
    let word = Math.imul(bytes.readInt32LE(at), M);
    word = Math.imul(word ^ (word >>> 24), M);
    hash = Math.imul(hash, M) ^ word;
  }
  if (whole < bytes.length) {
    hash ^= bytes.readUIntLE(whole, bytes.length - whole);
    hash = Math.imul(hash, M);
  }
  hash = Math.imul(hash ^ (hash >>> 13), M);
  return (hash ^ (hash >>> 15)) >>> 0;
}
