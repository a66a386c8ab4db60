// JavaScript in a sandbox's process: QuickJS in WebAssembly, a new instance of it for every program, submission and check. It knows the language and
// `console`, no modules, no timers, nothing of Node. Values cross as JSON with tags for what JSON lacks, and are made anew on the other side.
import { RELEASE_SYNC, newQuickJSWASMModuleFromVariant, newVariant } from "quickjs-emscripten";
import type { QuickJSContext, QuickJSHandle } from "quickjs-emscripten";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { MAX_OUTPUT_BYTES } from "../protocol.ts";
import type { Ending, Reply, Request } from "../protocol.ts";
import { Output, ask } from "./channel.ts";

const MAX_STACK_BYTES = 160 * 1024;
// The package that has it is quickjs-emscripten's, not ours.
const VARIANT = "@jitl/quickjs-wasmfile-release-sync";
const WASM = createRequire(import.meta.resolve("quickjs-emscripten")).resolve(`${VARIANT}/wasm`);
const HARNESS = readFileSync(fileURLToPath(new URL("./harness.js", import.meta.url)), "utf8");

/** An interpreter with its harness, before any foreign code. */
interface Interpreter {
  readonly context: QuickJSContext;
  /** Functions of the harness, kept outside of what foreign code can replace. */
  readonly harness: QuickJSHandle;
  memoryBytes(bytes: number): void;
  deadline(at: number): void;
  isLate(): boolean;
}

/** @returns what answers requests */
export async function javascript(): Promise<(request: Request) => Promise<Reply>> {
  const module = await WebAssembly.compile(readFileSync(WASM));
  const output = new Output(MAX_OUTPUT_BYTES);
  let next = fresh(module, output);
  let current: Interpreter | undefined;

  return async (request) => {
    if (request.op !== "call") {
      // The old one is left to the garbage collector, with all its memory.
      current = await next;
      next = fresh(module, output);
      current.memoryBytes(request.memoryBytes);
    }
    if (!current) return { type: "done", ending: "error", value: "", error: "nothing is defined", output: "" };
    current.deadline(performance.now() + request.timeMs);
    const { ending, value, error } = attempt(current, request);
    const late = current.isLate();
    return {
      type: "done",
      ending: late ? "timeout" : ending,
      value: late ? "" : value,
      error: late ? "out of time" : error,
      output: output.take(),
    };
  };
}

async function fresh(wasmModule: WebAssembly.Module, output: Output): Promise<Interpreter> {
  const quickjs = await newQuickJSWASMModuleFromVariant(newVariant(RELEASE_SYNC, { wasmModule }));
  const runtime = quickjs.newRuntime({ maxStackSizeBytes: MAX_STACK_BYTES });
  const context = runtime.newContext();
  let at = Number.POSITIVE_INFINITY;
  let late = false;
  runtime.setInterruptHandler(() => (late ||= performance.now() > at));
  const host = (name: string, use: (text: string) => string) =>
    context.newFunction(name, (text) => context.newString(use(context.getString(text))));
  const print = host("print", (text) => (output.add(new TextEncoder().encode(`${text}\n`)), ""));
  const question = host("ask", ask);
  const make = context.unwrapResult(context.evalCode(HARNESS, "harness.js", { type: "global" }));
  const harness = context.unwrapResult(context.callFunction(make, context.undefined, print, question));
  return {
    context,
    harness,
    memoryBytes: (bytes) => runtime.setMemoryLimit(bytes),
    deadline: (when) => (at = when),
    isLate: () => late,
  };
}

interface Result {
  readonly ending: Ending;
  readonly value: string;
  readonly error: string;
}

/** An interpreter that traps (its stack is the host's, and may end first) is not asked again before a new one stands in its place. */
function attempt(interpreter: Interpreter, request: Request): Result {
  try {
    return perform(interpreter, request);
  } catch (error) {
    return { ending: "error", value: "", error: String(error).slice(0, 200) };
  }
}

function perform({ context, harness }: Interpreter, request: Request): Result {
  const result =
    request.op === "run" || request.op === "define"
      ? context.evalCode(request.code, "code.js", { type: "global" })
      : context.callFunction(
          context.getProp(harness, request.op),
          context.undefined,
          context.newString(JSON.stringify(request)),
        );
  if (result.error) return failed(context, result.error);
  // What an async function gives is there once the interpreter has nothing left to do.
  const jobs = context.runtime.executePendingJobs();
  if (jobs.error) return failed(context, jobs.error);
  if (request.op !== "call") return { ending: "finished", value: "", error: "" };
  const state = context.getPromiseState(result.value);
  if (state.type === "rejected") return failed(context, state.error);
  if (state.type === "pending") return { ending: "error", value: "", error: "a promise that is never settled" };
  return { ending: "finished", value: context.getString(state.value), error: "" };
}

function failed(context: QuickJSContext, error: QuickJSHandle): Result {
  const said = context.dump(error) as unknown;
  const { name, message } = Object(said) as { readonly name?: unknown; readonly message?: unknown };
  const isError = typeof name === "string" && typeof message === "string";
  const line = isError
    ? `${name}: ${message}`
    : typeof said === "string"
      ? said
      : `it threw a ${typeof said}, no error`;
  const ending: Ending = line.startsWith("InternalError: out of memory") ? "memory" : "error";
  return { ending, value: "", error: line.replaceAll(/\s+/gu, " ").slice(0, 500) };
}
