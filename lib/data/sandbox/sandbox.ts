// Runs code that a model has written: Python by Pyodide, JavaScript by QuickJS, both WebAssembly, in processes that have no files, no network, no
// environment, no children, and a bound on time, memory and output. What ran before leaves nothing to what runs after.
import { above, checkOptions, listOf, oneOf, required, type Rules, signal, text } from "../../core/options.ts";
import type { Done, Worker } from "./worker.ts";
import { closeAll, withWorkers } from "./pool.ts";
import type { Ending, Language } from "./protocol.ts";

export interface SandboxOptions {
  /** Wall-clock time of the code; default 5,000. It is over within half a second more, whatever the code does. */
  readonly timeMs?: number;
  /** What the code's interpreter may hold; default 256 MiB. */
  readonly memoryBytes?: number;
  /** Aborting it leaves out what has not begun. */
  readonly signal?: AbortSignal | undefined;
}

/** How code ended. "refused": it asked for what no sandbox gives, or broke its interpreter. */
export interface Outcome {
  readonly ending: Ending;
  /** What it printed, to stdout and stderr, the first 64 KiB. */
  readonly output: string;
  /** What went wrong, one line; "" when it finished. */
  readonly error: string;
  readonly milliseconds: number;
}

export interface Check {
  /** The model's: definitions of the functions that the tests call. */
  readonly code: string;
  /** Calls of them, with assertions: Python's `assert`, or `assert(…)` and `assert.equal(…)`. Ending without an error is passing. */
  readonly tests: string;
  /** Run before the tests, e.g. imports and helpers; not the model's. */
  readonly setup?: string;
  /** Names in the tests that are the model's although `setup` defines them. Names that nobody defines always are. */
  readonly names?: readonly string[];
}

export const SANDBOX_RULES: Rules<SandboxOptions> = { timeMs: above(0), memoryBytes: above(0), signal };
const LANGUAGE = required(oneOf("python", "javascript"));
const CHECK: Rules<Check> = { code: required(text), tests: required(text), setup: text, names: listOf(text, 0) };
const LIMITS = { timeMs: 5_000, memoryBytes: 256 * 2 ** 20 };

/**
 * Runs a program to its end.
 * @throws SANDBOX_INCOMPLETE  this machine lacks a layer of the sandbox; SANDBOX_FAILED it could not be started
 * @example (await sandbox.run("python", "print(6 * 7)")).output // "42\n"
 */
async function run(language: Language, code: string, asked: SandboxOptions = {}): Promise<Outcome> {
  checkOptions("sandbox.run", { language, code }, { language: LANGUAGE, code: required(text) });
  const options = checkOptions("sandbox.run", asked, SANDBOX_RULES);
  const limits = { ...LIMITS, ...options };
  return withWorkers(language, 1, options.signal, async (worker) => {
    const start = performance.now();
    const { timeMs, memoryBytes } = limits;
    return outcome(await worker.request({ op: "run", code, timeMs, memoryBytes }), start);
  });
}

/**
 * Whether a model's definitions pass tests. The tests run in a process of their own and see plain values that the functions returned: printing,
 * exiting, patching `assert`, objects equal to everything, reading the tests from the stack - none of it is of use.
 * Values that pass: numbers, texts, booleans, None, lists, tuples, sets, dictionaries and iterators of such; other objects can only be handed
 * back. A change that a function makes to its argument is not seen.
 * @throws as run
 */
async function check(language: Language, given: Check, asked: SandboxOptions = {}): Promise<Outcome> {
  checkOptions("sandbox.check", { language }, { language: LANGUAGE });
  const { code, tests, setup = "", names = [] } = checkOptions("sandbox.check", given, CHECK);
  const options = checkOptions("sandbox.check", asked, SANDBOX_RULES);
  const { timeMs, memoryBytes } = { ...LIMITS, ...options };
  return withWorkers(language, 2, options.signal, async (...workers) => {
    const [submission, checker] = workers as [Worker, Worker];
    const start = performance.now();
    const left = () => Math.max(1, timeMs - (performance.now() - start));
    const defined = await submission.request({ op: "define", code, timeMs, memoryBytes });
    if (defined.ending !== "finished") return outcome(defined, start);
    let failed: Done | undefined;
    let output = defined.output;
    const answer = async (call: string) => {
      const done = await submission.request({ op: "call", call, timeMs: left() });
      output += done.output;
      if (done.ending !== "finished") failed ??= done;
      return done;
    };
    const checked = await checker.request({ op: "check", setup, tests, names, timeMs: left(), memoryBytes }, answer);
    // A call that ended otherwise than by an exception is no result, even where the tests expect an exception.
    const worst = failed && failed.ending !== "error" ? failed : checked;
    return outcome({ ...worst, output: output.slice(0, MAX_OUTPUT_CHARACTERS) }, start);
  });
}

const MAX_OUTPUT_CHARACTERS = 64 * 1024;

const outcome = ({ ending, output, error }: Done, start: number): Outcome => ({
  ending,
  output,
  error,
  milliseconds: performance.now() - start,
});

/** Ends the sandboxes that are kept ready; the next run starts new ones. They keep no program from ending, so this is for tidiness. */
const close = (): Promise<void> => closeAll();

export const sandbox = { run, check, close } as const;
