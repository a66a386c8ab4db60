// TensorBoard's event files: records of a length, a checksum and a protocol buffer each.
// Source: tensorflow/core/lib/io/record_writer.h, util/event.proto and framework/summary.proto. Of the protocol buffers only what scalars
// need is written: Event { wall_time = 1, step = 2, file_version = 3, summary = 5, session_log = 7 { status = 1 } }, Summary { value = 1
// { tag = 1, simple_value = 2 } }.

/** One point in a run's time. */
export interface EventPoint {
  /** Seconds since 1970. */
  readonly wallSeconds: number;
  readonly step: number;
  readonly scalars: Readonly<Record<string, number>>;
}

/** The record that every file begins with. */
export const encodeFileVersion = (wallSeconds: number): Uint8Array =>
  record(Buffer.concat([double(1, wallSeconds), bytes(3, Buffer.from("brain.Event:2"))]));

/** The record of a run that goes on: what earlier files say of this step and later ones no longer holds. */
export const encodeStart = (wallSeconds: number, step: number): Uint8Array =>
  record(
    Buffer.concat([
      double(1, wallSeconds),
      varint((2 << 3) | 0),
      varint(step),
      bytes(7, Buffer.from([(1 << 3) | 0, 1])),
    ]),
  );

/** @returns one record that holds a point's scalars */
export function encodeScalars({ wallSeconds, step, scalars }: EventPoint): Uint8Array {
  const values = Object.entries(scalars).map(([tag, value]) =>
    bytes(1, Buffer.concat([bytes(1, Buffer.from(tag)), float(2, value)])),
  );
  return record(
    Buffer.concat([double(1, wallSeconds), varint((2 << 3) | 0), varint(step), bytes(5, Buffer.concat(values))]),
  );
}

function varint(value: number): Buffer {
  const out: number[] = [];
  let rest = BigInt(value);
  do {
    out.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return Buffer.from(out);
}

function double(field: number, value: number): Buffer {
  const out = Buffer.alloc(9);
  out[0] = (field << 3) | 1;
  out.writeDoubleLE(value, 1);
  return out;
}

function float(field: number, value: number): Buffer {
  const out = Buffer.alloc(5);
  out[0] = (field << 3) | 5;
  out.writeFloatLE(value, 1);
  return out;
}

const bytes = (field: number, data: Buffer): Buffer =>
  Buffer.concat([varint((field << 3) | 2), varint(data.length), data]);

function record(data: Buffer): Uint8Array {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(data.length));
  return Buffer.concat([length, maskedCrc(length), data, maskedCrc(data)]);
}

/** CRC-32C turned and shifted by a constant, as records hold it, so that a checksum of a checksum is no trivial one. */
function maskedCrc(data: Uint8Array): Buffer {
  const crc = crc32c(data);
  const out = Buffer.alloc(4);
  out.writeUInt32LE((((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0);
  return out;
}

/** Castagnoli's polynomial, reversed; zlib's crc32 has another one. */
const POLYNOMIAL = 0x82f63b78;
const TABLE = Uint32Array.from({ length: 256 }, (_, i) => {
  let c = i;
  for (let bit = 0; bit < 8; bit++) c = (c & 1) === 1 ? (c >>> 1) ^ POLYNOMIAL : c >>> 1;
  return c;
});

/** @example crc32c(Buffer.from("123456789")) // 3808858755 */
export function crc32c(data: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of data) crc = (TABLE[(crc ^ byte) & 0xff] as number) ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}
