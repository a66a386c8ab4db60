// Text that was printed and not yet sent, as segments in shared memory: whoever holds the lock can turn them into frames.
// A segment is: u8 stream (1 stdout, 2 stderr) | u16le bytes of cell | u32le bytes of text | cell | text, all UTF-8.
import { Buffer } from "node:buffer";
import { writeSync } from "node:fs";
import { encodeFrame } from "../pipe.ts";
import { UP_FD } from "../protocol.ts";
import { SLOT, type Shared } from "./shared.ts";

export type StreamName = "stdout" | "stderr";

const HEADER_BYTES = 7;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The open end of the staging area: where the last segment starts, so that the same cell's next text continues it. */
export interface Tail {
  cell: string;
  name: StreamName;
  start: number;
}

/**
 * Appends text; the caller holds the lock.
 * @returns false when it does not fit (send what is staged first)
 */
export function stageText(shared: Shared, tail: Tail, cell: string, name: StreamName, text: string): boolean {
  const { state, staging } = shared;
  const used = state[SLOT.staged] ?? 0;
  // A UTF-16 unit becomes at most three bytes.
  if (used + HEADER_BYTES + (cell.length + text.length) * 3 > staging.length) return false;
  const view = new DataView(staging.buffer);
  let at = used;
  if (used === 0 || tail.cell !== cell || tail.name !== name) {
    tail.cell = cell;
    tail.name = name;
    tail.start = used;
    const cellBytes = encoder.encodeInto(cell, staging.subarray(used + HEADER_BYTES)).written;
    view.setUint8(used, name === "stdout" ? 1 : 2);
    view.setUint16(used + 1, cellBytes, true);
    at += HEADER_BYTES + cellBytes;
  }
  const end = at + encoder.encodeInto(text, staging.subarray(at)).written;
  const textStart = tail.start + HEADER_BYTES + view.getUint16(tail.start + 1, true);
  view.setUint32(tail.start + 3, end - textStart, true);
  state[SLOT.staged] = end;
  return true;
}

/** The staged segments as frames. The caller holds the lock and sets `staged` to 0 once the frames are safe. */
export function stagedFrames(shared: Shared): Uint8Array {
  const { state, staging } = shared;
  const used = state[SLOT.staged] ?? 0;
  const view = new DataView(staging.buffer);
  const frames: Uint8Array[] = [];
  for (let at = 0; at < used;) {
    const name: StreamName = view.getUint8(at) === 1 ? "stdout" : "stderr";
    const textStart = at + HEADER_BYTES + view.getUint16(at + 1, true);
    // A stop between the two stores of stageText leaves a length beyond the end: that print never happened.
    const textEnd = Math.min(textStart + view.getUint32(at + 3, true), used);
    // slice: TextDecoder refuses shared memory.
    const cell = decoder.decode(staging.slice(at + HEADER_BYTES, textStart));
    frames.push(encodeFrame({ type: "stream", cell, name, text: decoder.decode(staging.slice(textStart, textEnd)) }));
    at = textEnd;
  }
  return frames.length === 1 && frames[0] ? frames[0] : Buffer.concat(frames);
}

/** One write to the up pipe, which does not block. @returns bytes written; 0 when the pipe is full for the moment */
export function writeSome(bytes: Uint8Array, from: number): number {
  try {
    return writeSync(UP_FD, bytes, from);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EAGAIN") return 0;
    throw error;
  }
}
