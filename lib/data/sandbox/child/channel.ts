// The child's end of the pipe: whole frames, read and written synchronously.
import { readSync, writeSync } from "node:fs";
import { DOWN_FD, MAX_FRAME_BYTES, UP_FD } from "../protocol.ts";
import type { Reply } from "../protocol.ts";

/** @returns false at the end of the stream */
function fill(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length;) {
    const read = readSync(DOWN_FD, bytes, at, bytes.length - at, null);
    if (read === 0) return false;
    at += read;
  }
  return true;
}

/** The next frame's JSON; ends the process when who asked is gone. */
export function readFrame(): string {
  const head = new Uint8Array(4);
  if (!fill(head)) process.exit(0);
  const size = new DataView(head.buffer).getUint32(0, true);
  if (size > MAX_FRAME_BYTES) process.exit(1);
  const bytes = new Uint8Array(size);
  if (!fill(bytes)) process.exit(0);
  return new TextDecoder().decode(bytes);
}

export function writeFrame(reply: Reply): void {
  const json = new TextEncoder().encode(JSON.stringify(reply));
  const frame = new Uint8Array(4 + json.length);
  new DataView(frame.buffer).setUint32(0, json.length, true);
  frame.set(json, 4);
  for (let at = 0; at < frame.length;) at += writeSync(UP_FD, frame, at);
}

/** A check's question to the submission, and its answer. */
export function ask(call: string): string {
  writeFrame({ type: "ask", call });
  return readFrame();
}

/** Keeps what is printed, up to a limit; what comes after it is counted as written and forgotten. */
export class Output {
  readonly #bytes: Uint8Array;
  #length = 0;

  constructor(maxBytes: number) {
    this.#bytes = new Uint8Array(maxBytes);
  }
  add(bytes: Uint8Array): void {
    const kept = bytes.subarray(0, this.#bytes.length - this.#length);
    this.#bytes.set(kept, this.#length);
    this.#length += kept.length;
  }
  /** @returns the text so far, and starts anew */
  take(): string {
    const text = new TextDecoder().decode(this.#bytes.subarray(0, this.#length));
    this.#length = 0;
    return text;
  }
}
