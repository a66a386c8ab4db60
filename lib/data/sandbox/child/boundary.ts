// The boundary of an interpreter: WebAssembly reaches the world through its imports alone. Once the interpreter is up and the boundary sealed, those on a
// short list go on working (reading files of the standard library, the clock, printing) and all others are refused: the whole bridge to JavaScript
// (`js`, `pyodide`, ctypes' calls), sockets, processes, everything that writes.

/** What stays open: reading, the clock, random numbers, memory, one's own printing, calls between functions of WebAssembly. */
const OPEN = new Set(
  `
  fd_read fd_write fd_close fd_seek fd_pread fd_fdstat_get environ_get environ_sizes_get clock_res_get clock_time_get
  random_get emscripten_date_now emscripten_get_now _tzset_js _timegm_js _mktime_js _localtime_js _gmtime_js
  emscripten_get_heap_max emscripten_resize_heap __syscall_openat __syscall_fcntl64 __syscall_ioctl __syscall_fstat64
  __syscall_stat64 __syscall_newfstatat __syscall_lstat64 __syscall_faccessat __syscall_getdents64 __syscall_readlinkat
  __syscall_getcwd __syscall_chdir __syscall_dup __syscall_dup3 __syscall_getuid32_js _try_fcntl64 _munmap_js _mmap_js
  _Py_CheckEmscriptenSignals_Helper _Py_emscripten_runtime _PyEM_TrampolineCall_JS emscripten_runtime_keepalive_push
  emscripten_runtime_keepalive_pop _emscripten_runtime_keepalive_clear
`
    .trim()
    .split(/\s+/u),
);
/** O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, O_APPEND. */
const WRITING = 0o3 | 0o100 | 0o1000 | 0o2000;
/** WASI's numbers. */
const [EPERM, EROFS] = [63, 69];

type Imports = Record<string, unknown>;
interface Import {
  readonly module: string;
  readonly name: string;
  readonly kind: string;
}
const importsOf = (module: WebAssembly.Module) =>
  (WebAssembly.Module as unknown as { imports(of: WebAssembly.Module): Import[] }).imports(module);
type Call = (...args: unknown[]) => unknown;

/** Thrown through the interpreter, which is not used again. */
export class Refused extends Error {}

export class Boundary {
  sealed = false;
  memoryBytes = Number.POSITIVE_INFINITY;

  /** Puts itself between Pyodide's module and what it imports. */
  install(): void {
    const { instantiate } = WebAssembly;
    const guarding = async (source: Uint8Array | WebAssembly.Module, imports?: WebAssembly.Imports) => {
      if (!imports?.["wasi_snapshot_preview1"]) return instantiate(source, imports);
      const module = source instanceof WebAssembly.Module ? source : await WebAssembly.compile(source);
      const guarded = { ...imports };
      for (const space of ["env", "wasi_snapshot_preview1"])
        guarded[space] = this.#guard(module, space, imports[space] as Imports);
      const instance = await instantiate(module, guarded);
      return source instanceof WebAssembly.Module ? instance : { module, instance };
    };
    Object.assign(WebAssembly, { instantiate: guarding });
  }

  #guard(module: WebAssembly.Module, space: string, imports: Imports): Imports {
    const guarded: Imports = {};
    for (const { module: from, name, kind } of importsOf(module)) {
      if (from !== space) continue;
      const given = imports[name];
      guarded[name] = kind === "function" ? this.#wrap(name, given as Call) : given;
    }
    return guarded;
  }

  #wrap(name: string, call: Call): Call {
    if (name === "__syscall_openat")
      return (...args) => (this.sealed && ((args[2] as number) & WRITING) !== 0 ? -EROFS : call(...args));
    if (name === "emscripten_resize_heap")
      return (bytes) => ((bytes as number) >>> 0 > this.memoryBytes ? 0 : call(bytes));
    // Whether Python may wait for a promise: asked by sleep, which then waits by itself.
    if (name === "can_run_sync_js") return () => 0;
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
