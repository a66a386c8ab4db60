// console.*, process.stdout and process.stderr of the cells: every text leaves as a frame that carries its cell's id.
// Native code that writes to descriptors 1 and 2 does not come through here; the supervisor reads those. Children: children.ts.
import { Buffer } from "node:buffer";
import process from "node:process";
import { Console } from "node:console";
import { Writable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import { inspect, types } from "node:util";
import { frameText, printsInsides } from "../../../lib/core/table.ts";
import type { StreamName } from "./staging.ts";
import type { Up } from "./up.ts";
import { currentCell } from "./run.ts";
import { currentSink, intoSink } from "./sink.ts";

type WriteCallback = (error?: Error | null) => void;

/** Bypasses the queue of Writable: one call, one append to shared memory. Colours are left as they come. */
class CellStream extends Writable {
  readonly fd: number;
  readonly isTTY = false;
  readonly #name: StreamName;
  readonly #up: Up;
  readonly #decoder = new StringDecoder("utf8");

  constructor(up: Up, name: StreamName) {
    super({ decodeStrings: false });
    this.#up = up;
    this.#name = name;
    this.fd = name === "stdout" ? 1 : 2;
  }

  override write(chunk: unknown, encoding?: BufferEncoding | WriteCallback | null, callback?: WriteCallback): boolean {
    const text =
      typeof chunk !== "string"
        ? this.#decoder.write(bytesOf(chunk))
        : typeof encoding === "string" && encoding !== "utf8" && encoding !== "utf-8"
          ? this.#decoder.write(Buffer.from(chunk, encoding))
          : chunk;
    const sink = currentSink();
    if (text !== "") {
      if (sink) sink({ type: "stream", name: this.#name, text });
      else this.#up.text(currentCell(), this.#name, text);
    }
    const done = typeof encoding === "function" ? encoding : callback;
    if (done) process.nextTick(done);
    return true;
  }

  /** A program that ends its stdout does not end the cell's. */
  override end(chunk?: unknown, encoding?: unknown, callback?: unknown): this {
    const done = [chunk, encoding, callback].find((argument) => typeof argument === "function");
    if (chunk !== undefined && chunk !== null && chunk !== done) this.write(chunk);
    if (done) process.nextTick(done);
    return this;
  }

  override destroy(): this {
    return this;
  }
}

function bytesOf(chunk: unknown): Buffer {
  if (!ArrayBuffer.isView(chunk)) {
    throw Object.assign(
      new TypeError('The "chunk" argument must be of type string or an instance of Buffer, TypedArray, or DataView.'),
      { code: "ERR_INVALID_ARG_TYPE" },
    );
  }
  return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}

const PRINTS = ["log", "info", "debug", "warn", "error"] as const;

/** A frame of another library would print its insides. */
function printable(value: unknown): unknown {
  if (typeof value !== "object" || value === null || types.isProxy(value)) return value;
  return printsInsides(value) ? { [inspect.custom]: () => frameText(value) } : value;
}

/**
 * Installs the streams and a console on them. `clear` is what console.clear() does.
 * @returns prints once for nobody: V8 then has compiled what the first print of a notebook would wait for, 5 ms and more
 */
export function installOutput(up: Up, clear: () => void): () => void {
  const stdout = new CellStream(up, "stdout");
  const stderr = new CellStream(up, "stderr");
  for (const [name, stream] of Object.entries({ stdout, stderr })) {
    Object.defineProperty(process, name, { configurable: true, enumerable: true, get: () => stream });
  }
  // Not Node's own console: that one also hands every call to the inspector, which keeps the arguments of the last 1,000 alive
  // (tensors among them) and costs several times more.
  const made = new Console({ stdout, stderr });
  const global = globalThis.console as unknown as Record<string, unknown>;
  for (const name of Object.keys(global)) {
    const method = (made as unknown as Record<string, unknown>)[name];
    if (typeof method === "function" && name !== "Console") global[name] = method;
  }
  for (const name of PRINTS) {
    const print = made[name].bind(made);
    global[name] = (...values: unknown[]) => print(...values.map(printable));
  }
  global["clear"] = clear;
  return () =>
    intoSink(
      () => undefined,
      () => made.log("%s", 1, { a: "b" }),
    );
}
