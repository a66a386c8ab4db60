// The safetensors format: eight bytes of header length, a JSON header, then the numbers. A file may come from anyone, so every claim
// of its header is checked before a byte is used, and nothing is allocated but views of the file.
// Source: huggingface/safetensors, the format's README and tensor.rs (validate). Stricter than it: `__proto__` is no name, and a name
// may appear once (their JSON parser keeps the last).
// It does not do: reading from disk (the caller does, under its own limits), or sharded sets of files (model/files.ts).
import { fault } from "../core/errors.ts";
import { isRecord } from "../core/record.ts";
import { surveyKeys } from "./json-keys.ts";
import type { JsonBounds } from "./json-keys.ts";

/** Bytes of one element. */
const DTYPE_BYTES = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
  U16: 2,
  I16: 2,
  F16: 2,
  BF16: 2,
  U32: 4,
  I32: 4,
  F32: 4,
  U64: 8,
  I64: 8,
  F64: 8,
} as const;
type SafetensorsDtype = keyof typeof DTYPE_BYTES;

export interface SafetensorsEntry {
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  /** Little-endian, row-major. When parsed: a view of the file. */
  readonly data: Uint8Array;
}

export interface SafetensorsFile {
  /** In the order of their data. */
  readonly tensors: ReadonlyMap<string, SafetensorsEntry>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** As the reference implementation; the largest real header seen is 15 MB (a mixture of experts with 60,000 tensors). */
const MAX_HEADER_BYTES = 100_000_000;

/**
 * A header is an object of objects of lists. 150,000 tensors (the largest real model has 92,000, in 163 files) are parsed within a second; the keys of the second level are a tensor's three,
 * or the metadata's (some hundred in an adapter that tells its training); PyTorch's tensors have 64 dimensions at most.
 */
const BOUNDS: JsonBounds = { depth: 3, keys: [150_001, 10_000, 0], values: 64 };
const BEYOND = {
  depth: "it is nested more deeply than a header is",
  keys: "it has more than 150,000 tensors, or more than 10,000 entries of one",
  values: "a shape has more than 64 dimensions",
} as const;

const lie = (what: string, fact: string) =>
  fault(`SAFETENSORS_${what}`, fact, "the file is damaged or not a safetensors file: fetch or save it again.");

/**
 * @param file the whole file
 * @returns views into `file`, which must not change while they are used
 * @throws SAFETENSORS_TRUNCATED         shorter than the eight bytes of its header length
 * @throws SAFETENSORS_HEADER_PAST_END   the header is longer than the file
 * @throws SAFETENSORS_HEADER_TOO_LARGE  the header is longer than MAX_HEADER_BYTES
 * @throws SAFETENSORS_NOT_UTF8, SAFETENSORS_NOT_JSON, SAFETENSORS_DUPLICATE_NAME, SAFETENSORS_BAD_NAME  of the header
 * @throws SAFETENSORS_BAD_ENTRY, SAFETENSORS_UNKNOWN_DTYPE, SAFETENSORS_BAD_SHAPE, SAFETENSORS_OVERFLOW  of one tensor's entry
 * @throws SAFETENSORS_SIZE_MISMATCH, SAFETENSORS_OVERLAP, SAFETENSORS_HOLE, SAFETENSORS_PAST_END, SAFETENSORS_TAIL  of the data
 */
export function parseSafetensors(file: Uint8Array): SafetensorsFile {
  const { header, start } = readHeader(file);
  const { __metadata__: metadata, ...entries } = header;
  const spans = Object.entries(entries).map(([name, entry]) => parseEntry(name, entry));
  spans.sort((a, b) => a.begin - b.begin || a.end - b.end);
  const tensors = new Map<string, SafetensorsEntry>();
  let at = 0;
  for (const { name, dtype, shape, begin, end } of spans) {
    if (begin < at)
      throw lie("OVERLAP", `tensor ${name} begins at ${begin}, inside the one before, which ends at ${at}.`);
    if (begin > at) throw lie("HOLE", `bytes ${at} to ${begin} before tensor ${name} belong to none.`);
    if (start + end > file.length)
      throw lie("PAST_END", `tensor ${name} ends at ${end}; the file has ${file.length - start} bytes of data.`);
    tensors.set(name, { dtype, shape, data: file.subarray(start + begin, start + end) });
    at = end;
  }
  if (start + at < file.length)
    throw lie("TAIL", `${file.length - start - at} bytes after the last tensor belong to none.`);
  return { tensors, metadata: parseMetadata(metadata) };
}

function readHeader(file: Uint8Array): { header: Record<string, unknown>; start: number } {
  if (file.length < 8) throw lie("TRUNCATED", `the file has ${file.length} bytes.`);
  const length = new DataView(file.buffer, file.byteOffset).getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER_BYTES))
    throw lie("HEADER_TOO_LARGE", `the header says it has ${length} bytes; at most ${MAX_HEADER_BYTES} are read.`);
  const start = 8 + Number(length);
  if (start > file.length)
    throw lie("HEADER_PAST_END", `the header says it has ${length} bytes; the file has ${file.length}.`);
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(file.subarray(8, start));
  } catch (error) {
    throw fault("SAFETENSORS_NOT_UTF8", "the header is not UTF-8.", "the file is damaged: fetch it again.", error);
  }
  const { beyond, twice } = surveyKeys(text, BOUNDS);
  if (beyond) throw lie("BAD_ENTRY", `the header is none: ${BEYOND[beyond]}.`);
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch (error) {
    throw fault("SAFETENSORS_NOT_JSON", "the header is not JSON.", "the file is damaged: fetch it again.", error);
  }
  if (!isRecord(header)) throw lie("NOT_JSON", "the header is not a JSON object.");
  if (twice !== undefined) throw lie("DUPLICATE_NAME", `"${twice}" stands in the header twice.`);
  if (Object.hasOwn(header, "__proto__")) throw lie("BAD_NAME", `"__proto__" is no name of a tensor.`);
  return { header, start };
}

interface Span {
  readonly name: string;
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

function parseEntry(name: string, entry: unknown): Span {
  if (!isRecord(entry)) throw lie("BAD_ENTRY", `tensor ${name} is not described by an object.`);
  const { dtype, shape, data_offsets: offsets } = entry;
  if (typeof dtype !== "string" || !Object.hasOwn(DTYPE_BYTES, dtype))
    throw lie("UNKNOWN_DTYPE", `tensor ${name} has dtype ${JSON.stringify(dtype)}.`);
  if (!Array.isArray(shape) || !shape.every(isCount))
    throw lie("BAD_SHAPE", `tensor ${name} has shape ${JSON.stringify(shape)}.`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount))
    throw lie("BAD_ENTRY", `tensor ${name} has data_offsets ${JSON.stringify(offsets)}.`);
  const [begin, end] = offsets as [number, number];
  let bytes = DTYPE_BYTES[dtype as SafetensorsDtype] as number;
  for (const size of shape) bytes *= size;
  if (![...shape, begin, end, bytes].every(Number.isSafeInteger))
    throw lie("OVERFLOW", `tensor ${name} claims sizes or offsets beyond 2^53.`);
  if (end - begin !== bytes)
    throw lie("SIZE_MISMATCH", `tensor ${name} needs ${bytes} bytes and spans ${end - begin}.`);
  return { name, dtype: dtype as SafetensorsDtype, shape, begin, end };
}

const isCount = (x: unknown): x is number => typeof x === "number" && x >= 0 && Number.isInteger(x);

function parseMetadata(metadata: unknown): Record<string, string> {
  if (metadata === undefined) return {};
  if (!isRecord(metadata) || !Object.values(metadata).every((value) => typeof value === "string"))
    throw lie("BAD_ENTRY", "__metadata__ is not a map of strings.");
  return metadata as Record<string, string>;
}

/**
 * @param tensors name -> entry; written in the order given
 * @returns the whole file
 */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, SafetensorsEntry>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  let at = 0;
  const header: Record<string, unknown> = Object.keys(metadata).length > 0 ? { __metadata__: metadata } : {};
  for (const [name, { dtype, shape, data }] of tensors) {
    header[name] = { dtype, shape, data_offsets: [at, at + data.length] };
    at += data.length;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  // Spaces up to a multiple of eight keep the data aligned, as the reference implementation does.
  const start = 8 + Math.ceil(json.length / 8) * 8;
  const file = new Uint8Array(start + at).fill(0x20, 8, start);
  new DataView(file.buffer).setBigUint64(0, BigInt(start - 8), true);
  file.set(json, 8);
  let to = start;
  for (const { data } of tensors.values()) {
    file.set(data, to);
    to += data.length;
  }
  return file;
}

/** How weights may be written. */
export type FloatDtype = "F32" | "F16" | "BF16";

/**
 * @returns the numbers as little-endian bytes, rounded to the nearest (ties to even); a view of `values` for F32
 */
export function fromFloat32(values: Float32Array, dtype: FloatDtype): Uint8Array {
  if (dtype === "F32") return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  if (dtype === "F16") return new Uint8Array(Float16Array.from(values).buffer);
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const out = Uint16Array.from(bits, (x) =>
    // A NaN must not round up to infinity.
    (x & 0x7fffffff) > 0x7f800000 ? (x >>> 16) | 0x40 : (x + 0x7fff + ((x >>> 16) & 1)) >>> 16,
  );
  return new Uint8Array(out.buffer);
}

type FloatReader = (buffer: ArrayBufferLike, byteOffset: number, count: number) => Float32Array;

/** By views of the file, which is little-endian as every machine that this runs on. */
const READERS: { readonly [dtype in SafetensorsDtype]?: FloatReader } = {
  F64: (...view) => new Float32Array(new Float64Array(...view)),
  F32: (...view) => new Float32Array(...view).slice(),
  F16: (...view) => new Float32Array(new Float16Array(...view)),
  I32: (...view) => new Float32Array(new Int32Array(...view)),
  BF16(...view) {
    const halves = new Uint16Array(...view);
    const out = new Uint32Array(halves.length);
    for (let i = 0; i < halves.length; i++) out[i] = (halves[i] as number) << 16;
    return new Float32Array(out.buffer);
  },
};

/**
 * @returns the numbers as float32, a copy
 * @throws DTYPE_UNSUPPORTED  integers wider than 32 bits, booleans and 8-bit floats
 */
export function toFloat32({ dtype, data }: SafetensorsEntry): Float32Array {
  const read = READERS[dtype];
  if (!read)
    throw fault("DTYPE_UNSUPPORTED", `${dtype} weights are not read.`, "save the weights as F32, F16 or BF16.");
  const size = DTYPE_BYTES[dtype];
  // A view must begin at a multiple of its element's size; a file whose header has another length is copied first.
  const { buffer, byteOffset, byteLength } = data.byteOffset % size === 0 ? data : data.slice();
  return read(buffer, byteOffset, byteLength / size);
}
