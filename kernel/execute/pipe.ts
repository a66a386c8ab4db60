// Frames of the pipe between the wire process and the executor process: pure bytes in both directions, no I/O. The layout and the
// messages stand in protocol.ts. A frame that cannot be one means that something else wrote into the pipe: nothing after it can be
// trusted, so the reader throws and the process at the other end is replaced.
import { Buffer } from "node:buffer";
import { fault } from "../../lib/core/errors.ts";
import { type DownMessage, MAX_FRAME_BYTES, type UpMessage } from "./protocol.ts";

const NO_BUFFERS: readonly Uint8Array[] = [];

/**
 * @returns one frame, ready to write
 * @throws PIPE_FRAME the message is larger than MAX_FRAME_BYTES
 */
export function encodeFrame(message: UpMessage | DownMessage): Buffer {
  const { buffers = NO_BUFFERS, ...rest } = message as { buffers?: readonly Uint8Array[] };
  const json = JSON.stringify(
    buffers.length === 0 ? rest : { ...rest, bufferLengths: buffers.map((b) => b.byteLength) },
  );
  const jsonBytes = Buffer.byteLength(json);
  const size = 4 + jsonBytes + buffers.reduce((sum, b) => sum + b.byteLength, 0);
  if (size > MAX_FRAME_BYTES) {
    throw fault(
      "PIPE_FRAME",
      `a message of ${size} bytes is larger than ${MAX_FRAME_BYTES}.`,
      "show or send less at once.",
    );
  }
  const frame = Buffer.allocUnsafe(4 + size);
  frame.writeUInt32LE(size, 0);
  frame.writeUInt32LE(jsonBytes, 4);
  frame.write(json, 8, "utf8");
  let at = 8 + jsonBytes;
  for (const buffer of buffers) {
    frame.set(buffer, at);
    at += buffer.byteLength;
  }
  return frame;
}

/** Puts frames together from chunks of any size. `T` is the side's own union: the other side is ours, so the shape is not checked twice. */
export class FrameReader<T extends UpMessage | DownMessage> {
  #parts: Buffer[] = [];
  #have = 0;
  /** Bytes needed before the next look: a large frame is joined once, not once per chunk. */
  #need = 4;

  /**
   * @returns the messages that this chunk completes, in order
   * @throws PIPE_FRAME the bytes are no frame
   */
  push(chunk: Buffer): T[] {
    this.#parts.push(chunk);
    this.#have += chunk.byteLength;
    if (this.#have < this.#need) return [];
    const bytes = this.#parts.length === 1 ? chunk : Buffer.concat(this.#parts, this.#have);
    const messages: T[] = [];
    let at = 0;
    this.#need = 4;
    while (bytes.byteLength - at >= 4) {
      const size = bytes.readUInt32LE(at);
      if (size < 4 || size > MAX_FRAME_BYTES) throw broken(`a frame of ${size} bytes`);
      if (bytes.byteLength - at < 4 + size) {
        this.#need = 4 + size;
        break;
      }
      messages.push(parseFrame(bytes.subarray(at + 4, at + 4 + size)) as T);
      at += 4 + size;
    }
    const rest = bytes.subarray(at);
    this.#parts = rest.byteLength > 0 ? [rest] : [];
    this.#have = rest.byteLength;
    return messages;
  }
}

function parseFrame(frame: Buffer): object {
  const jsonBytes = frame.readUInt32LE(0);
  if (jsonBytes > frame.byteLength - 4) throw broken("JSON longer than its frame");
  let message: { bufferLengths?: readonly number[]; buffers?: Uint8Array[] };
  try {
    message = JSON.parse(frame.toString("utf8", 4, 4 + jsonBytes)) as typeof message;
  } catch (error) {
    throw broken("JSON that does not parse", error);
  }
  const { bufferLengths, ...rest } = message;
  if (!bufferLengths) return message;
  let at = 4 + jsonBytes;
  const buffers = bufferLengths.map((length) => {
    if (at + length > frame.byteLength) throw broken("buffers longer than their frame");
    // Copied: a view would keep the whole chunk alive for as long as a widget keeps its buffer.
    const buffer = Uint8Array.prototype.slice.call(frame, at, at + length);
    at += length;
    return buffer;
  });
  return { ...rest, buffers };
}

function broken(what: string, cause?: unknown) {
  return fault(
    "PIPE_FRAME",
    `the pipe between the kernel's processes carried ${what}.`,
    "file descriptors 3 and 4 are the kernel's.",
    cause,
  );
}
