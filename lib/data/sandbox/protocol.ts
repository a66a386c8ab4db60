// What the process that asks and a sandbox's process say to each other. One frame = u32le bytes of JSON | JSON, on the child's fd 3 (up) and 4 (down); the child
// reads and writes synchronously and turns no event loop while foreign code runs, so nothing of that code can be left waiting in one.
// Words: program = code that is run for what it prints; submission = code whose functions are called; check = tests that call them.
//
// A check never shares an interpreter with a submission: it runs in a process of its own and asks, through the process in between, for the
// result of one call after the other. A submission sees arguments and nothing else: not the tests, not what they expect, not how they compare.

/** Not 0 and 1: a library that looks at those makes them non-blocking. */
export const [UP_FD, DOWN_FD] = [3, 4];

export type Language = "python" | "javascript";

export type Request =
  /** Runs a program to its end. */
  | { readonly op: "run"; readonly code: string; readonly timeMs: number; readonly memoryBytes: number }
  /** Runs a submission's definitions and keeps them for calls. */
  | { readonly op: "define"; readonly code: string; readonly timeMs: number; readonly memoryBytes: number }
  /** Of the submission defined last. `call` is text of the language's own harness, which makes and reads it. */
  | { readonly op: "call"; readonly call: string; readonly timeMs: number }
  /** Tests after `setup`; names they use and do not define are the submission's. */
  | {
      readonly op: "check";
      readonly setup: string;
      readonly tests: string;
      readonly names: readonly string[];
      readonly timeMs: number;
      readonly memoryBytes: number;
    };

/** How something ended inside. "refused": it asked for what no sandbox gives; the child ends itself after saying so. */
export type Ending = "finished" | "error" | "timeout" | "memory" | "refused";

export type Reply =
  | { readonly type: "ready" }
  | {
      readonly type: "done";
      readonly ending: Ending;
      /** Of a call: what it returned, as text of the harness. Else "". */
      readonly value: string;
      /** What went wrong, one line. */
      readonly error: string;
      /** What it printed, cut to MAX_OUTPUT_BYTES. */
      readonly output: string;
    }
  /** A check's question; the next frame down is its answer, a Reply. */
  | { readonly type: "ask"; readonly call: string };

/** Of one run. */
export const MAX_OUTPUT_BYTES = 64 * 1024;
/** Of one call's arguments or result, or of a program; the largest of HumanEval's is 2 KiB. */
export const MAX_FRAME_BYTES = 8 * 2 ** 20;
