// Lines of a text file, one at a time, whatever its size: gzip by its name (.gz), a byte order mark and Windows line ends taken off, UTF-8 checked.
// At most one line is in memory, and its length has a limit, so that a file from anywhere cannot take the process down.
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import { fault, hasCode } from "../core/errors.ts";

/** The longest line of a public data set seen so far has 4 MB (a book as one JSON string). */
const MAX_LINE_BYTES = 16 * 2 ** 20;

export interface Line {
  readonly text: string;
  /** 1-based. */
  readonly number: number;
}

/** Where something stands, as editors take it. */
export const placeOf = (path: string, line: number, column: number) => `${path}:${line}:${column}`;

/**
 * @throws DATA_MISSING   there is no such file
 * @throws LINE_TOO_LONG  a line has more than maxLineBytes; says which
 * @throws NOT_UTF8       says line and column
 * @throws GZIP_DAMAGED   a .gz file that is none, or is cut off
 */
export async function* readLines(path: string, maxLineBytes = MAX_LINE_BYTES): AsyncGenerator<Line> {
  let pending: Buffer[] = [];
  let length = 0;
  let number = 1;
  const take = (): Line => {
    const bytes = pending.length === 1 ? (pending[0] as Buffer) : Buffer.concat(pending);
    pending = [];
    length = 0;
    return { text: decodeLine(path, bytes, number), number: number++ };
  };
  const keep = (bytes: Buffer) => {
    length += bytes.length;
    if (length > maxLineBytes)
      throw fault(
        "LINE_TOO_LONG",
        `${placeOf(path, number, 1)}: the line has more than ${maxLineBytes} bytes.`,
        "is it a file of lines? JSON that is one large list is none.",
      );
    pending.push(bytes);
  };
  try {
    for await (const chunk of openBytes(path)) {
      let start = 0;
      for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
        keep(chunk.subarray(start, end));
        start = end + 1;
        yield take();
      }
      if (start < chunk.length) keep(chunk.subarray(start));
    }
  } catch (error) {
    throw readFault(path, error);
  }
  if (length > 0) yield take();
}

function openBytes(path: string): AsyncIterable<Buffer> {
  const file = createReadStream(path);
  // An error of either stream comes out of the last one, which is the one that is read.
  return path.endsWith(".gz") ? pipeline(file, createGunzip(), () => undefined) : file;
}

function readFault(path: string, error: unknown): unknown {
  if (hasCode(error, "ENOENT")) return fault("DATA_MISSING", `${path} is not there.`, "check the path.", error);
  const code = (error as { code?: unknown }).code;
  if (typeof code === "string" && code.startsWith("Z_"))
    return fault("GZIP_DAMAGED", `${path} cannot be unpacked.`, "fetch the file again.", error);
  return error;
}

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function decodeLine(path: string, bytes: Buffer, number: number): string {
  let text: string;
  try {
    text = strict.decode(bytes);
  } catch (error) {
    const column = bytes.toString("utf8").indexOf("\ufffd") + 1;
    const fact = `${placeOf(path, number, column)}: these bytes are not UTF-8.`;
    throw fault("NOT_UTF8", fact, "save the file as UTF-8.", error);
  }
  if (number === 1 && text.startsWith("\ufeff")) text = text.slice(1);
  return text.endsWith("\r") ? text.slice(0, -1) : text;
}
