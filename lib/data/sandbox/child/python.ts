// Python in a sandbox's process: Pyodide behind a sealed boundary (boundary.ts), so that nothing in Python leads out, whatever it finds there.
//
// Every program, submission and check starts from the same interpreter: all of its memory is put back (31 MB, 3 to 10 ms, where a fresh interpreter
// takes 100 ms and a cold one 2 s), so are its descriptors and folder, and it can change nothing else.
import { constants, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { loadPyodide } from "pyodide";
import { MAX_FRAME_BYTES, MAX_OUTPUT_BYTES } from "../protocol.ts";
import type { Ending, Reply, Request } from "../protocol.ts";
import { Boundary, Refused } from "./boundary.ts";
import { Output, ask } from "./channel.ts";

/** Imported in the image, so that a submission does not wait for them. */
const PRELOADED =
  "ast,json,sys,os,io,math,cmath,collections,collections.abc,itertools,re,typing,functools,heapq,bisect,string,random,statistics,datetime,hashlib," +
  "copy,operator,fractions,decimal,builtins,types,textwrap,numbers,enum,dataclasses,abc,time,array,struct,unicodedata,calendar,contextlib";

/** Between two interrupts of code that does not stop. */
const INTERRUPT_EVERY_MS = 30;

/** What is used of Pyodide's insides. */
interface Insides {
  readonly HEAPU8: Uint8Array;
  readonly HEAP8: Int8Array;
  readonly _Py_EMSCRIPTEN_SIGNAL_HANDLING: number;
  Py_EmscriptenSignalBuffer: unknown;
  stringToNewUTF8(text: string): number;
  _PyRun_SimpleStringFlags(text: number, flags: number): number;
}
/** An open file; what `shared` holds is its descriptors' in common. */
interface Stream {
  shared: object;
}
interface Files {
  streams: (Stream | null | undefined)[];
  makedev(major: number, minor: number): number;
  registerDevice(device: number, operations: object): void;
  mkdev(path: string, mode: number, device: number): void;
  chdir(path: string): void;
}

// Pyodide asks for the numbers of open's flags in a way that Node's permission model forbids.
Object.assign(process, { binding: () => ({ fs: constants }) });

const LOAD = { jsglobals: Object.create(null) as object, stdin: () => null };

/** @returns an interpreter's memory with PRELOADED imported, to be given to `python` */
export async function makeImage(): Promise<Uint8Array> {
  const pyodide = await loadPyodide({ ...LOAD, _makeSnapshot: true });
  pyodide.runPython(`import ${PRELOADED}`);
  return (pyodide as unknown as { makeMemorySnapshot(): Uint8Array }).makeMemorySnapshot();
}

/** Starts an interpreter from an image; @returns what answers requests */
export async function python(imageFile: string): Promise<(request: Request) => Reply> {
  const boundary = new Boundary();
  boundary.install();
  const pyodide = await loadPyodide({ ...LOAD, _loadSnapshot: readFileSync(imageFile) });
  // oxlint-disable-next-line no-underscore-dangle -- Pyodide's own names, here and below
  const insides = (pyodide as unknown as { _module: Insides })._module;
  const files = pyodide.FS as unknown as Files;
  const output = new Output(MAX_OUTPUT_BYTES);
  for (const set of [pyodide.setStdout, pyodide.setStderr])
    set.call(pyodide, { write: (bytes: Uint8Array) => (output.add(bytes), bytes.length), isatty: false });

  let pending = new Uint8Array(0);
  let reply = "";
  let checking = false;
  const device = (path: string, minor: number, operations: object) => {
    files.registerDevice(files.makedev(64, minor), operations);
    files.mkdev(path, 0o666, files.makedev(64, minor));
    return pyodide.runPython(`import os; os.open(${JSON.stringify(path)}, os.O_RDWR)`) as number;
  };
  const bytesOf = (buffer: Int8Array, offset: number, length: number) =>
    new Uint8Array(buffer.buffer, buffer.byteOffset + offset, length);
  const collect = (use: (text: string) => void) => {
    let parts: string[] = [];
    let size = 0;
    const decoder = new TextDecoder();
    return {
      reset: () => ((parts = []), (size = 0)),
      write(_: unknown, buffer: Int8Array, offset: number, length: number) {
        size += length;
        if (size > MAX_FRAME_BYTES / 2) throw new Refused("an answer too large to send");
        parts.push(decoder.decode(bytesOf(buffer, offset, length).slice(), { stream: true }));
        use(parts.join(""));
        return length;
      },
    };
  };
  const replies = collect((text) => (reply = text));
  const questions = collect((text) => (question = text));
  let question = "";
  const descriptors = {
    __REQUEST__: device("/dev/request", 0, {
      read(_: unknown, buffer: Int8Array, offset: number, length: number) {
        if (question !== "") {
          // Reading after a question is what sends it.
          if (!checking) throw new Refused("a question by what is no check");
          pending = new TextEncoder().encode(ask(question));
          question = "";
          questions.reset();
        }
        const part = pending.subarray(0, length);
        bytesOf(buffer, offset, length).set(part);
        pending = pending.subarray(part.length);
        return part.length;
      },
    }),
    __REPLY__: device("/dev/reply", 1, replies),
    __ASK__: device("/dev/ask", 2, questions),
  };
  let harness = readFileSync(fileURLToPath(new URL("./harness.py", import.meta.url)), "utf8");
  for (const [name, descriptor] of Object.entries(descriptors)) harness = harness.replaceAll(name, String(descriptor));
  pyodide.runPython(harness);
  pyodide.runPython("import os; os.environ.clear(); os.environ.update(HOME='/', LANG='C.UTF-8')");
  pyodide.runPython("import sys, importlib; importlib.invalidate_caches(); sys.path[:] = [p for p in sys.path if p]");

  // An interrupt "from the keyboard" when the time is over: asked for by the interpreter itself, every few instructions.
  let deadline = Number.POSITIVE_INFINITY;
  let late = false;
  // oxlint-disable-next-line no-underscore-dangle
  insides.HEAP8[insides._Py_EMSCRIPTEN_SIGNAL_HANDLING] = 1;
  insides.Py_EmscriptenSignalBuffer = {
    get 0() {
      if (performance.now() < deadline) return 0;
      late = true;
      // Again and again, because it can be caught; with pauses, so that the harness can end.
      deadline = performance.now() + INTERRUPT_EVERY_MS;
      return 2;
    },
    set 0(_: number) {},
  };

  const serve = insides.stringToNewUTF8("_serve()");
  const streams = files.streams.map(
    (stream) => stream && { stream, fields: { ...stream }, shared: { ...stream.shared } },
  );
  boundary.sealed = true;
  const memory = insides.HEAPU8.slice();
  const restore = () => {
    insides.HEAPU8.set(memory);
    insides.HEAPU8.fill(0, memory.length);
    // A descriptor that was closed has lost its number, one that was moved its place.
    files.streams = streams.map((open) => {
      if (!open) return open;
      Object.assign(open.stream.shared, open.shared);
      return Object.assign(open.stream, open.fields);
    });
    files.chdir("/");
  };

  return (request) => {
    if (request.op !== "call") {
      restore();
      boundary.memoryBytes = Math.max(request.memoryBytes, memory.length);
    }
    checking = request.op === "check";
    pending = new TextEncoder().encode(JSON.stringify(request));
    [reply, question, late] = ["", "", false];
    replies.reset();
    questions.reset();
    deadline = performance.now() + request.timeMs;
    const done = (ending: Ending, error: string, value = ""): Reply => ({
      type: "done",
      ending: late ? "timeout" : ending,
      value: late ? "" : value,
      error: late ? "out of time" : error,
      output: output.take(),
    });
    try {
      // oxlint-disable-next-line no-underscore-dangle
      insides._PyRun_SimpleStringFlags(serve, 0);
    } catch (error) {
      if (error instanceof Refused) return done("refused", `${error.message} is not there in a sandbox`);
      return done("refused", `the interpreter broke: ${String(error).slice(0, 200)}`);
    }
    return parse(reply, done);
  };
}

/** What the harness said, unless a submission has spoken in its place: then it must at least look like it. An interpreter that says nothing is not used again. */
function parse(text: string, done: (ending: Ending, error: string, value?: string) => Reply): Reply {
  let said: { ending?: unknown; error?: unknown; value?: unknown };
  try {
    said = JSON.parse(text) as typeof said;
  } catch {
    return done("refused", "the interpreter gave no answer");
  }
  const { ending, error, value } = said;
  if (typeof error !== "string" || typeof value !== "string") return done("refused", "the interpreter gave no answer");
  const known = (["finished", "error", "timeout", "memory"] as const).find((name) => name === ending);
  return done(known ?? "error", error, value);
}
