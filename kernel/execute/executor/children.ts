// Child processes that share the cell's output (`stdio: "inherit"`, descriptors 1 and 2, process.stdout) print into their own cell, also
// when another one runs meanwhile: each gets pipes of its own, which are read here. Children that a synchronous call waits for keep the
// process's own descriptors while their cell runs, which is then the one that the kernel shows those under: seen as it comes.
import childProcess, { type ChildProcess, type SpawnSyncReturns } from "node:child_process";
import { syncBuiltinESMExports } from "node:module";
import process from "node:process";
import { StringDecoder } from "node:string_decoder";
import type { Readable } from "node:stream";
import { currentRun, openRun } from "./run.ts";
import type { StreamName } from "./staging.ts";

/** How long "exit" waits for the rest of the output: a grandchild may hold the pipe for ever. */
const REST_MS = 200;
const NAMES: readonly (StreamName | undefined)[] = [undefined, "stdout", "stderr"];

type Options = Record<string, unknown> & { stdio?: unknown };
/** Not in the public types: what every asynchronous way of starting a child ends in. */
interface Spawning {
  spawn(this: ChildProcess, options: Options): number;
}

/** @returns for each descriptor of the child, the stream of ours that it would share */
function shared(stdio: unknown): (StreamName | undefined)[] {
  const list: readonly unknown[] = Array.isArray(stdio) ? stdio : [stdio, stdio, stdio];
  return list.slice(0, 3).map((one, i) => {
    if (i === 0) return undefined;
    if (one === "inherit") return NAMES[i];
    const fd: unknown = typeof one === "object" && one !== null ? (one as { fd?: unknown }).fd : one;
    return typeof fd === "number" ? NAMES[fd] : undefined;
  });
}

function withPipes(stdio: unknown, names: readonly (StreamName | undefined)[]): unknown[] {
  const list: unknown[] = Array.isArray(stdio) ? [...stdio] : [stdio, stdio, stdio];
  names.forEach((name, i) => {
    if (name) list[i] = "pipe";
  });
  return list;
}

/** Prints what comes, in the context in which the child was started. */
function forward(stream: Readable, name: StreamName): Promise<void> {
  const decoder = new StringDecoder("utf8");
  stream.on("data", (chunk: Buffer) => process[name].write(decoder.write(chunk)));
  return new Promise((resolve) => {
    stream.once("end", resolve);
    stream.once("close", resolve);
  });
}

/** With inherited descriptors all output is out when the program is; "exit" waits for it here as well. */
function holdExit(child: ChildProcess, read: Promise<unknown>): void {
  const emit = child.emit.bind(child) as (...event: unknown[]) => boolean;
  let isRead = false;
  read.then(
    () => (isRead = true),
    () => undefined,
  );
  child.emit = (...event: unknown[]) => {
    if (event[0] !== "exit" || isRead) return emit(...event);
    const rest = new Promise((resolve) => setTimeout(resolve, REST_MS));
    Promise.race([read, rest])
      .then(() => emit(...event))
      .catch((error: unknown) =>
        process.nextTick(() => {
          throw error;
        }),
      );
    return true;
  };
}

export function installChildren(): void {
  const prototype = childProcess.ChildProcess.prototype as unknown as Spawning;
  // oxlint-disable-next-line typescript/unbound-method -- called on the child that it is asked of
  const { spawn } = prototype;
  prototype.spawn = function (options) {
    const names = shared(options.stdio);
    if (!names.some(Boolean)) return spawn.call(this, options);
    const failed = spawn.call(this, { ...options, stdio: withPipes(options.stdio, names) });
    const streams = this as unknown as Record<StreamName, Readable | null> & { stdio: (Readable | null)[] };
    const read = names.flatMap((name, i) => {
      const stream = streams.stdio?.[i];
      if (!name || !stream) return [];
      // As with inherited descriptors: not the caller's business.
      streams.stdio[i] = null;
      streams[i === 1 ? "stdout" : "stderr"] = null;
      return [forward(stream, name)];
    });
    holdExit(this, Promise.all(read));
    return failed;
  };

  for (const way of ["spawnSync", "execSync", "execFileSync"] as const) {
    const original = childProcess[way] as (...args: unknown[]) => unknown;
    const own = (...args: unknown[]): unknown => {
      const at = args.findIndex((arg, i) => i > 0 && typeof arg === "object" && arg !== null && !Array.isArray(arg));
      const options = (at < 0 ? {} : args[at]) as Options;
      const names = shared(options.stdio);
      if (!names.some(Boolean) || currentRun() === openRun()) return original(...args);
      // Without `stdio` the other two print stderr themselves, through process.stderr; they return stdout alone.
      const stdio = way !== "spawnSync" && names[2] ? undefined : withPipes(options.stdio, names);
      const changed = { maxBuffer: Infinity, ...options, stdio };
      const print = ({ stdout, stderr }: Partial<SpawnSyncReturns<Buffer | string>>) => {
        if (names[1]) process[names[1]].write(stdout ?? "");
        if (names[2] && way === "spawnSync") process[names[2]].write(stderr ?? "");
      };
      try {
        const result = original(...args.with(at, changed));
        print(way === "spawnSync" ? (result as SpawnSyncReturns<Buffer>) : { stdout: (result as Buffer | null) ?? "" });
        return result;
      } catch (error) {
        print(error as SpawnSyncReturns<Buffer>);
        throw error;
      }
    };
    Object.defineProperty(childProcess, way, { configurable: true, writable: true, value: own });
  }
  syncBuiltinESMExports();
}
