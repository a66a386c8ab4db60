// Python in a sandbox's process: Pyodide behind a sealed boundary. WebAssembly reaches the world through its imports alone; once the interpreter is up,
// those on a short list go on working (reading files of the standard library, the clock, printing) and all others are refused: the whole bridge to
// JavaScript, sockets, everything that writes. So nothing in Python - `js`, `pyodide`, ctypes, frames - leads out, whatever it finds there.
//
// Every program, submission and check starts from the same interpreter: all of its memory is put back (31 MB, 3 to 10 ms, where a fresh interpreter
// takes 100 ms and a cold one 2 s), so are its descriptors and folder, and it can change nothing else.
import { constants, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { loadPyodide } from "pyodide";
import { MAX_FRAME_BYTES, MAX_OUTPUT_BYTES } from "../protocol.ts";
import type { Ending, Reply, Request } from "../protocol.ts";
import { Output, ask } from "./channel.ts";

/** Imported in the image, so that a submission does not wait for them. */
const PRELOADED =
  "ast,json,sys,os,io,math,cmath,collections,collections.abc,itertools,re,typing,functools,heapq,bisect,string,random,statistics,datetime,hashlib," +
  "copy,operator,fractions,decimal,builtins,types,textwrap,numbers,enum,dataclasses,abc,time,array,struct,unicodedata,calendar,contextlib";

/** What stays open: reading, the clock, random numbers, memory, one's own printing, calls between functions of WebAssembly. */
const OPEN = new Set([
  ...["fd_read", "fd_write", "fd_close", "fd_seek", "fd_pread", "fd_fdstat_get", "environ_get", "environ_sizes_get"],
  ...["clock_res_get", "clock_time_get", "random_get", "emscripten_date_now", "emscripten_get_now", "_tzset_js"],
  ...["_timegm_js", "_mktime_js", "_localtime_js", "_gmtime_js", "_setitimer_js", "emscripten_get_heap_max", "emscripten_resize_heap"],
  ...["__syscall_openat", "__syscall_fcntl64", "__syscall_ioctl", "__syscall_fstat64", "__syscall_stat64", "__syscall_newfstatat"],
  ...["__syscall_lstat64", "__syscall_faccessat", "__syscall_getdents64", "__syscall_readlinkat", "__syscall_getcwd", "__syscall_chdir"],
  ...["__syscall_dup", "__syscall_dup3", "__syscall_getuid32_js", "_try_fcntl64", "_munmap_js", "_mmap_js"],
  ...["_Py_CheckEmscriptenSignals_Helper", "_Py_emscripten_runtime", "_PyEM_TrampolineCall_JS"],
  ...["emscripten_runtime_keepalive_push", "emscripten_runtime_keepalive_pop", "_emscripten_runtime_keepalive_clear"],
]);
/** O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, O_APPEND. */
const WRITING = 0o3 | 0o100 | 0o1000 | 0o2000;
/** WASI's numbers. */
const [EPERM, EROFS] = [63, 69];

type Imports = Record<string, unknown>;
type Call = (...args: unknown[]) => unknown;

/** Thrown through the interpreter, which is not used again. */
class Refused extends Error {}

class Boundary {
  sealed = false;
  memoryBytes = Number.POSITIVE_INFINITY;

  /** Puts itself between Pyodide's module and what it imports. */
  install(): void {
    const instantiate = WebAssembly.instantiate;
    const wrapped = async (source: BufferSource | WebAssembly.Module, imports: Record<string, Imports>) => {
      if (!imports["wasi_snapshot_preview1"]) return instantiate(source as BufferSource, imports as WebAssembly.Imports);
      const module = source instanceof WebAssembly.Module ? source : await WebAssembly.compile(source);
      const guarded: Record<string, Imports> = { ...imports };
      for (const space of ["env", "wasi_snapshot_preview1"]) guarded[space] = this.#guard(module, space, imports[space] as Imports);
      const instance = await instantiate(module, guarded as WebAssembly.Imports);
      return source instanceof WebAssembly.Module ? instance : { module, instance };
    };
    WebAssembly.instantiate = wrapped as unknown as typeof WebAssembly.instantiate;
  }

  #guard(module: WebAssembly.Module, space: string, imports: Imports): Imports {
    const guarded: Imports = {};
    for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
      if (from !== space) continue;
      const given = imports[name];
      guarded[name] = kind === "function" ? this.#wrap(name, given as Call) : given;
    }
    return guarded;
  }

  #wrap(name: string, call: Call): Call {
    if (name === "__syscall_openat")
      return (...args) => (this.sealed && ((args[2] as number) & WRITING) !== 0 ? -EROFS : call(...args));
    if (name === "emscripten_resize_heap") return (bytes) => ((bytes as number) >>> 0 > this.memoryBytes ? 0 : call(bytes));
    if (OPEN.has(name)) return call;
    // A Suspending is no function and belongs to the bridge.
    if (typeof call !== "function") return () => this.#refuse(name);
    return (...args) => (this.sealed ? this.#refuse(name) : call(...args));
  }

  #refuse(name: string): number {
    if (name.startsWith("__syscall_") || name === "_emscripten_system") return -EPERM;
    if (name.startsWith("fd_")) return EPERM;
    throw new Refused(name);
  }
}

/** What is used of Pyodide's insides. */
interface Insides {
  readonly HEAPU8: Uint8Array;
  readonly HEAP8: Int8Array;
  readonly _Py_EMSCRIPTEN_SIGNAL_HANDLING: number;
  Py_EmscriptenSignalBuffer: unknown;
  stringToNewUTF8(text: string): number;
  _PyRun_SimpleStringFlags(text: number, flags: number): number;
}
interface Files {
  streams: ({ flags: number } | null | undefined)[];
  makedev(major: number, minor: number): number;
  registerDevice(device: number, operations: object): void;
  mkdev(path: string, mode: number, device: number): void;
  chdir(path: string): void;
}

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
  // Pyodide asks for the numbers of open's flags in a way that Node's permission model forbids.
  Object.assign(process, { binding: () => ({ fs: constants }) });
  const pyodide = await loadPyodide({ ...LOAD, _loadSnapshot: readFileSync(imageFile) });
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
    __REPLY__: device("/dev/reply", 1, { write: replies.write }),
    __ASK__: device("/dev/ask", 2, { write: questions.write }),
  };
  let harness = readFileSync(fileURLToPath(new URL("./harness.py", import.meta.url)), "utf8");
  for (const [name, descriptor] of Object.entries(descriptors)) harness = harness.replaceAll(name, String(descriptor));
  pyodide.runPython(harness);
  pyodide.runPython("import sys, importlib; importlib.invalidate_caches(); sys.path[:] = [p for p in sys.path if p]");

  // An interrupt "from the keyboard" when the time is over: asked for by the interpreter itself, every few instructions.
  let deadline = Number.POSITIVE_INFINITY;
  let late = false;
  insides.HEAP8[insides._Py_EMSCRIPTEN_SIGNAL_HANDLING] = 1;
  insides.Py_EmscriptenSignalBuffer = {
    get 0() {
      if (performance.now() < deadline) return 0;
      late = true;
      return 2;
    },
    set 0(_: number) {},
  };

  const serve = insides.stringToNewUTF8("_serve()");
  const streams = [...files.streams];
  const flags = streams.map((stream) => stream?.flags);
  boundary.sealed = true;
  const memory = insides.HEAPU8.slice();
  const restore = () => {
    insides.HEAPU8.set(memory);
    insides.HEAPU8.fill(0, memory.length);
    files.streams = [...streams];
    streams.forEach((stream, i) => stream && (stream.flags = flags[i] as number));
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
      insides._PyRun_SimpleStringFlags(serve, 0);
    } catch (error) {
      const what = error instanceof Refused ? error.message : String(error).slice(0, 200);
      return done("refused", `${what} is not there in a sandbox`);
    }
    return parse(reply, done);
  };
}

/** What the harness said, unless a submission has spoken in its place: then it must at least look like it. */
function parse(text: string, done: (ending: Ending, error: string, value?: string) => Reply): Reply {
  let said: { ending?: unknown; error?: unknown; value?: unknown };
  try {
    said = JSON.parse(text) as typeof said;
  } catch {
    return done("error", "the interpreter gave no answer");
  }
  const { ending, error, value } = said;
  if (typeof error !== "string" || typeof value !== "string") return done("error", "the interpreter gave no answer");
  const known = (["finished", "error", "timeout", "memory"] as const).find((name) => name === ending);
  return done(known ?? "error", error, value);
}
